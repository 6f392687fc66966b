"""What every registered model must do; a new file is tested by existing."""

import dataclasses

import numpy as np
import pytest
import torch

from erc_core.features.visual_layout import BACKGROUND, FACE, UNITS, Keyframe, pack_visual
from erc_core.models.base import MODELS, Batch, Sample, collate
from erc_core.types import MELD7, MODALITIES, FeatureRow, Features

MODALITY_OF = {"history_tokens-1": "t", "log_mel-1": "a", "wave-1": "a", "visual-1": "v"}


def keyframe(rng):
    return Keyframe(
        rng.integers(0, 256, (FACE, FACE), dtype=np.uint8),
        rng.uniform(0, 5, UNITS),
        rng.integers(0, 256, (BACKGROUND, BACKGROUND, 3), dtype=np.uint8),
    )


def row(extractor, rng, vocabulary=97):
    length = int(rng.integers(5, 12))
    if extractor == "history_tokens-1":
        half = length // 2
        segments = np.array([0] * half + [1] * (length - half))
        return np.stack([rng.integers(1, vocabulary, length), segments], 1)
    if extractor == "log_mel-1":
        return rng.normal(size=(length * 7, 80)).astype(np.float32)
    if extractor == "wave-1":
        return rng.normal(size=(length, 320)).astype(np.float32)
    if extractor == "visual-1":
        return pack_visual(tuple(keyframe(rng) for _ in range(2)))
    raise KeyError(f"give the contract tests a made-up row of {extractor}")


def sample(card, utterances, seed, missing=()):
    rng = np.random.default_rng(seed)
    features = []
    for name in card.extractors:
        rows = []
        for t in range(utterances):
            values = row(name, rng)
            absent = (t, MODALITY_OF[name]) in missing
            rows.append(FeatureRow(f"u{t}", None if absent else values, "left out" if absent else ""))
        features.append(Features("d", MODALITY_OF[name], name, tuple(rows)))
    speakers = tuple(t % 2 for t in range(utterances))
    return Sample(tuple(features), speakers, tuple(int(x) for x in rng.integers(0, 7, utterances)))


@pytest.fixture(params=MODELS.names())
def model(request):
    torch.manual_seed(0)
    kind = MODELS.get(request.param)
    return kind(MELD7, kind.tiny).eval()


def logits_of(model, *samples):
    with torch.inference_mode():
        return model(collate(samples)).logits


def test_logits_have_a_row_an_utterance_and_a_column_a_label(model):
    found = logits_of(model, sample(model.card, 3, 0), sample(model.card, 5, 1))
    assert found.shape == (2, 5, 7)
    assert torch.isfinite(found).all()


def test_every_parameter_learns(model):
    model.train()
    for parameter in model.parameters():
        if not parameter.any():  # a branch that starts at zero lets nothing through before its first step
            torch.nn.init.normal_(parameter, std=0.1)
    batch = collate([sample(model.card, 4, 0), sample(model.card, 3, 1)])
    model.loss(model(batch), batch).backward()
    idle = [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.abs().sum())]
    # Lower layers of an encoder feed the fusion through the upper ones; keys' biases cancel in every softmax.
    assert not [name for name in idle if not name.endswith(("key.bias", "key_projection.bias"))]


def test_padding_and_batching_change_nothing(model):
    short, long = sample(model.card, 2, 0), sample(model.card, 6, 1)
    alone, together = logits_of(model, short), logits_of(model, short, long)
    torch.testing.assert_close(alone[0], together[0, :2], atol=2e-5, rtol=1e-4)


def test_an_absent_modality_has_no_influence(model):
    for modality in model.card.modalities:
        missing = {(1, modality)}
        found = logits_of(model, sample(model.card, 3, 0, missing))
        batch = collate([sample(model.card, 3, 0)])
        present = batch.present.clone()
        present[0, 1, MODALITIES.index(modality)] = False
        hidden = Batch(batch.inputs, batch.utterances, present, batch.speakers, batch.labels)
        with torch.inference_mode():
            torch.testing.assert_close(model(hidden).logits, found, atol=2e-5, rtol=1e-4)


def test_an_utterance_without_any_modality_still_gets_finite_logits(model):
    missing = {(0, modality) for modality in model.card.modalities}
    assert torch.isfinite(logits_of(model, sample(model.card, 2, 0, missing))).all()


def test_a_causal_model_ignores_what_comes_later(model):
    if model.card.sees_future:
        pytest.skip("the card says that it sees the future")
    first, second = sample(model.card, 4, 0), sample(model.card, 4, 1)
    mixed = Sample(
        tuple(
            Features(a.dialogue, a.modality, a.extractor, (*a.rows[:2], *b.rows[2:]))
            for a, b in zip(first.features, second.features, strict=True)
        ),
        first.speakers,
        first.labels,
    )
    torch.testing.assert_close(logits_of(model, first)[0, :2], logits_of(model, mixed)[0, :2], atol=2e-5, rtol=1e-4)


def test_knowing_which_utterances_are_equal_changes_nothing(model):
    first, second = sample(model.card, 4, 0), sample(model.card, 4, 1)
    changed = tuple(
        Features(a.dialogue, a.modality, a.extractor, (a.rows[0], b.rows[1], *a.rows[2:]))
        for a, b in zip(first.features, second.features, strict=True)
    )
    batch = collate([first, Sample(changed, first.speakers, first.labels), first])
    known = dataclasses.replace(batch, content=torch.tensor([[0, 1, 2, 3], [0, 4, 2, 3], [0, 1, 2, 3]]))
    with torch.inference_mode():
        encoded = model.encode(batch)
        plain = model.decode(encoded).logits
        told = model.decode(dataclasses.replace(encoded, content=known.content)).logits
    torch.testing.assert_close(told, plain, atol=2e-5, rtol=1e-4)


def test_the_same_input_gives_the_same_answer(model):
    one = sample(model.card, 3, 0)
    assert torch.equal(logits_of(model, one), logits_of(model, one))


def test_saving_and_loading_changes_nothing(model, tmp_path):
    from safetensors.torch import load_file, save_file

    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, tmp_path / "m.safetensors")
    again = MODELS.get(model.card.name)(MELD7, model.config).eval()
    again.load_state_dict(load_file(tmp_path / "m.safetensors"))
    one = sample(model.card, 3, 0)
    assert torch.equal(logits_of(model, one), logits_of(again, one))


def test_the_trace_has_named_axes_and_does_not_change_the_answer(model):
    batch = collate([sample(model.card, 3, 0)])
    with torch.inference_mode():
        output = model(batch)
        before = output.logits.clone()
        arrays = model.trace(output, batch, ("u0", "u1", "u2"))
    assert arrays
    assert all(array.meaning and len(array.axes) == array.values.ndim for array in arrays)
    assert torch.equal(before, output.logits)


def test_the_card_is_complete(model):
    card = dataclasses.asdict(model.card)
    assert all(card[field] for field in ("name", "title", "paper", "modalities", "extractors", "licence", "deviations"))
