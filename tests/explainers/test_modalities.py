import numpy as np
import pytest

from erc_core.errors import InputError, UnknownNameError
from erc_core.explainers.modality_shapley import shapley
from erc_core.explaining import Request, explanation_key, read_params
from erc_core.explanation import Explanation, Fidelity
from erc_core.explanation_report import explanation_json, explanation_text
from erc_core.types import ModelRef
from tests.explainers.known import contributions, dialogue, explained, loaded


def values_of(explanation):
    return {a.modality: a.value for a in explanation.attributions}


@pytest.mark.parametrize("method", ["modality_shapley", "modality_ablation"])
def test_a_linear_model_gets_what_each_modality_adds(method):
    model = loaded()
    expected = contributions(model, 1)
    assert values_of(explained(method, model)) == pytest.approx(expected, abs=1e-4)


def test_shapley_values_of_a_game_are_those_worked_out_by_hand():
    # Two players who win 1 only together, and a third who adds 2 always.
    values = np.array([0, 0, 0, 1, 2, 2, 2, 3], dtype=float)
    np.testing.assert_allclose(shapley(values, 3), [0.5, 0.5, 2])


def test_shapley_values_add_up_in_probability_too():
    found = explained("modality_shapley", loaded(context=0.3), scale="probability")
    assert sum(values_of(found).values()) == pytest.approx(found.target.value - found.target.baseline, abs=1e-6)
    assert found.measure("completeness").value < 1e-6


def test_an_absent_modality_is_not_listed():
    found = explained("modality_shapley", loaded(), without=frozenset({(1, "a")}))
    assert set(values_of(found)) == {"t", "v"}


def test_removing_from_the_whole_dialogue_takes_the_context_too():
    model = loaded(context=0.5)
    alone = values_of(explained("modality_ablation", model, scope="utterance"))
    whole = values_of(explained("modality_ablation", model, scope="dialogue"))
    assert whole == pytest.approx(contributions(model, 1), abs=1e-4)
    assert any(abs(whole[m] - alone[m]) > 1e-3 for m in whole)


def test_another_label_is_explained_when_asked():
    model = loaded()
    assert values_of(explained("modality_shapley", model, label="anger")) != pytest.approx(
        values_of(explained("modality_shapley", model, label="joy"))
    )


def test_an_unknown_label_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="neutral, surprise"):
        explained("modality_shapley", loaded(), label="bliss")


def test_the_same_subset_is_asked_for_once():
    found = explained("modality_shapley", loaded())
    assert found.distinct == 8
    assert found.samples > 8


def test_an_explanation_cannot_be_built_without_its_fidelity():
    whole = explained("modality_shapley", loaded())
    fields = {name: getattr(whole, name) for name in whole.__dataclass_fields__}
    with pytest.raises(InputError, match="fidelity"):
        Explanation(**{**fields, "fidelity": ()})


def test_a_figure_that_could_not_be_measured_needs_its_reason():
    with pytest.raises(InputError, match="none with the reason"):
        Fidelity("stability", float("nan"), "unknown")
    assert Fidelity.none("only one unit").meaning == "only one unit"


def test_equal_requests_share_a_key_and_others_do_not():
    of = dialogue()
    ref = ModelRef("m", "ab" * 32, loaded().ref.labels)
    plain = Request("m", "u1", "modality_shapley", {})
    assert explanation_key(of, ref, plain) == explanation_key(
        of, ref, Request("m", "u1", "modality_shapley", {"scale": "probability"})
    )
    assert explanation_key(of, ref, plain) != explanation_key(
        of, ref, Request("m", "u1", "modality_shapley", {"scale": "logit"})
    )


def test_text_and_json_say_what_was_found():
    found = explained("modality_shapley", loaded())
    assert "acoustic" in explanation_text(found)
    plain = explanation_json(found)
    assert plain["params"] == {"scale": "logit", "scope": "utterance"}
    assert plain["fidelity"][0]["kind"] == "completeness"


def test_parameters_from_the_command_line_are_read_by_their_kind():
    assert read_params("modality_shapley", ["scope=dialogue"]) == {"scope": "dialogue"}
    with pytest.raises(UnknownNameError, match="scale, scope"):
        read_params("modality_shapley", ["samples=3"])
