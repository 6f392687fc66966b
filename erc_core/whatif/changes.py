"""What an edit did to the answers: before and after, utterance by utterance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.errors import ShapeError
from erc_core.types import FloatArray, Prediction, frozen_array


@dataclass(frozen=True, slots=True)
class Change:
    """One utterance before and after.

    Attributes:
        utterance: its id
        before: the predicted label
        after: the predicted label; None where the utterance was left out
        delta: after minus before, ``(C,)``; NaN where it was left out
    """

    utterance: str
    before: str
    after: str | None
    delta: FloatArray

    @property
    def moved(self) -> float:
        """Total variation distance of the two distributions, 0 (the same) to 1; NaN where it was left out."""
        return float(np.abs(self.delta).sum() / 2)

    @property
    def turned(self) -> bool:
        """Whether another label is predicted."""
        return self.after is not None and self.after != self.before


def changes(before: Prediction, after: Prediction) -> tuple[Change, ...]:
    """Compare two predictions of one model, an entry for each utterance of ``before``.

    Raises:
        ShapeError: the two have different labels
    """
    if before.model.labels != after.model.labels:
        raise ShapeError(
            "The two predictions have different labels", got=after.model.labels.name, allowed=before.model.labels.name
        )
    place = {utterance: index for index, utterance in enumerate(after.utterances)}
    found = []
    for index, utterance in enumerate(before.utterances):
        at = place.get(utterance)
        if at is None:
            delta = frozen_array(np.full(len(before.model.labels), np.nan))
        else:
            delta = frozen_array(after.probabilities[at] - before.probabilities[index])
        found.append(Change(utterance, before.label_of(index), None if at is None else after.label_of(at), delta))
    return tuple(found)
