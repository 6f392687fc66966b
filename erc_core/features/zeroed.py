"""Features whose input is set to zero instead of taken away: how DQ-Former's paper simulates a missing modality."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import log

import numpy as np

from erc_core.errors import UnsupportedError
from erc_core.features.acoustic import EXTRACTOR as SOUND
from erc_core.features.acoustic import FLOOR
from erc_core.features.text import EXTRACTOR as WORDS
from erc_core.types import FeatureRow, Features, Modality, frozen_array


def zeroed(features: Sequence[Features], modalities: Collection[Modality]) -> tuple[Features, ...]:
    """Return features in which some modalities are there, but empty: sound is silence, every token is number 0.

    Rows keep their length, and which tokens belong to the utterance. What was absent stays absent.

    Args:
        features: of a dialogue, one entry a modality
        modalities: those that are set to zero

    Raises:
        UnsupportedError: features of such a modality are of another kind

    Source:
        DQ-Former, 5.2.3 and Table 4: "setting the missing modality inputs to 0". A waveform of zeros has no mel power
        anywhere, which the spectrogram holds as the logarithm of its floor.
    """
    return tuple(
        replace(one, rows=tuple(_row(one, row) for row in one.rows)) if one.modality in modalities else one
        for one in features
    )


def _row(features: Features, row: FeatureRow) -> FeatureRow:
    if row.values is None:
        return row
    if features.extractor == SOUND:
        return replace(row, values=frozen_array(np.full(row.values.shape, log(FLOOR))))
    if features.extractor == WORDS:
        values = row.values.copy()
        values[:, 0] = 0
        return replace(row, values=frozen_array(values, np.int64))
    raise UnsupportedError(
        "These features cannot be set to zero", got=features.extractor, allowed=f"{WORDS}, {SOUND}",
        do="switch the modality off",
    )  # fmt: skip
