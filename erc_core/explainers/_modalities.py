"""What the explainers of modalities share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._settings import Params, setting
from erc_core.explainers._space import Space
from erc_core.types import Features


@dataclass(frozen=True, slots=True)
class Scoped(Params):
    """Parameters of methods that remove whole modalities."""

    scope: Literal["utterance", "dialogue"] = setting(
        "utterance",
        "Remove from",
        "From the explained utterance alone, or from every utterance of the dialogue.",
        choices=("utterance", "dialogue"),
    )


def unread(features: Sequence[Features]) -> str | None:
    """Return None, or why there is nothing to remove."""
    if features and not any(found.present().any() for found in features):
        return "No utterance of this dialogue has a modality that the model reads."
    return None


def leader(space: Space, weights: NDArray[np.float64]) -> str:
    """Return a clause that names the unit that matters most."""
    strongest = int(np.argmax(np.abs(weights)))
    if not np.abs(weights[strongest]) > 0:
        return "no modality moves the value"
    direction = "for" if weights[strongest] > 0 else "against"
    return f"{space.units[strongest].name} speaks {direction} the label the most ({weights[strongest]:+.3f})"
