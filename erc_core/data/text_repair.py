"""Broken text encodings: Windows-1252 leftovers, and UTF-8 that was once read as Windows-1252."""

from __future__ import annotations

import re
from pathlib import Path

from erc_core.errors import InputError

# Bytes 0x80-0x9F are C1 controls in Latin-1 and typographic characters in Windows-1252, five of them undefined.
_CONTROL_TO_CHARACTER = {
    byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_BYTE_OF_CHARACTER = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    character: byte for byte, character in _CONTROL_TO_CHARACTER.items()
}
_BROKEN_RUN = re.compile(f"[{re.escape(''.join(_BYTE_OF_CHARACTER))}]{{2,}}")
# What a repaired run may become: accented Latin letters and typographic punctuation. Anything else is more likely
# to be right as it stands: three typographic characters in a row can look like one Chinese one.
_PLAUSIBLE = re.compile("[\u00a0-\u024f\u2010-\u2044\u20ac\u2122]+")


def repaired_text(text: str) -> str:
    """Return ``text`` with encoding damage undone; undamaged text comes back unchanged.

    Undone are UTF-8 read as Windows-1252 or Latin-1, such as ``â€™`` for ``’``, and single Windows-1252 characters
    left as C1 controls, such as U+0092. A replacement character U+FFFD stays: what it stood for is lost.

    >>> repaired_text("Itâ€™s cafÃ© time")
    'It’s café time'
    """
    return _BROKEN_RUN.sub(_repaired_run, text).translate(_CONTROL_TO_CHARACTER)


def _repaired_run(match: re.Match[str]) -> str:
    run = match.group()
    try:
        candidate = bytes(_BYTE_OF_CHARACTER[character] for character in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
    return candidate if _PLAUSIBLE.fullmatch(candidate) else run


def decoded_text(content: bytes) -> str:
    """Return ``content`` as repaired text: UTF-8, with or without a mark, else Windows-1252."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return repaired_text(text)


def read_text(path: Path) -> str:
    """Read a text file of unknown encoding and repair it; see :func:`decoded_text`.

    Raises:
        InputError: the file cannot be opened
    """
    try:
        return decoded_text(path.read_bytes())
    except OSError as error:
        raise InputError(f"The file {path.name} cannot be read", got=error.strerror, do="check the path") from error
