"""The one way by which text enters HTML."""

from __future__ import annotations

import html


def escape(text: object) -> str:
    """Return ``text`` so that HTML shows it as it is: nothing in it is markup, in elements and in attributes.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(str(text), quote=True)
