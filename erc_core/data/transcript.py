"""Words with times from a file: the one front door to all transcript formats, which are told apart by content."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from erc_core.data.csv_transcript import find_columns, parse_csv, write_csv
from erc_core.data.cues import STEP, UNKNOWN_SPEAKER, Cue
from erc_core.data.elan import ROOT, parse_elan
from erc_core.data.srt import is_timing, named_speakers, parse_srt, write_srt
from erc_core.data.text_repair import repaired_text
from erc_core.data.webvtt import HEADER, parse_webvtt, write_webvtt
from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.types import Utterance

__all__ = ["Transcript", "check_against", "read_transcript", "write_csv", "write_srt", "write_webvtt"]

FORMATS = "SRT, WebVTT, CSV with the columns start_s,end_s,speaker,text, or ELAN (.eaf)"
MAX_BYTES = 20_000_000
MAX_CHARACTERS = 5_000
MAX_SPEAKER_CHARACTERS = 100
END_TOLERANCE_S = 0.5
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Utterances in the order of their start, and what the reader has to know about how they were read."""

    utterances: tuple[Utterance, ...]
    notes: tuple[str, ...] = ()


def read_transcript(content: bytes, name: str, settings: Settings) -> Transcript:
    """Read a transcript of any known format.

    Layout tags and voices of SRT and WebVTT are taken for what they mean; all other words stay as they are written,
    also where they look like HTML. Overlaps are kept and noted.

    Args:
        content: the file
        name: what the user calls it, for messages
        settings: gives the largest number of utterances

    Raises:
        InputError: the file is of no known format, or a time in it cannot be used; the message names the line
    """
    if len(content) > MAX_BYTES:
        raise InputError(
            f"The transcript is too large (step: {STEP})",
            got=f"{name}, {len(content) / 1e6:.1f} MB",
            allowed=f"up to {MAX_BYTES // 1_000_000} MB",
            do="cut it to the clip",
        )
    cues, notes = _parse(content, name)
    if not cues:
        raise InputError(
            f"The transcript holds no utterances (step: {STEP})", got=name, allowed=FORMATS, do="choose another file"
        )
    if len(cues) > settings.max_utterances:
        raise InputError(
            f"The transcript holds too many utterances (step: {STEP})",
            got=f"{len(cues):,}",
            allowed=f"up to {settings.max_utterances:,} (ERC_MAX_UTTERANCES)",
            do="cut the clip and its transcript into parts",
        )
    return _transcript(cues, notes)


def check_against(transcript: Transcript, duration_s: float) -> Transcript:
    """Compare a transcript with the length of its clip.

    Args:
        transcript: the words
        duration_s: length of the clip

    Returns:
        the transcript; utterances that end after the clip are cut at its end, which is noted

    Raises:
        InputError: utterances begin after the end of the clip; the message names them
    """
    late = [u for u in transcript.utterances if u.start_s >= duration_s]
    if late:
        raise InputError(
            f"The transcript goes on after the end of the clip (step: {STEP})",
            got=f"{_named(late)}; the clip ends at {duration_s:.2f} s",
            allowed="utterances that begin within the clip",
            do="choose the transcript of this clip, or remove what lies after its end",
        )
    over = [u for u in transcript.utterances if u.end_s > duration_s + END_TOLERANCE_S]
    note = (f"Cut at the end of the clip ({duration_s:.2f} s): {_named(over)}.",) if over else ()
    cut = tuple(replace(u, end_s=min(u.end_s, duration_s)) for u in transcript.utterances)
    return Transcript(cut, (*transcript.notes, *note))


def _parse(content: bytes, name: str) -> tuple[list[Cue], list[str]]:
    text, notes = _decode(content, name)
    start = text.lstrip()[:4096]
    if start.startswith(HEADER):
        return parse_webvtt(text), notes
    if start.startswith("<") and f"<{ROOT}" in start:
        cues, further = parse_elan(text.split("?>", 1)[-1].strip().encode())
        return cues, [*notes, *further]
    if find_columns(text) is not None:
        return parse_csv(text), notes
    if any(is_timing(line) for line in text.split("\n")):
        cues = parse_srt(text)
        named = named_speakers(cues)
        return (named, [*notes, "Speakers are the names before the colons."]) if named else (cues, notes)
    raise InputError(
        f"The file cannot be read as a transcript (step: {STEP})",
        got=f"{name}, which begins {start[:40]!r}" if start else f"{name}, which is empty",
        allowed=FORMATS,
        do="save the transcript in one of these formats",
    )


def _decode(content: bytes, name: str) -> tuple[str, list[str]]:
    """Return the text with single line feeds and without control characters, and notes on what was done."""
    notes = []
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8" or b"\x00" in content:
            raise _no_text(name, len(content)) from None
        text = repaired_text(content.decode("latin-1"))
        notes.append("The transcript is not UTF-8; it was read as Windows-1252.")
    if encoding in ("utf-16", "utf-32"):
        notes.append(f"The transcript was read as {encoding.upper()}.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise _no_text(name, len(content))
    controls = {c for c in set(text) if unicodedata.category(c) == "Cc" and c not in "\n\t"}
    if controls:
        text = text.translate(dict.fromkeys(map(ord, controls)))
        notes.append("Control characters were left out.")
    return text, notes


def _no_text(name: str, size: int) -> InputError:
    return InputError(
        f"The file is no text (step: {STEP})",
        got=f"{name}, {size:,} bytes",
        allowed=FORMATS,
        do="choose the transcript, not the clip, and save it as UTF-8",
    )


def _transcript(cues: Sequence[Cue], notes: Sequence[str]) -> Transcript:
    ordered = sorted(cues, key=lambda cue: (cue.start_s, cue.end_s))
    utterances = tuple(_utterance(number, cue) for number, cue in enumerate(ordered, 1))
    further = []
    if ordered != list(cues):
        further.append("The utterances were sorted by their start.")
    overlapping = _overlapping(utterances)
    if overlapping:
        further.append(f"Speech overlaps: {_named(overlapping)} begin before an earlier utterance has ended.")
    return Transcript(utterances, (*notes, *further))


def _utterance(number: int, cue: Cue) -> Utterance:
    for what, found, most in (("words", cue.text, MAX_CHARACTERS), ("name", cue.speaker, MAX_SPEAKER_CHARACTERS)):
        if len(found) > most:
            raise InputError(
                f"The {what} in {cue.place} {'are' if what == 'words' else 'is'} too long (step: {STEP})",
                got=f"{len(found):,} characters",
                allowed=f"up to {most:,}",
                do="part it into several utterances" if what == "words" else "shorten it",
            )
    speaker = cue.speaker if cue.speaker.strip() else UNKNOWN_SPEAKER
    text = cue.text if cue.text.strip() else None
    return Utterance(f"u{number}", speaker, text, cue.start_s, cue.end_s, cue.label or None)


def _overlapping(utterances: Sequence[Utterance]) -> list[Utterance]:
    found = []
    latest_s = 0.0
    for utterance in utterances:
        if utterance.start_s < latest_s:
            found.append(utterance)
        latest_s = max(latest_s, utterance.end_s)
    return found


def _named(utterances: Sequence[Utterance], most: int = 5) -> str:
    """Return utterances for a message: some by name and start, the rest by number."""
    named = ", ".join(f"{u.id} ({u.start_s:.2f} s)" for u in utterances[:most])
    more = len(utterances) - most
    return f"{named} and {more} more" if more > 0 else named
