"""The ways by which text of files and of people enters HTML and Markdown: as it is, never as markup."""

from __future__ import annotations

import html
import re

_ACTIVE = re.compile(r"[\\`*_\[\]<>$~:]")
_FIRST = re.compile(r"^(\d*)([.)#+-])")  # what would begin a list or a heading


def escape(text: object) -> str:
    """Return ``text`` so that HTML shows it as it is: nothing in it is markup, in elements and in attributes.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(str(text), quote=True)


def markdown(text: object) -> str:
    """Return ``text`` as one line that Markdown shows as it is: nothing in it is emphasis, a picture or a list.

    Streamlit reads titles, captions and the labels of buttons as Markdown, and a picture in a clip's name would be
    fetched from another host by whoever sees it. An address that is written out becomes a link to itself: nothing is
    fetched before somebody presses it.

    >>> print(markdown("1. *Hello* ![x](https://host/x.png)"))
    1\\. \\*Hello\\* !\\[x\\](https\\://host/x.png)
    """
    line = " ".join(str(text).split())
    return _FIRST.sub(r"\1\\\2", _ACTIVE.sub(r"\\\g<0>", line))
