"""Words that can be removed from what a model reads of an utterance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from erc_core.errors import UnsupportedError
from erc_core.explainers._predict import Variant
from erc_core.explainers._space import Mask, Space
from erc_core.explainers.base import Case
from erc_core.explanation import Attribution, Characters
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import EXTRACTOR, TARGET, load_tokenizer, text_input
from erc_core.types import Features, Span, Utterance

WORD = re.compile(r"\w+(?:['’-]\w+)*")
Reach = Literal["utterance", "history"]
Removal = Literal["delete", "mask"]


def unread_words(features: Sequence[Features]) -> str | None:
    """Return None, or why there are no words to change."""
    words = next((f for f in features if f.modality == "t"), None)
    if features and words is None:
        return "This model reads no words."
    if words is not None and words.extractor not in ("", EXTRACTOR):
        return f"The words of this dialogue are known only as vectors ({words.extractor}), which cannot be taken apart."
    return None


def word_spans(utterance: Utterance) -> list[Span]:
    """Return when each word of an utterance is spoken: as known, else spread over the utterance by its characters."""
    text = utterance.text or ""
    found = list(WORD.finditer(text))
    if len(utterance.words) == len(found):
        return [Span(word.start_s, word.end_s) for word in utterance.words]
    per_character = utterance.duration_s / max(len(text), 1)
    return [
        Span(utterance.start_s + m.start() * per_character, utterance.start_s + m.end() * per_character) for m in found
    ]


class WordSpace(Space):
    """The words of the explained utterance, and of its history where asked.

    The row that is changed is the one that the model reads for the explained utterance. It holds the history's words
    too: with ``reach`` history these are units as well, and removing them changes nothing for their own utterances.

    Args:
        case: what is explained
        reach: whose words
        removal: whether a word's tokens are left out or become the mask token

    Attributes:
        row: what the model reads, token ids and segments, ``(L, 2)``
        members: which tokens belong to each word, ``(U, L)``
        mask_token: id of the mask token

    Raises:
        UnsupportedError: the utterance has no words, or its row was made from other words
    """

    def __init__(self, case: Case, reach: Reach = "utterance", removal: Removal = "delete") -> None:
        if reason := unread_words(case.features):
            raise UnsupportedError(reason)
        row = case.row("t")
        tokenizer = load_tokenizer(TEXT_ENCODER)
        read = None if row is None else text_input(case.dialogue, case.position, tokenizer)
        if read is None or row is None:
            raise UnsupportedError("The words of this utterance are not known", do="type them or give a transcript")
        if not np.array_equal(read.values, row):
            raise UnsupportedError(
                "The features were made from other words than the dialogue's", do="extract them anew"
            )
        self.row, self._position, self._delete = read.values, case.position, removal == "delete"
        self.mask_token = int(tokenizer.token_to_id("[MASK]") or 0)
        self.baseline = (
            "a removed word is left out" if self._delete else "a removed word becomes the encoder's mask token"
        ) + " of what the model reads for this utterance"
        members: list[np.ndarray] = []
        units: list[Attribution] = []
        origins = np.array([(span.utterance, span.start, span.end) for span in read.spans])
        in_target = read.values[:, 1] == TARGET
        for position in dict.fromkeys(origins[:, 0].tolist()):
            if reach == "utterance" and position != case.position:
                continue
            utterance = case.dialogue.utterances[position]
            own = (origins[:, 0] == position) & (in_target if position == case.position else ~in_target)
            for match, span in zip(WORD.finditer(utterance.text or ""), word_spans(utterance), strict=True):
                inside = own & (origins[:, 1] < match.end()) & (origins[:, 2] > match.start())
                if inside.any():  # a long history is cut, and its words with it
                    members.append(inside)
                    place = Characters(match.start(), match.end())
                    units.append(Attribution("word", match.group(), 0.0, utterance.id, "t", span, place))
        if not units:
            raise UnsupportedError("This utterance has no word that could be removed", got=case.utterance.text)
        self.units, self.members = tuple(units), np.stack(members)

    def variant(self, kept: Mask) -> Variant:
        """Return the version with only the words of ``kept`` ``(U,)``."""
        gone = self.members[~kept].any(axis=0)
        if self._delete:
            row = self.row[~gone]
        else:
            row = self.row.copy()
            row[gone, 0] = self.mask_token
        return Variant({(self._position, "t"): row})
