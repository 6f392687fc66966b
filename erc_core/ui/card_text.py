"""A checkpoint's card as HTML: headings, lists, code and emphasis; all else, markup and links too, is plain text.

Cards of own checkpoints come from others, and Markdown proper would let their pictures be fetched from other hosts.
"""

from __future__ import annotations

import re
from itertools import groupby

from erc_core.escape import escape

BULLET = re.compile(r"\s*[-*]\s+(?P<text>.+)")
HEADING = re.compile(r"(?P<marks>#{1,4})\s+(?P<text>.+)")
FENCE = "```"
INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*([^*]+)\*"), r"<i>\1</i>"),
)


def _inline(text: str) -> str:
    escaped = escape(text)
    for pattern, replacement in INLINE:
        escaped = pattern.sub(replacement, escaped)
    return escaped


def _kind(line: str) -> str:
    if not line.strip():
        return "gap"
    if BULLET.fullmatch(line):
        return "list"
    return "heading" if HEADING.fullmatch(line) else "text"


def _block(kind: str, lines: list[str]) -> str:
    if kind == "list":
        items = (BULLET.fullmatch(line) for line in lines)
        return "<ul>" + "".join(f"<li>{_inline(item['text'])}</li>" for item in items if item) + "</ul>"
    if kind == "heading":
        found = (HEADING.fullmatch(line) for line in lines)
        return "".join(f"<h4>{_inline(match['text'])}</h4>" for match in found if match)
    return f"<p>{_inline(' '.join(lines))}</p>" if kind == "text" else ""


def card_html(text: str) -> str:
    """Return a card as HTML in which nothing is fetched and nothing of it is markup but what stands above."""
    parts = []
    for number, piece in enumerate(text.split(FENCE)):
        if number % 2:
            code = piece.partition("\n")[2] if "\n" in piece else piece
            parts.append(f"<pre><code>{escape(code.strip())}</code></pre>")
        else:
            blocks = groupby(piece.splitlines(), key=_kind)
            parts.extend(_block(kind, list(lines)) for kind, lines in blocks)
    return f'<div class="card">{"".join(parts)}</div>'
