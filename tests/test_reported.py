import numpy as np
import pytest

from erc_core.reported import reported_shares
from erc_core.types import MELD7, ModelRef, Trace, TraceArray

REF = ModelRef("m", "ab" * 32, MELD7)


def trace(name, axes, ticks, values):
    return Trace("d", REF, (TraceArray(name, axes, ticks, np.array(values, dtype=np.float32), "m"),))


def test_layers_are_averaged():
    found = trace(
        "confidence", ("utterance", "layer", "modality"), (("u1",), ("4", "5"), ("t", "a")), [[[0.2, 0.8], [0.4, 0.6]]]
    )
    assert {r.modality: r.value for r in reported_shares(found, "u1")} == pytest.approx({"t": 0.3, "a": 0.7})


def test_gates_are_averaged_over_the_central_modalities():
    values = [[[0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]]
    three = ("t", "a", "v")
    found = trace("gate", ("utterance", "central", "source"), (("u1",), three, three), values)
    assert sum(r.value for r in reported_shares(found, "u1")) == pytest.approx(1)


def test_contributions_are_taken_as_they_are():
    found = trace(
        "contribution", ("utterance", "modality"), (("u1", "u2"), ("t", "a", "v")), [[0, 0, 0], [0.1, 0.2, 0.9]]
    )
    assert [r.value for r in reported_shares(found, "u2")] == pytest.approx([0.1, 0.2, 0.9])


def test_a_model_that_reports_no_shares_gives_none():
    found = trace("psi", ("utterance", "value"), (("u1",), ("psi",)), [[0.5]])
    assert reported_shares(found, "u1") == ()
