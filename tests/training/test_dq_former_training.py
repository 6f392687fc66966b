"""DQ-Former's fusion trains on a small composite corpus made here."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from erc_core.data.base import Take
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import COMPACT
from erc_core.models.checkpoints import Temperatures, save_model
from erc_core.models.dq_former import DQFormer
from erc_core.training.comparison_dq_former import _spread
from erc_core.training.dq_former import RECIPE, fused_logits, pair, train_fusion, without
from erc_core.training.runs import calibrate
from erc_core.training.system_results import Comparison, weighted
from erc_core.types import MELD7
from tests.training.test_encoders import dialogues

VOCABULARY = COMPACT["vocab_size"]


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("takes")
    made = []
    rng = np.random.default_rng(0)
    for actor in ("ravdess-01", "ravdess-02"):
        for number, label in enumerate(MELD7):
            sound = rng.normal(0, 0.1, 6000) * np.sin(np.arange(6000) / (10 + 4 * number))
            path = folder / f"{actor}-{label}.wav"
            soundfile.write(path, sound.astype(np.float32), 16_000)
            made.append(Take(path, actor, label))
    return made


@pytest.fixture(scope="module")
def pairs(takes):
    torch.manual_seed(0)
    tiny = DQFormer.tiny
    model = DQFormer(MELD7, {**tiny, "text": {**tiny["text"], "vocab_size": VOCABULARY}})
    return model, pair(model, dialogues(), takes, load_tokenizer(TEXT_ENCODER), [0, 1], strength=0.5)


def test_pairs_hold_every_utterance_once_a_draw(pairs):
    _, found = pairs
    assert len(found.rows) == 2
    assert all(rows.shape == (36, 2) for rows in found.rows)
    heard = torch.cat([rows[:, 1] for rows in found.rows])
    assert len(heard[heard >= 0].unique()) == int((heard >= 0).sum())


def test_cached_states_give_the_model_s_own_answer(pairs):
    model, found = pairs
    with torch.no_grad():
        cached = fused_logits(model.eval(), found)
        states = {"t": found.text.take(found.rows[0][:3, 0], "cpu"), "a": found.sound.take(found.rows[0][:3, 1], "cpu")}
        present = torch.stack([states[m].mask.any(-1) for m in ("t", "a")], -1)
        direct = model.fuse(states, present)
    torch.testing.assert_close(cached["logits_f"][:3], direct["logits_f"], atol=1e-4, rtol=1e-3)


def test_the_fusion_learns_and_the_encoders_stay(pairs, tmp_path):
    model, found = pairs
    before = {k: v.clone() for k, v in model.state_dict().items() if k.startswith(("text.", "acoustic."))}
    figures = train_fusion(model, found, found, tmp_path, replace(RECIPE, epochs=80, rate=5e-3, average=0.5))
    assert figures["weighted_f1"] > 0.5
    assert all(torch.equal(before[k], model.state_dict()[k]) for k in before)


def test_a_modality_alone_is_trained_without_the_other_one_ever(pairs, tmp_path):
    model, found = pairs
    words = without(found, "a")
    assert all((rows[:, 1] == -1).all() for rows in words.rows)
    assert torch.equal(words.rows[0][:, 0], found.rows[0][:, 0])
    fresh = deepcopy(model)
    figures = train_fusion(fresh, words, words, tmp_path, replace(RECIPE, epochs=3, rate=5e-3, average=0.5), alone=True)
    assert figures["watched"] == figures["weighted_f1"] == figures["text_only"]
    assert calibrate(fresh, words).only_a == 1.0  # nothing to fit it to


def test_seeds_and_single_modalities_are_read_where_the_trainings_write_them(pairs, tmp_path):
    model, found = pairs
    whole, runs = tmp_path / "shipped" / "dq_former", tmp_path / "runs"
    save_model(whole, model, Temperatures())
    request = Comparison({}, "dev", tmp_path / "shipped", runs)
    assert _spread("dq_former", found, request).seeds == 1
    assert _spread("dq_former", found, request).alone == ()
    for suffix in ("seed1", "only_t", "only_t_seed1", "only_a"):
        save_model(runs / "checkpoints" / f"dq_former+{suffix}", model, Temperatures())
    spread = _spread("dq_former", found, request)
    answer = fused_logits(model.eval(), found, without=[1])["logits_f"]
    assert (spread.seeds, spread.deviation) == (2, 0.0)
    assert [(score.name, score.n) for score in spread.alone] == [("t", 2), ("a", 1)]
    assert spread.alone[0].weighted_f1 == pytest.approx(weighted(answer, found.labels.numpy()), abs=0.03)  # half floats


def test_leaving_a_modality_out_leaves_no_share_to_it(pairs):
    model, found = pairs
    with torch.no_grad():
        shares = fused_logits(model.eval(), found, without=[1])["confidence"]
    assert torch.equal(shares[..., 1], torch.zeros_like(shares[..., 1]))


def test_words_of_the_folds_come_back_in_order_and_in_the_final_encoder_s_coordinates(pairs, takes):
    model, found = pairs
    asked = []

    def readers(fold):
        asked.append(fold)
        return model.text

    crossed = pair(model, dialogues(), takes, load_tokenizer(TEXT_ENCODER), [0], readers=readers)
    assert set(asked) == {0, 1, None}
    everywhere = torch.arange(36)
    first, second = (p.text.take(everywhere, torch.device("cpu")) for p in (found, crossed))
    assert torch.equal(first.mask, second.mask)
    assert torch.equal(first.pooled, second.pooled)
    for wanted, mapped in zip(first.hidden, second.hidden, strict=True):  # the map is fitted: near, not equal
        apart = (wanted - mapped)[first.mask].square().mean() / wanted[first.mask].var()
        assert apart < 0.2
