"""Say in words what a file is, from its first bytes: for messages, never for a decision that ffmpeg makes itself."""

from __future__ import annotations

from pathlib import Path

HEAD_BYTES = 4096
# (offset, bytes, name), the first that fits counts.
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"#EXTM3U", "a playlist (HLS)"),
    (0, b"ffconcat", "a list of files (ffconcat)"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (8, b"WEBP", "a WebP picture"),
    (8, b"WAVE", "a WAV file"),
    (8, b"AVI ", "an AVI file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"SQLite format 3", "a database"),
    (4, b"ftyp", "an MP4 or MOV file"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM or Matroska file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"fLaC", "a FLAC file"),
    (0, b"ID3", "an MP3 file"),
    (0, b"FLV\x01", "an FLV file"),
)
TEXT_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("webvtt", "a WebVTT transcript"),
    ("<!doctype html", "an HTML page"),
    ("<html", "an HTML page"),
    ("<?xml", "an XML file"),
    ("<mpd", "a playlist (DASH)"),
    ("<svg", "an SVG drawing"),
    ("{\\rtf", "an RTF document"),
)


def describe(path: Path) -> str:
    """Return what the file is and how long, such as ``a text file of 120 bytes``."""
    size = path.stat().st_size
    if size == 0:
        return "an empty file"
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    return f"{name_kind(head)} of {size:,} {'byte' if size == 1 else 'bytes'}"


def name_kind(head: bytes) -> str:
    """Return what a file that begins with ``head`` is, such as ``a PNG picture``."""
    for offset, mark, name in SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return name
    text = _as_text(head)
    if text is None:
        return "a file of zero bytes only" if not any(head) else "a file of unknown kind"
    start = text.lstrip("\ufeff \t\r\n").lower()
    if "<mpd" in start:
        return "a playlist (DASH)"
    for beginning, name in TEXT_BEGINNINGS:
        if start.startswith(beginning):
            return name
    return "an SRT transcript" if " --> " in start else "a text file"


def promised_bytes(path: Path) -> int | None:
    """Return the length that a RIFF file (WAV, AVI) states in its header, or None where it states none."""
    with path.open("rb") as handle:
        head = handle.read(12)
    if head[:4] != b"RIFF" or head[8:12] not in (b"WAVE", b"AVI "):
        return None
    size = int.from_bytes(head[4:8], "little")
    # Recorders that write to a pipe cannot know the length and leave these.
    return None if size in (0, 0xFFFFFFFF) or size >= 0x7FFFF000 else size + 8


def _as_text(head: bytes) -> str | None:
    for encoding in ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "cp1252"):
        try:
            # The end may cut a character in two.
            text = head.decode(encoding, "ignore" if encoding == "utf-16" else "strict")
        except UnicodeDecodeError as error:
            if encoding != "utf-8" or error.start < len(head) - 3:
                continue
            text = head[: error.start].decode("utf-8")
        if text and not any(character < " " and character not in "\t\r\n\f\x1b" for character in text):
            return text
    return None
