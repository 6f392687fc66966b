"""A space of versions: units that can be kept or removed, and the version of the dialogue that results.

Axis letters: S versions, U units, K points of a curve, R random orders.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.explainers._predict import Variant
from erc_core.explainers.base import Case
from erc_core.explanation import Attribution, Scale
from erc_core.types import MODALITY_NAMES, Modality, Progress, silent

Mask = NDArray[np.bool_]


class Space(ABC):
    """Units of a case that can be removed.

    Attributes:
        units: the units, their values zero
        baseline: what stands in place of a removed unit, for people
    """

    units: tuple[Attribution, ...]
    baseline: str

    @abstractmethod
    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the units of ``kept`` ``(U,)`` are there."""

    def __len__(self) -> int:
        return len(self.units)

    def values(
        self, case: Case, masks: Mask, scale: Scale, progress: Progress = silent, step: str = "explain"
    ) -> NDArray[np.float64]:
        """Return the target's value of every version of ``masks`` ``(S, U)``, as ``(S,)``.

        Versions with as many units are asked for together, since they are about as long.
        """
        order = np.argsort(masks.sum(axis=1), kind="stable")
        found = np.empty(len(masks))
        source = (self.variant(masks[index]) for index in order)
        found[order] = case.values(source, scale, progress, step, len(masks))
        return found

    def weighted(self, weights: NDArray[np.float64]) -> tuple[Attribution, ...]:
        """Return the units with their weights ``(U,)``."""
        return tuple(replace(unit, value=float(weight)) for unit, weight in zip(self.units, weights, strict=True))


class ModalitySpace(Space):
    """The modalities that the explained utterance has; a removed one is absent.

    Args:
        case: what is explained
        everywhere: whether a modality is removed from all utterances or from the explained one alone
    """

    def __init__(self, case: Case, everywhere: bool = False) -> None:
        self.modalities: tuple[Modality, ...] = case.present()
        if not self.modalities:
            raise UnsupportedError(
                "This utterance has no modality that the model reads", got=case.utterance.id, do="choose another one"
            )
        self.baseline = "a removed modality is absent" + (
            " from every utterance" if everywhere else " from this utterance; the others keep theirs"
        )
        self.units = tuple(
            Attribution("modality", MODALITY_NAMES[m], 0.0, case.utterance.id, m) for m in self.modalities
        )
        self._places = range(len(case.dialogue.utterances)) if everywhere else (case.position,)

    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the modalities of ``kept`` ``(U,)`` are there."""
        gone = [m for m, stays in zip(self.modalities, kept, strict=True) if not stays]
        return Variant({(t, m): None for t in self._places for m in gone})


def every_mask(units: int) -> Mask:
    """Return all subsets of a few units, the empty one first and the whole one last, ``(2^U, U)``."""
    numbers = np.arange(2**units)[:, None]
    masks: Mask = (numbers >> np.arange(units)) % 2 == 1
    return masks
