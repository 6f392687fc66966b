"""The contract of a feature extractor: a dialogue and its clip in, one modality's features out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from erc_core.registry import Registry
from erc_core.settings import ASSETS, Settings
from erc_core.types import Dialogue, Features, Progress

TEXT_ENCODER = ASSETS / "checkpoints" / "text_encoder"
NO_RECORDING = "no recording: only words are known"


class Extractor(Protocol):
    """Makes the rows of one modality; an utterance without it gets a row with the reason."""

    def __call__(self, dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
        """Extract one modality of every utterance; ``clip`` is None where there is no recording."""


EXTRACTORS: Registry[Extractor] = Registry("feature extractor", "erc_core.features")
