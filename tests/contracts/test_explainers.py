"""What every registered explainer must do, on models whose answers are known; a new file is tested by existing."""

import dataclasses

import numpy as np
import pytest
import torch

from erc_core.errors import CancelledError, InputError, UnknownNameError
from erc_core.explainers.base import EXPLAINERS, build, specs
from erc_core.explaining import Request, explain_features
from erc_core.explanation import Explanation
from erc_core.settings import Settings
from erc_core.store.codec import decode, encode
from tests.explainers.known import WordsModel, dialogue, explained, features, loaded

ORDER = {"deletion", "insertion", "comprehensiveness", "sufficiency"}
WITHOUT_ORDER = {"counterfactual", "modality_interaction"}  # their answer ranks no units


@pytest.fixture(params=EXPLAINERS.names())
def method(request):
    return request.param


def refusal(method, model):
    of = dialogue()
    return EXPLAINERS.get(method)().unsupported(model.model.card, features(of))


def quick(method):
    """Return parameters that keep the tests short."""
    known = {spec.name for spec in specs(EXPLAINERS.get(method).params)}
    return {name: value for name, value in {"samples": 400, "steps": 8, "ridge": 0.0001}.items() if name in known}


def run(method, model, **more):
    if reason := refusal(method, model):
        pytest.skip(reason)
    return explained(method, model, **{**quick(method), **more})


def state(model):
    hooks = [
        len(table)
        for module in model.model.modules()
        for table in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
    ]
    weights = {name: value.clone() for name, value in model.model.state_dict().items()}
    learning = [p.requires_grad for p in model.model.parameters()]
    return hooks, weights, learning, [module.training for module in model.model.modules()]


def test_an_explanation_carries_everything_that_it_needs(method):
    found = run(method, loaded())
    assert found.attributions or found.changes or found.notes
    assert found.fidelity
    assert all(f.meaning for f in found.fidelity)
    assert found.sentence
    assert found.baseline
    assert found.samples >= found.distinct >= 1
    assert {s.name for s in found.params} == {s.name for s in specs(EXPLAINERS.get(method).params)}


def test_its_fit_and_its_order_are_measured_or_the_reason_is_given(method):
    found = run(method, loaded())
    kinds = {measure.kind for measure in found.fidelity}
    assert {"local_fit", "completeness", "none"} & kinds
    if method in WITHOUT_ORDER:
        assert "none" in kinds
        assert not kinds & ORDER
    elif len(found.attributions) > 1:
        assert kinds >= ORDER
    else:  # one unit alone has no order
        assert "none" in kinds


def test_it_says_how_steady_it_is_over_seeds_or_answers_the_same_whatever_the_seed(method):
    first = run(method, loaded())
    if any(measure.kind == "stability" for measure in first.fidelity):
        return
    second = run(method, loaded(), seed=1)
    assert [a.name for a in first.attributions] == [a.name for a in second.attributions]
    np.testing.assert_allclose(
        [a.value for a in first.attributions], [a.value for a in second.attributions], atol=1e-5, rtol=1e-4
    )


def test_the_same_seed_gives_the_same_values(method):
    first, second = run(method, loaded()), run(method, loaded())
    assert [a.name for a in first.attributions] == [a.name for a in second.attributions]
    np.testing.assert_allclose(
        [a.value for a in first.attributions], [a.value for a in second.attributions], atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("unused", ["t", "a", "v"])
def test_an_unused_modality_gets_zero(method, unused):
    used = tuple(m for m in ("t", "a", "v") if m != unused)
    found = run(method, loaded(used=used))
    strongest = max(abs(a.value) for a in found.attributions)
    assert all(abs(a.value) <= 2e-3 * max(strongest, 0.01) for a in found.attributions if a.modality == unused)


def test_the_model_is_left_as_it_was(method):
    model = loaded()
    before = state(model)
    run(method, model)
    after = state(model)
    assert before[0] == after[0]
    assert all(torch.equal(before[1][name], after[1][name]) for name in before[1])
    assert before[2:] == after[2:]


def test_the_model_is_left_as_it_was_when_the_work_is_stopped(method):
    model = loaded()
    if reason := refusal(method, model):
        pytest.skip(reason)
    before = state(model)
    of = dialogue()
    request = Request("linear", "u2", method, {"scale": "logit", **quick(method)}, "joy")

    def stop(step, fraction):
        raise CancelledError("The work was cancelled")

    with pytest.raises(CancelledError):
        explain_features(of, 1, features(of), model, request, Settings(precision="float32"), progress=stop)
    after = state(model)
    assert before[0] == after[0]
    assert before[2:] == after[2:]


def test_an_explanation_is_equal_after_the_store(method):
    found = run(method, loaded())
    again = decode(Explanation, encode(found))
    assert encode(again) == encode(found)
    assert again.attributions == found.attributions


def test_every_parameter_has_a_label_and_says_what_it_does(method):
    for spec in specs(EXPLAINERS.get(method).params):
        assert spec.label
        assert spec.help.endswith(".")
        assert spec.kind in {"bool", "choice"} or (spec.low is not None and spec.high is not None)


def test_a_wrong_parameter_is_refused_with_what_is_allowed(method):
    kind = EXPLAINERS.get(method).params
    with pytest.raises(UnknownNameError, match="scale"):
        build(kind, {"depth": 3})
    with pytest.raises(InputError, match="probability, logit"):
        build(kind, {"scale": "percent"})


def test_the_card_is_complete(method):
    card = EXPLAINERS.get(method).card
    assert card.name == method
    found = dataclasses.asdict(card)
    assert all(found[field] for field in ("title", "paper", "units", "meaning", "reading"))


def test_a_reason_is_given_where_a_method_does_not_apply(method):
    reason = refusal(method, loaded(WordsModel))
    assert reason is None or (reason.endswith(".") and len(reason) > 20)
