"""Token ids of an utterance with its dialogue history: what the text encoder reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import MissingResourceError
from erc_core.features.base import EXTRACTORS, TEXT_ENCODER
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

EXTRACTOR = "history_tokens-1"
WINDOW = 5  # DQ-Former 4.2: utterances of history
MAX_TOKENS = 512
HISTORY, TARGET = 0, 1  # segment ids


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Where a token comes from: the utterance's position in the dialogue and the characters of its text.

    Markers and speaker letters have ``start == end``.
    """

    utterance: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextInput:
    """Tokens of one utterance with history: ids and segments ``(L, 2)``, strings and origins, each of length L."""

    values: NDArray[np.int64]
    tokens: tuple[str, ...]
    spans: tuple[TokenSpan, ...]


def load_tokenizer(folder: Path) -> Tokenizer:
    """Read ``tokenizer.json`` of a checkpoint folder.

    Raises:
        MissingResourceError: the folder has no such file
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise MissingResourceError("The text encoder has no tokenizer", got=path, do="restore the checkpoint folder")
    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def speaker_letters(speakers: list[str]) -> list[str]:
    """Name speakers relative to the last one: A speaks now, B and on are the others, the latest first.

    Names of real people carry no emotion that would hold for strangers, so the model never reads them.

    >>> speaker_letters(["Ana", "Ben", "Ana", "Cleo", "Ana"])
    ['A', 'C', 'A', 'B', 'A']
    """
    order = list(dict.fromkeys(reversed(speakers)))
    return [chr(ord("A") + min(order.index(speaker), 25)) for speaker in speakers]


def text_input(
    dialogue: Dialogue, position: int, tokenizer: Tokenizer, window: int = WINDOW, max_tokens: int = MAX_TOKENS
) -> TextInput | None:
    """Tokenise one utterance behind its history, or return None where its words are not known.

    Args:
        dialogue: the conversation
        position: index of the target utterance
        tokenizer: a tokenizer with ``[CLS]`` and ``[SEP]``
        window: how many earlier utterances are read; those without words are passed over
        max_tokens: longest input; the earliest history is cut first

    Source:
        DQ-Former 3.2: ``<cls> n preceding (speaker: utterance) pairs <sep> the target (speaker: utterance)``; a
        closing separator, which BERT-like encoders know from their training, is added.
    """
    target = dialogue.utterances[position]
    if not (target.text or "").strip():
        return None
    indices = [i for i in range(max(0, position - window), position) if (dialogue.utterances[i].text or "").strip()]
    indices.append(position)
    letters = speaker_letters([dialogue.utterances[i].speaker for i in indices])
    pieces = [
        _piece(tokenizer, letter, i, dialogue.utterances[i].text or "")
        for letter, i in zip(letters, indices, strict=True)
    ]
    marker = TokenSpan(position, 0, 0)
    last = pieces[-1][: max_tokens - 3]
    history = [token for piece in pieces[:-1] for token in piece]
    room = max_tokens - 3 - len(last)
    history = history[-room:] if room > 0 else []
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    rows = [(cls, "[CLS]", marker), *history, (sep, "[SEP]", marker), *last, (sep, "[SEP]", marker)]
    segments = [HISTORY] * (len(history) + 2) + [TARGET] * (len(last) + 1)
    values = np.array([[row[0], segment] for row, segment in zip(rows, segments, strict=True)], dtype=np.int64)
    return TextInput(values, tuple(row[1] for row in rows), tuple(row[2] for row in rows))


def _piece(tokenizer: Tokenizer, letter: str, utterance: int, text: str) -> list[tuple[int, str, TokenSpan]]:
    prefix = tokenizer.encode(f"{letter}:", add_special_tokens=False)
    body = tokenizer.encode(text, add_special_tokens=False)
    head = [(i, token, TokenSpan(utterance, 0, 0)) for i, token in zip(prefix.ids, prefix.tokens, strict=True)]
    tail = [
        (i, token, TokenSpan(utterance, start, end))
        for i, token, (start, end) in zip(body.ids, body.tokens, body.offsets, strict=True)
    ]
    return head + tail


@EXTRACTORS.add(EXTRACTOR)
def text_features(dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
    """Return token ids and segments of every utterance, rows ``(L, 2)``, by the shipped encoder's tokenizer."""
    tokenizer = load_tokenizer(TEXT_ENCODER)
    rows = []
    for position, utterance in enumerate(dialogue.utterances):
        found = text_input(dialogue, position, tokenizer)
        reason = "" if found is not None else "no words: give a transcript or type them"
        rows.append(FeatureRow(utterance.id, None if found is None else found.values, reason))
    progress("words", 1.0)
    return Features(dialogue.id, "t", EXTRACTOR, tuple(rows))
