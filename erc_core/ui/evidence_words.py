"""Attributions drawn on the words themselves: green for, red against, larger where stronger, with their sign."""

from __future__ import annotations

from collections.abc import Sequence

from erc_core.escape import escape
from erc_core.explanation import Attribution, Explanation
from erc_core.plots.theme import Mode, signed_color
from erc_core.types import Dialogue

SLIGHT = 0.04  # of the strongest; weaker ones carry no sign


def words_html(explanation: Explanation, dialogue: Dialogue, mode: Mode, peak: float | None = None) -> str:
    """Return the explained utterance's text, and what was said before where the method changed it, as HTML.

    Args:
        explanation: its attributions to words carry their places in the text
        dialogue: gives the texts
        mode: light or dark theme
        peak: the value that is drawn strongest, so that two texts share one scale; None for the strongest here
    """
    words = [a for a in explanation.attributions if a.unit == "word" and a.characters is not None]
    top = peak or max((abs(a.value) for a in words), default=0.0) or 1.0
    parts = []
    for utterance in dialogue.utterances:
        own = sorted((a for a in words if a.utterance == utterance.id), key=_place)
        if not own or not utterance.text:
            continue
        here = utterance.id == explanation.target.utterance
        title = "" if here else f"<i>{escape(utterance.id)} {escape(utterance.speaker)}</i> "
        kind = "evidence" if here else "evidence before"
        parts.append(f'<p class="{kind}">{title}{_marked(utterance.text, own, top, mode)}</p>')
    return "".join(parts)


def _place(attribution: Attribution) -> int:
    return attribution.characters.start if attribution.characters else 0


def _marked(text: str, words: Sequence[Attribution], top: float, mode: Mode) -> str:
    parts, at = [], 0
    for word in words:
        if word.characters is None or word.characters.start < at:
            continue
        parts.append(escape(text[at : word.characters.start]))
        share = min(1.0, abs(word.value) / top)
        sign = "" if share < SLIGHT else f"<sup>{'+' if word.value > 0 else '−'}</sup>"
        size = 0.95 + 0.5 * share
        style = f"--fill:{signed_color(word.value, mode)};--strength:{100 * share:.0f}%;font-size:{size:.2f}em"
        shown = escape(text[word.characters.start : word.characters.end])
        parts.append(f'<span style="{style}" title="{word.value:+.4f}">{shown}{sign}</span>')
        at = word.characters.end
    parts.append(escape(text[at:]))
    return "".join(parts)
