"""Query-to-word attention, drawn on the words themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.escape import escape
from erc_core.plots.theme import Mode, modality_color
from erc_core.types import FloatArray, TraceArray

MARKERS = ("[CLS]", "[SEP]", "[PAD]")


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word and the attention that its pieces got together; a marker is no word of the transcript."""

    text: str
    weight: float
    marker: bool = False


def pooled(array: TraceArray, layer: str, query: str | None) -> FloatArray:
    """Return the attention of one layer, ``(L,)``: of one query, or the mean over all of them."""
    values = array.values[array.ticks[0].index(layer)]
    chosen: FloatArray = values.mean(axis=0) if query is None else values[array.ticks[1].index(query)]
    return chosen


def join_pieces(tokens: tuple[str, ...], weights: FloatArray) -> tuple[WordWeight, ...]:
    """Join word pieces (``##ing``) to words; their attention adds up.

    Args:
        tokens: the encoder's tokens, length L
        weights: attention of each, ``(L,)``
    """
    words: list[WordWeight] = []
    for token, weight in zip(tokens, weights, strict=True):
        if token.startswith("##") and words:
            last = words.pop()
            words.append(WordWeight(last.text + token[2:], last.weight + float(weight)))
        else:
            words.append(WordWeight(token, float(weight), token in MARKERS))
    return tuple(words)


def split_history(words: tuple[WordWeight, ...]) -> tuple[tuple[WordWeight, ...], tuple[WordWeight, ...]]:
    """Return the words of earlier utterances, up to the first ``[SEP]``, and those of the utterance itself."""
    ends = [i for i, word in enumerate(words) if word.marker and word.text == "[SEP]"]
    at = ends[0] + 1 if len(ends) > 1 else 0
    return words[:at], words[at:]


def words_html(words: tuple[WordWeight, ...], mode: Mode) -> str:
    """Return the words as HTML, each on a ground as strong as its attention; history and utterance apart."""
    peak = max((word.weight for word in words), default=0.0) or 1.0
    history, own = split_history(words)
    parts = (("What was said before", history), ("This utterance", own))
    return "".join(_paragraph(title, part, peak, modality_color("t", mode)) for title, part in parts if part)


def _paragraph(title: str, words: tuple[WordWeight, ...], peak: float, color: str) -> str:
    spans = [
        f'<span class="{"marker" if word.marker else "token"}" title="{word.weight:.4f}" '
        f'style="--strength:{100 * np.sqrt(word.weight / peak):.0f}%">{escape(word.text)}</span>'
        for word in words
    ]
    return f'<p class="attended" style="--fill:{color}"><i>{title}</i> {" ".join(spans)}</p>'
