"""Making the typed arrays of a trace from a model's tensors."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from erc_core.types import FloatArray, TraceArray, frozen_array

Axis = tuple[str, tuple[str, ...]]


def traced(name: str, utterances: Sequence[str], values: Tensor, meaning: str, *further: Axis) -> TraceArray:
    """Return an array whose first axis is the utterance.

    Args:
        name: of the array
        utterances: their ids
        values: ``(T, ...)``; rows beyond the ids are padding and are left out
        meaning: what it says, for people
        further: name and ticks of each axis behind the first
    """
    axes = ("utterance", *(axis for axis, _ in further))
    ticks = (tuple(utterances), *(tick for _, tick in further))
    return TraceArray(name, axes, ticks, plain(values[: len(utterances)]), meaning)


def plain(values: Tensor) -> FloatArray:
    """Return a tensor's values as a read-only array."""
    return frozen_array(values.detach().float().cpu().numpy())
