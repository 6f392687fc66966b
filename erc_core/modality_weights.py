"""How much each modality weighed in an utterance, whichever system says so: what the stage's modality lanes show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from erc_core.types import FloatArray, Modality, Trace, TraceArray


@dataclass(frozen=True, slots=True)
class ModalityWeight:
    """How much a modality weighed for one utterance; ``masked`` counts the layers that set it to zero."""

    share: float
    masked: int = 0


@dataclass(frozen=True, slots=True)
class ModalityLane:
    """One modality's weights, one an utterance in the dialogue's order; a share is NaN where the system gives none."""

    modality: Modality
    weights: tuple[ModalityWeight, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """A system's own weights of the modalities.

    Attributes:
        name: what the system calls a weight, such as ``share`` or ``contribution``
        meaning: what it is, for people
        lanes: one a modality, in the system's order
        layers: how many fusion layers a share was averaged over; 0 where there are none
    """

    name: str
    meaning: str
    lanes: tuple[ModalityLane, ...]
    layers: int = 0


def weights_of(trace: Trace) -> Weights | None:
    """Return the weights that a system reports, or None where it has none."""
    for name, read in READERS.items():
        if trace.has(name):
            return read(trace)
    return None


def _lanes(
    array: TraceArray, axis: int, shares: FloatArray, masked: FloatArray | None = None
) -> tuple[ModalityLane, ...]:
    """Pair the modalities on ``axis`` with the columns of ``shares`` and ``masked``, both ``(T, M)``."""
    counts = np.zeros(shares.shape) if masked is None else masked
    modalities: tuple[Modality, ...] = array.ticks[axis]  # type: ignore[assignment]
    return tuple(
        ModalityLane(
            modality,
            tuple(ModalityWeight(float(s), int(n)) for s, n in zip(shares[:, i], counts[:, i], strict=True)),
        )
        for i, modality in enumerate(modalities)
    )


def _confidence(trace: Trace) -> Weights:
    array, masked = trace.array("confidence"), trace.array("masked").values
    lanes = _lanes(array, 2, array.values.mean(axis=1), masked.sum(axis=1))
    return Weights("share", "mean share over the fusion layers, before masking", lanes, len(array.ticks[1]))


def _contribution(trace: Trace) -> Weights:
    array = trace.array("contribution")
    return Weights("contribution", "predicted contribution, each from 0 to 1", _lanes(array, 1, array.values))


def _gate(trace: Trace) -> Weights:
    array = trace.array("gate")
    lanes = _lanes(array, 2, array.values.mean(axis=1))
    return Weights("gate", "share of the gates, mean over the three central modalities", lanes)


def _alpha(trace: Trace) -> Weights:
    array = trace.array("alpha")
    return Weights("alpha", "interpolation coefficient of the adaptive fusion", _lanes(array, 1, array.values))


READERS: dict[str, Callable[[Trace], Weights]] = {
    "confidence": _confidence,
    "contribution": _contribution,
    "gate": _gate,
    "alpha": _alpha,
}
