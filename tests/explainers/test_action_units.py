"""Action units of a model that reads nothing else: the one that moves it comes first, the others say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from erc_core.benchmarks.explain_truth import _name
from erc_core.explainers._picture import ActionUnitSpace
from erc_core.explainers._predict import Predictor
from erc_core.explainers.base import Case
from erc_core.explaining import Request, explain_features
from erc_core.features.visual_layout import visual_parts
from erc_core.media.action_unit_table import NUMBERS
from erc_core.models.checkpoints import Loaded
from erc_core.settings import Settings
from erc_core.types import FeatureRow, Features, frozen_array
from tests.explainers.known import JOY, dialogue, features, loaded

UNREAD = NUMBERS.index(9)  # a unit that no keyframe measures
POSITION = 1


def reader_of(number: int) -> Loaded:
    """Return a model whose joy grows with one action unit and with nothing else."""
    model = loaded(used=("v",))
    with torch.no_grad():
        for parameter in model.model.parameters():
            parameter.zero_()
        model.model.scale["v"].fill_(1.0)
        model.model.units.weight[JOY, NUMBERS.index(number)] = 1.0
    return replace(model, ref=replace(model.ref, sha256=f"{number:0>64}"))


def seen_faces() -> tuple[Features, ...]:
    """Return the known dialogue's features, with one action unit that nobody could measure."""
    given = features(dialogue())
    row = np.array(given[2].rows[POSITION].values)
    first = 48 * 48 + 1
    row[:, [first + UNREAD, first + len(NUMBERS) + UNREAD]] = 0.0
    rows = [FeatureRow(r.utterance, frozen_array(row)) if n == POSITION else r for n, r in enumerate(given[2].rows)]
    return given[0], given[1], replace(given[2], rows=tuple(rows))


@pytest.mark.parametrize("number", [1, 4, 12, 45])
def test_the_unit_that_a_model_reads_comes_first_and_all_others_say_nothing(number: int) -> None:
    of = dialogue()
    request = Request("linear", "u2", "lime_action_units", {"scale": "logit"}, "joy")
    model = reader_of(number)
    found = explain_features(of, POSITION, seen_faces(), model, request, Settings(precision="float32"))
    values = {_name(a.name, "units"): a.value for a in found.attributions}
    assert next(iter(sorted(values, key=lambda name: -values[name]))) == f"AU {number}"
    rest = [value for name, value in values.items() if name != f"AU {number}"]
    assert np.abs(rest).max() < 0.05 * values[f"AU {number}"]
    assert f"AU {NUMBERS[UNREAD]}" not in values


def test_a_removed_unit_is_at_its_neutral_still_measured_and_nothing_else_changes() -> None:
    of, given = dialogue(), seen_faces()
    case = Case(of, POSITION, given, JOY, Predictor(of, given, reader_of(12), POSITION), 0)
    space = ActionUnitSpace(case)
    kept = np.ones(len(space), dtype=bool)
    gone = next(index for index, unit in enumerate(space.units) if unit.name.startswith("AU 12 "))
    kept[gone] = False
    before = visual_parts(np.asarray(given[2].rows[POSITION].values))
    after = visual_parts(np.asarray(space.variant(kept).rows[POSITION, "v"]))
    column = NUMBERS.index(12)
    assert (before.units[:, column] > 0).all()
    assert (after.units[:, column] == 0).all()
    others = [index for index in range(len(NUMBERS)) if index != column]
    assert torch.equal(after.units[:, others], before.units[:, others])
    for part in ("measured", "face", "has_face", "background", "has_background"):
        assert torch.equal(getattr(after, part), getattr(before, part)), part
