from dataclasses import replace

import numpy as np
import pytest
import torch

from erc_core.errors import UnsupportedError
from erc_core.explainers._lime import LimeParams, _stopped, draw, fit
from erc_core.explainers._picture import _names
from erc_core.explainers._trust import rank_correlation, stability, verdict
from erc_core.explainers.lime_action_units import LimeActionUnits
from erc_core.explanation import Fidelity
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import load_tokenizer
from erc_core.models.base import MODELS
from tests.explainers.known import JOY, dialogue, explained, features, loaded


def token_weights(model, word):
    ids = load_tokenizer(TEXT_ENCODER).encode(word, add_special_tokens=False).ids
    return float(model.model.words.weight.detach()[torch.tensor(ids), JOY].sum())


def test_words_of_a_linear_model_get_their_own_weights():
    model = loaded()
    found = explained("lime_words", model, samples=600, ridge=0.0001)
    for attribution in found.attributions:
        assert attribution.value == pytest.approx(token_weights(model, attribution.name), abs=0.02)
    assert found.measure("local_fit").value > 0.999
    assert found.measure("stability").value > 0.95
    assert found.measure("deletion").low > 0


def test_spans_of_sound_of_a_linear_model_get_their_own_weights():
    model = loaded()
    found = explained("lime_sound", model, width_s=0.3, fill="silence", ridge=0.0001)
    of = dialogue()
    mel = next(f for f in features(of) if f.modality == "a").rows[1].values
    bands = model.model.bands.weight[JOY].detach().numpy()
    for attribution in found.attributions:
        first = round((attribution.span.start_s - of.utterances[1].start_s) * 100)
        last = round((attribution.span.end_s - of.utterances[1].start_s) * 100)
        expected = ((mel[first:last] - np.log(1e-6)) @ bands).sum() / 100
        assert attribution.value == pytest.approx(float(expected), abs=0.02)


def test_action_units_of_a_linear_model_get_intensity_times_weight():
    model = loaded()
    found = explained("lime_action_units", model, samples=2000, ridge=0.0001)
    row = next(f for f in features(dialogue()) if f.modality == "v").rows[1].values
    units = row[:, 48 * 48 + 1 : 48 * 48 + 20].sum(axis=0)
    weights = model.model.units.weight[JOY].detach().numpy()
    np.testing.assert_allclose([a.value for a in found.attributions], units * weights, atol=0.05)
    assert all(a.regions for a in found.attributions)


def test_action_units_are_refused_where_the_model_reads_none():
    for name in ("dq_former",):
        reason = LimeActionUnits().unsupported(MODELS.get(name).card, ())
        assert reason == "DQ-Former reads no pictures."


def test_the_joint_sample_takes_the_face_apart_as_the_model_reads_it(monkeypatch):
    model = loaded()
    assert {a.unit for a in explained("lime_joint", model, samples=64).attributions} >= {"word", "face_region"}
    monkeypatch.setattr(type(model.model), "card", replace(model.model.card, picture=("action_units", "background")))
    units = {a.unit for a in explained("lime_joint", model, samples=64).attributions}
    assert units == {"word", "audio_span", "action_unit"}


@pytest.mark.parametrize("split", ["background", "faces"])
def test_frame_regions_are_outlined_on_the_frame(split):
    found = explained("lime_frame", loaded(), samples=128, split=split)
    assert all(a.regions for a in found.attributions)
    assert all(0 <= p.x <= 1 and 0 <= p.y <= 1 for a in found.attributions for r in a.regions for p in r.outline)


def test_words_carry_their_place_and_time():
    found = explained("lime_words", loaded(), samples=64)
    text = dialogue().utterances[1].text
    for attribution in found.attributions:
        assert text[attribution.characters.start : attribution.characters.end] == attribution.name
        assert 2.0 <= attribution.span.start_s < attribution.span.end_s <= 3.8


def test_words_of_the_history_are_units_where_asked():
    found = explained("lime_words", loaded(), samples=64, reach="history")
    assert {a.utterance for a in found.attributions} == {"u1", "u2"}


def test_an_utterance_without_words_is_refused_with_what_to_do():
    with pytest.raises(UnsupportedError, match="give a transcript"):
        explained("lime_words", loaded(), without=frozenset({(1, "t")}))


def test_the_number_of_versions_stops_when_the_ranking_is_stable():
    stopped = explained("lime_words", loaded(), samples=5000)
    assert stopped.samples < 1500
    assert "stable after" in stopped.notes[0]
    limited = explained("lime_words", loaded(), samples=300, until_stable=False)
    assert limited.samples >= 290


def test_it_says_which_of_stability_and_the_limit_ended_the_growth():
    params, high, low = LimeParams(samples=300), Fidelity("stability", 0.95, "m"), Fidelity("stability", 0.5, "m")
    assert _stopped(198, high, params) == "The ranking was stable after 198 versions."
    assert _stopped(300, low, params) == "The limit of 300 versions was reached before the ranking was stable."
    asked_for_all = LimeParams(samples=300, until_stable=False)
    assert _stopped(300, high, asked_for_all) == "All 300 versions were asked for; the ranking is stable."


def test_where_there_is_no_ranking_none_is_called_stable():
    reason = stability([np.zeros(3)] * 3)
    assert _stopped(99, reason, LimeParams()) == (
        "99 versions were asked for. No unit moves the value, so there is no ranking that could change."
    )


def test_spans_of_sound_are_named_by_the_times_of_the_clip():
    first = explained("lime_sound", loaded(), samples=64, width_s=0.5).attributions[0]
    assert (first.name, first.title) == ("2.00 to 2.44 s", "2.0 to 2.4 s")  # the utterance begins at 2 s


def test_regions_of_the_background_have_a_name_each():
    assert _names(["top left", "bottom left", "top left"]) == [
        "background top left",
        "background bottom left",
        "background top left 2",
    ]


def test_weights_with_the_packages_own_settings_are_the_packages_own():
    from lime.lime_text import LimeTextExplainer

    rng = np.random.default_rng(0)
    text = "one two three four five six seven"
    weights = dict(zip(text.split(), rng.normal(size=7), strict=True))
    seen = []

    def answer(texts):
        masks = np.array([[word in t.split() for word in text.split()] for t in texts])
        seen.append(masks)
        value = answer_of(masks, weights)
        return np.stack([1 - value, value], axis=1)

    theirs = LimeTextExplainer(random_state=0, bow=True).explain_instance(text, answer, num_features=7, num_samples=500)
    ours = fit(seen[0], answer_of(seen[0], weights), LimeParams(ridge=1.0, selection="highest_weights", features=7))
    expected = dict(theirs.as_list())
    np.testing.assert_allclose(ours.weights, [expected[word] for word in text.split()], atol=1e-6)


def answer_of(masks, weights):
    return 1 / (1 + np.exp(-masks.astype(float) @ np.array(list(weights.values()))))


def test_versions_keep_from_none_to_all_but_one_unit():
    masks = draw(5, 2000, np.random.default_rng(0))
    assert set(masks.sum(axis=1)) == {0, 1, 2, 3, 4}


def test_rankings_are_compared_by_rank():
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 200, 3000])) == pytest.approx(1)
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == pytest.approx(-1)
    assert stability([np.zeros(3), np.zeros(3)]).kind == "none"


def test_the_verdict_names_what_is_weak():
    good = Fidelity("local_fit", 0.95, "m"), Fidelity("stability", 0.95, "m"), Fidelity("deletion", 0.2, "m", 0.1, 0.3)
    bad = Fidelity("local_fit", 0.1, "m"), Fidelity("stability", 0.2, "m"), Fidelity("deletion", 0.0, "m", -0.1, 0.1)
    assert verdict(good).startswith("This can be relied on")
    assert verdict(bad).startswith("Do not rely on this")
    assert "seeds agree on the ranking to 0.20" in verdict((*good[:1], bad[1]))


def test_values_that_do_not_add_up_are_not_called_reliable():
    better = Fidelity("deletion", 0.2, "m", 0.1, 0.3)
    missed, near = (Fidelity("completeness", value, "m", tolerance=0.02) for value in (0.224, 0.01))
    assert verdict((near, better)).startswith("This can be relied on")
    assert verdict((missed, better)).startswith("Read this with care: the values miss 0.224 of the difference")
