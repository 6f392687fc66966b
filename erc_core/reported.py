"""What a model itself reports about its modalities, on one scale, to stand beside what explanations find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from erc_core.types import FloatArray, Modality, Trace

Condense = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Reported:
    """One modality's share by the model's own account.

    Attributes:
        modality: whose share
        value: 0 to 1
        name: of the trace array that it is read from
        meaning: what the model's paper calls it, in plain words
    """

    modality: Modality
    value: float
    name: str
    meaning: str


# By trace array: how the axes between utterance and modality are condensed, and what the result is.
_SOURCES: tuple[tuple[str, Condense, str], ...] = (
    ("confidence", lambda v: v.mean(axis=0), "layerwise confidence, averaged over the fusion layers"),
    ("contribution", lambda v: v, "predicted contribution: how sure this modality by itself would be of the truth"),
    ("gate", lambda v: v.mean(axis=0), "share of the gates, averaged over the three central modalities"),
    ("alpha", lambda v: v, "coefficient of the adaptive fusion"),
)


def reported_shares(trace: Trace, utterance: str) -> tuple[Reported, ...]:
    """Return what a model reports of each modality for one utterance; empty where it reports nothing of that kind.

    Args:
        trace: of a prediction
        utterance: id
    """
    for name, condense, meaning in _SOURCES:
        if not trace.has(name):
            continue
        array = trace.array(name)
        if utterance not in array.ticks[0]:
            continue
        values = condense(np.asarray(array.values[array.ticks[0].index(utterance)], dtype=np.float64))
        modalities: tuple[Modality, ...] = ("t", "a", "v")
        return tuple(
            Reported(m, float(values[array.ticks[-1].index(m)]), name, meaning)
            for m in modalities
            if m in array.ticks[-1]
        )
    return ()
