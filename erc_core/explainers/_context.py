"""Other utterances of the dialogue that can be taken out, with what the model then reads of the rest."""

from __future__ import annotations

import numpy as np

from erc_core.errors import UnsupportedError
from erc_core.explainers._predict import Row, Variant
from erc_core.explainers._space import Mask, Space
from erc_core.explainers.base import Case
from erc_core.explanation import Attribution
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import EXTRACTOR, WINDOW, load_tokenizer, text_input
from erc_core.types import Dialogue, Modality, Span

NEAREST = 24  # utterances that are units at most, so that a long dialogue stays readable


class ContextSpace(Space):
    """Utterances that the model may have used for the explained one.

    A removed utterance is gone from the dialogue: the histories of those that stay are written anew without it.

    Args:
        case: what is explained
        whose: utterances of everybody, or of the explained utterance's speaker alone

    Raises:
        UnsupportedError: there is no other utterance that the model sees
    """

    baseline = "a removed utterance was never said: the others' histories are written without it"

    def __init__(self, case: Case, whose: str = "everybody") -> None:
        self._case = case
        self.positions = _seen(case, whose)
        if not self.positions:
            raise UnsupportedError("The model sees no other utterance here", do="choose a later utterance")
        utterances = [case.dialogue.utterances[t] for t in self.positions]
        self.units = tuple(
            Attribution("utterance", _title(u.speaker, u.text), 0.0, u.id, None, Span(u.start_s, u.end_s))
            for u in utterances
        )
        words = case.of("t")
        self._tokenizer = load_tokenizer(TEXT_ENCODER) if words is not None and words.extractor == EXTRACTOR else None
        self._rows: dict[tuple[int, frozenset[int]], Row] = {}

    def variant(self, kept: Mask) -> Variant:
        """Return the version with only the utterances of ``kept`` ``(U,)``, and the explained one."""
        dropped = frozenset(t for t, stays in zip(self.positions, kept, strict=True) if not stays)
        words: Modality = "t"
        rows = {
            (t, words): self._row(t, dropped)
            for t in self._case.predictor.visible
            if self._tokenizer is not None and t not in dropped and dropped & set(range(max(0, t - WINDOW), t))
        }
        return Variant(rows, dropped)

    def _row(self, position: int, dropped: frozenset[int]) -> Row:
        """Return the words of an utterance with its history, as if some utterances had never been."""
        # With some of its history gone the window reaches further back, so earlier removals count as well.
        key = (position, frozenset(t for t in dropped if t < position))
        if key not in self._rows and self._tokenizer is not None:
            dialogue = self._case.dialogue
            stay = [t for t in range(position + 1) if t not in dropped]
            left = Dialogue(dialogue.id, "", "", tuple(dialogue.utterances[t] for t in stay))
            read = text_input(left, len(stay) - 1, self._tokenizer)
            self._rows[key] = None if read is None else np.asarray(read.values)
        return self._rows[key]


def _seen(case: Case, whose: str) -> tuple[int, ...]:
    card = case.predictor.loaded.model.card
    T = len(case.dialogue.utterances)
    first = 0 if card.whole_dialogue else max(0, case.position - WINDOW)
    last = T if card.whole_dialogue and card.sees_future else case.position + 1
    found = [t for t in range(first, last) if t != case.position]
    if whose == "speaker":
        found = [t for t in found if case.dialogue.utterances[t].speaker == case.utterance.speaker]
    nearest = sorted(found, key=lambda t: abs(t - case.position))[:NEAREST]
    return tuple(sorted(nearest))


def _title(speaker: str, text: str | None) -> str:
    words = (text or "no words").strip()
    return f"{speaker}: {words if len(words) <= 60 else words[:59] + '…'}"
