"""The stage's modality lanes show the weights of whichever system is chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from erc_core.modality_weights import weights_of
from erc_core.stage_data import StageMedia, stage_data
from erc_core.types import frozen_array
from tests.ui.sample_analysis import sample_analysis
from tests.ui.sample_traces import sample_trace

IDS = ("u1", "u2", "u3")


def test_dq_formers_weight_is_its_mean_share_and_masked_layers_are_counted() -> None:
    weights = weights_of(sample_analysis().trace)
    assert weights is not None
    first = {lane.modality: lane.weights[0] for lane in weights.lanes}
    assert [round(first[m].share, 3) for m in ("t", "a")] == [0.5, 0.5]
    assert [first[m].masked for m in ("t", "a")] == [3, 3]
    assert weights.layers == 3


@pytest.mark.parametrize(("system", "name"), [("df_erc", "contribution"), ("cmath", "gate"), ("amuse", "alpha")])
def test_a_systems_own_weights_are_its_lanes_under_its_own_word(system: str, name: str) -> None:
    weights = weights_of(sample_trace(system, IDS))
    assert weights is not None
    assert weights.name == name
    assert [lane.modality for lane in weights.lanes] == ["t", "a", "v"]
    assert all(0 <= weight.share <= 1 for lane in weights.lanes for weight in lane.weights)


def test_a_gate_share_is_the_mean_over_the_central_modalities() -> None:
    trace = sample_trace("cmath", IDS)
    weights = weights_of(trace)
    assert weights is not None
    wanted = trace.array("gate").values[2, :, 1].mean()
    assert weights.lanes[1].weights[2].share == pytest.approx(wanted)


def test_a_system_that_weighs_no_modalities_has_no_weights() -> None:
    assert weights_of(sample_trace("lmam", IDS)) is None


def test_a_weight_that_is_not_there_is_left_out_of_the_stage() -> None:
    analysis = sample_analysis()
    ids = tuple(u.id for u in analysis.dialogue.utterances)
    trace = sample_trace("df_erc", ids)
    contribution = trace.array("contribution")
    values = np.array(contribution.values)
    values[0, 2] = np.nan
    told = replace(trace, arrays=(replace(contribution, values=frozen_array(values)),))
    value = stage_data(replace(analysis, trace=told), StageMedia(), np.zeros((0, 2)), "u1", "light")
    assert value["utterances"][0]["weights"]["v"] is None
    assert value["utterances"][0]["weights"]["t"] == pytest.approx(values[0, 0], abs=1e-4)
    assert value["weight_name"] == "contribution"
    assert value["layers"] == 0
