"""Spans of sound that can be muted in an utterance's spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.explainers._predict import Variant
from erc_core.explainers._space import Mask, Space
from erc_core.explainers.base import Case
from erc_core.explanation import Attribution
from erc_core.features.acoustic import EXTRACTOR, FLOOR, HOP_S
from erc_core.types import Features, Span

Fill = Literal["room", "noise", "silence"]
Cut = Literal["equal", "words"]
FILLS: dict[Fill, str] = {
    "room": "a muted span holds the utterance's own quietest sound, band by band",
    "noise": "a muted span holds noise with the utterance's own mean and spread, band by band",
    "silence": "a muted span holds digital silence",
}
QUIET = 0.05  # the quantile of a band that counts as its room tone


def unread_sound(features: Sequence[Features]) -> str | None:
    """Return None, or why there is no sound to change."""
    sound = next((f for f in features if f.modality == "a"), None)
    if features and sound is None:
        return "This model reads no sound."
    if sound is not None and sound.extractor not in ("", EXTRACTOR):
        return f"The sound of this dialogue is known only as vectors ({sound.extractor}), which cannot be taken apart."
    return None


def filled(mel: NDArray[np.float32], fill: Fill, seed: int) -> NDArray[np.float32]:
    """Return what stands in place of a spectrogram ``(frames, 80)`` where it is muted."""
    if fill == "silence":
        return np.full_like(mel, np.log(FLOOR))
    if fill == "room":
        return np.broadcast_to(np.quantile(mel, QUIET, axis=0), mel.shape).astype(np.float32)
    noise = np.random.default_rng([seed, 3]).normal(size=mel.shape)
    noisy: NDArray[np.float32] = (mel.mean(axis=0) + noise * mel.std(axis=0)).astype(np.float32)
    return noisy


class SoundSpace(Space):
    """Spans of the explained utterance's sound.

    Args:
        case: what is explained
        width_s: length of a span in seconds, where they are equal
        cut: whether spans are equal or follow the words
        fill: what stands in place of a muted span

    Attributes:
        mel: the spectrogram, ``(frames, 80)``
        filled: what stands in place of it where it is muted, ``(frames, 80)``
        members: which frames belong to each span, ``(U, frames)``

    Raises:
        UnsupportedError: the utterance has no sound, or its words have no times
    """

    def __init__(self, case: Case, width_s: float = 0.25, cut: Cut = "equal", fill: Fill = "room") -> None:
        if reason := unread_sound(case.features):
            raise UnsupportedError(reason)
        row = case.row("a")
        if row is None:
            raise UnsupportedError("This utterance has no sound", do="choose another utterance or method")
        self.mel = np.asarray(row, dtype=np.float32)
        self.filled = filled(self.mel, fill, case.seed)
        self._position = case.position
        self.baseline = FILLS[fill]
        begin, frames = case.utterance.start_s, len(self.mel)
        spans = self._words(case) if cut == "words" else self._equal(frames, width_s)
        self.units = tuple(
            Attribution(
                "audio_span",
                name or f"{begin + first * HOP_S:.2f} to {begin + last * HOP_S:.2f} s",
                0.0,
                case.utterance.id,
                "a",
                Span(begin + first * HOP_S, begin + last * HOP_S),
            )
            for first, last, name in spans
        )
        self.members = np.zeros((len(spans), frames), dtype=bool)
        for index, (first, last, _) in enumerate(spans):
            self.members[index, first:last] = True

    def _equal(self, frames: int, width_s: float) -> list[tuple[int, int, str]]:
        count = max(1, round(frames * HOP_S / width_s))
        edges = np.linspace(0, frames, count + 1).round().astype(int)
        return [(int(a), int(b), "") for a, b in pairwise(edges) if b > a]

    def _words(self, case: Case) -> list[tuple[int, int, str]]:
        words = case.utterance.words
        if not words:
            raise UnsupportedError("The times of this utterance's words are not known", do="choose equal spans")
        found = []
        for word in words:
            first = max(0, round((word.start_s - case.utterance.start_s) / HOP_S))
            last = min(len(self.mel), round((word.end_s - case.utterance.start_s) / HOP_S))
            if last > first:
                found.append((first, last, word.text))
        if not found:
            raise UnsupportedError("No word lies within this utterance's sound", do="choose equal spans")
        return found

    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the spans of ``kept`` ``(U,)`` are heard."""
        gone = np.atleast_1d(self.members[~kept].any(axis=0))
        return Variant({(self._position, "a"): np.where(gone[:, None], self.filled, self.mel)})
