import weakref

import numpy as np
import pytest
import torch

from erc_core.encodings import CACHE
from erc_core.errors import CancelledError
from erc_core.explainers._gradients import completeness
from erc_core.explainers._predict import CHUNK, Predictor, Variant
from erc_core.explainers._words import WORD
from erc_core.explainers.counterfactual import Searched
from erc_core.explaining import Request, explain_features
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import TARGET, load_tokenizer
from erc_core.inference import loaded_model
from erc_core.models.base import Sample, collate
from erc_core.models.checkpoints import load_model
from erc_core.settings import Settings
from erc_core.types import FeatureRow, Features
from tests.explainers.known import JOY, WordsModel, contributions, dialogue, explained, features, loaded


def test_integrated_gradients_of_words_are_exact_on_a_linear_model():
    model = loaded()
    found = explained("gradients_words", model, steps=8)
    weight = model.model.words.weight.detach()[:, JOY]
    tokenizer = load_tokenizer(TEXT_ENCODER)
    mask = float(weight[tokenizer.token_to_id("[MASK]")])
    for attribution in found.attributions:
        ids = tokenizer.encode(attribution.name, add_special_tokens=False).ids
        assert attribution.value == pytest.approx(float(weight[ids].sum()) - mask * len(ids), abs=1e-4)
    assert found.measure("completeness").value < found.measure("completeness").tolerance


def test_integrated_gradients_of_sound_are_exact_on_a_linear_model():
    model = loaded()
    found = explained("gradients_sound", model, steps=4, fill="silence")
    mel = next(f for f in features(dialogue()) if f.modality == "a").rows[1].values
    expected = (mel - np.log(1e-6)) * model.model.bands.weight[JOY].detach().numpy() / 100
    np.testing.assert_allclose(found.maps[0].values, expected.T, atol=1e-4)
    assert sum(a.value for a in found.attributions) == pytest.approx(float(expected.sum()), rel=1e-4)


def test_pixels_and_regions_of_the_face_add_up():
    found = explained("gradients_face", loaded(), steps=4)
    assert len(found.maps) == 2
    assert found.measure("completeness").value < 1e-2
    total = sum(float(m.values.sum()) for m in found.maps)
    rest = float(found.notes[0].split("add ")[1].rstrip("."))
    assert sum(a.value for a in found.attributions) + rest == pytest.approx(total, abs=2e-3)


def test_context_removal_and_gradients_agree_with_what_a_linear_model_adds():
    model = loaded(context=0.5)
    own = {t: sum(contributions(loaded(), t).values()) for t in (0, 2, 3)}
    for method in ("context_removal", "context_gradients"):
        found = explained(method, model)
        by_id = {a.utterance: a.value for a in found.attributions}
        for t, value in own.items():
            assert by_id[f"u{t + 1}"] == pytest.approx(0.5 * value, abs=1e-3)


class History(WordsModel):
    """Logits that are the product of the sums over the utterance's own words and over its history's."""

    def _read_t(self, tokens, mask):
        found, own = self.words(tokens[..., 0]), (tokens[..., 1] == TARGET).unsqueeze(-1)
        return (found * own).sum(1) * (found * (mask.unsqueeze(-1) & ~own)).sum(1)


def test_gradients_of_the_history_leave_the_utterances_own_words_as_they_are():
    model = loaded(History)
    weight = model.model.words.weight.detach()[:, JOY]
    tokenizer = load_tokenizer(TEXT_ENCODER)
    mask = weight[tokenizer.token_to_id("[MASK]")]
    words = [tokenizer.encode(w, add_special_tokens=False).ids for w in WORD.findall(dialogue().utterances[0].text)]
    row = features(dialogue())[0].rows[1].values
    own = weight[torch.tensor(row[row[:, 1] == TARGET, 0])].sum()
    found = explained("context_gradients", model)
    assert [a.utterance for a in found.attributions] == ["u1"]
    expected = float(own * sum(weight[ids].sum() - mask * len(ids) for ids in words))
    assert found.attributions[0].value == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("method", ["gradients_words", "gradients_sound", "gradients_face", "context_gradients"])
def test_gradients_can_be_stopped_between_two_batches(method):
    of = dialogue()

    def stop(step, fraction):
        if step == "gradients" and 0 < fraction < 1:
            raise CancelledError("The work was cancelled")

    with pytest.raises(CancelledError):
        explain_features(of, 1, features(of), loaded(), Request("linear", "u2", method, {}), Settings(), progress=stop)


def test_the_difference_that_is_told_is_that_of_the_values_and_not_the_sum_that_misses_it():
    found = completeness(0.2, -0.3, 32)
    assert found.value == pytest.approx(0.3)
    assert "(+0.500)" in found.meaning
    assert found.tolerance == pytest.approx(0.025)


def test_only_the_speakers_utterances_are_taken_out_where_asked():
    found = explained("context_removal", loaded(context=0.5), whose="speaker")
    assert [a.utterance for a in found.attributions] == ["u4"]


def test_a_linear_model_has_no_interaction():
    model = loaded()
    for against in ("absence", "other utterances"):
        found = explained("modality_interaction", model, against=against, others=3)
        assert all(abs(a.value) < 1e-3 for a in found.attributions if a.unit == "interaction")
    alone = {a.modality: a.value for a in explained("modality_interaction", model).attributions if a.modality}
    assert alone == pytest.approx(contributions(model, 1), abs=1e-3)


def test_a_counterfactual_really_changes_the_label():
    found = explained("counterfactual", loaded(seed=3), most=4)
    assert found.changes
    assert all(change.before != change.after for change in found.changes)
    assert len({len(change.removed) for change in found.changes}) == 1
    assert found.target.predicted == found.changes[0].before


def test_one_greedy_search_finds_no_smaller_change_than_a_wide_one():
    wide = explained("counterfactual", loaded(seed=4), beam=20, units="words")
    greedy = explained("counterfactual", loaded(seed=4), beam=1, units="words")
    if wide.changes and greedy.changes:
        assert len(wide.changes[0].removed) <= len(greedy.changes[0].removed)


def test_a_counterfactual_says_whether_a_smaller_change_was_ruled_out():
    some = (np.array([False, True, True]),)
    assert Searched(some, 2, 6, True).certainty() == "No smaller change exists among these units."
    assert "a smaller change may exist" in Searched(some, 3, 6, False).certainty()
    assert Searched((), 1, 3, True).certainty() == "All sets of one unit were tried."
    assert Searched((), 4, 9, False).certainty() == "Of sets of up to 4 units not all were tried."
    greedy = explained("counterfactual", loaded(), units="words", most=1, beam=1)
    assert "one unit" in (greedy.sentence + greedy.fidelity[0].meaning) or greedy.changes


@pytest.fixture(scope="module")
def dq_former():
    return loaded_model("dq_former", Settings())


def test_predictions_from_changed_rows_are_those_of_the_whole_model(dq_former):
    of = dialogue()
    given = tuple(f for f in features(of) if f.modality != "v")
    words = given[0].rows[3].values
    changed = {"t": np.delete(words, [len(words) - 3, len(words) - 5], axis=0), "a": None}
    predictor = Predictor(of, given, dq_former, 3)
    found = predictor.answers([Variant(), Variant({(3, "t"): changed["t"]}), Variant({(3, "a"): None})])
    expected = []
    for t, a in ((words, given[1].rows[3].values), (changed["t"], given[1].rows[3].values), (words, None)):
        rows = (
            Features("d", "t", "", (FeatureRow("u", t),)),
            Features("d", "a", "", (FeatureRow("u", a, "" if a is not None else "gone"),)),
        )
        with torch.inference_mode():
            expected.append(dq_former.model(collate([Sample(rows, (0,), (-1,))])).logits[0, 0].numpy())
    np.testing.assert_allclose(found.logits, np.array(expected), atol=2e-4)


def test_a_row_is_encoded_once(dq_former):
    of = dialogue()
    given = tuple(f for f in features(of) if f.modality != "v")
    Predictor(of, given, dq_former, 3)
    before = CACHE.misses
    predictor = Predictor(of, given, dq_former, 3)
    predictor.answers([Variant(), Variant()])
    assert CACHE.misses == before
    assert (predictor.samples, predictor.distinct) == (2, 1)


def test_gradients_of_the_shipped_model_add_up(dq_former):
    of = dialogue()
    given = tuple(f for f in features(of) if f.modality != "v")
    request = Request("dq_former", "u4", "gradients_words", {"scale": "logit", "steps": 48})
    found = explain_features(of, 3, given, dq_former, request, Settings())
    assert found.measure("completeness").value < found.measure("completeness").tolerance


def test_models_hold_one_copy_of_an_encoder_in_memory(dq_former):
    again = load_model("dq_former").model
    assert again.text is dq_former.model.text
    assert again.acoustic is dq_former.model.acoustic
    assert again.query is not dq_former.model.query


def test_memory_does_not_grow_with_the_number_of_versions():
    of, alive, most = dialogue(), [], []

    def versions():
        rng = np.random.default_rng(0)
        for _ in range(5 * CHUNK):
            row = rng.normal(size=(50, 80)).astype(np.float32)
            alive.append(weakref.ref(row))
            most.append(sum(one() is not None for one in alive))
            yield Variant({(1, "a"): row})
            del row

    predictor = Predictor(of, features(of), loaded(), 1)
    assert len(predictor.answers(versions()).logits) == 5 * CHUNK
    assert max(most) <= 2 * CHUNK
