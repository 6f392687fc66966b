"""Predictions and notes in the formats of annotators: WebVTT and ELAN, both read back as they were written.

Times are kept to the millisecond, which is what both formats hold, probabilities to six digits.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from erc_core.annotations import Note
from erc_core.data.cues import STEP
from erc_core.data.elan import parse_document, slot_times, value_of
from erc_core.data.srt import is_timing, parse_timing
from erc_core.data.webvtt import HEADER, clock, escape_cue
from erc_core.errors import InputError
from erc_core.types import Analysis, Utterance

MARK = "erc-lens"  # begins the comments by which our WebVTT files are read back
_MINE = re.compile(rf"NOTE {MARK} (\{{.*\}})")
# ELAN: the tiers that hang on a speaker's, by what they hold. Only ``label`` is read as truth when the file serves as a
# transcript: a prediction must not come back as truth.
_HELD = ("utterance", "predicted", "probability", "label", "corrected", "note", "bookmark")


@dataclass(frozen=True, slots=True)
class Annotated:
    """An utterance with what a model says of it and what a person says of it.

    Attributes:
        utterance: the utterance, without its words' times
        predicted: the label that the model gives; empty where there is no model
        probability: that label's calibrated probability
        note: what the person says
    """

    utterance: Utterance
    predicted: str
    probability: float
    note: Note


def annotated(analysis: Analysis, notes: Sequence[Note] = ()) -> tuple[Annotated, ...]:
    """Return a dialogue's utterances with a model's predictions and a session's notes."""
    of = {note.utterance: note for note in notes}
    return tuple(
        Annotated(
            replace(utterance, words=(), face_track=None, start_s=_ms(utterance.start_s), end_s=_ms(utterance.end_s)),
            analysis.prediction.label_of(i),
            round(float(analysis.prediction.probabilities[i].max()), 6),
            of.get(utterance.id, Note(utterance.id)),
        )
        for i, utterance in enumerate(analysis.dialogue.utterances)
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000) / 1000


def write_annotated_webvtt(rows: Sequence[Annotated]) -> str:
    """Return WebVTT whose cues carry the predicted emotion as a class, for players to colour.

    What cues cannot hold stands before each as a comment, by which :func:`read_annotated_webvtt` reads it back.
    """
    blocks = [f"{HEADER}\n"]
    for row in rows:
        u = row.utterance
        kind = re.sub(r"[^\w-]", "-", row.predicted)
        words = escape_cue(u.text or "")
        cue = f"<v {escape_cue(u.speaker)}><c.{kind}>{words}</c>" if kind else f"<v {escape_cue(u.speaker)}>{words}"
        blocks.append(f"NOTE {MARK} {_comment(row)}\n")
        blocks.append(f"{clock(u.start_s)} --> {clock(u.end_s)}\n{cue}\n")
    return "\n".join(blocks)


def _comment(row: Annotated) -> str:
    u, note = row.utterance, row.note
    values = {
        "id": u.id, "speaker": u.speaker, "text": u.text, "label": u.label, "predicted": row.predicted,
        "probability": row.probability, "note": note.text, "corrected": note.label, "bookmark": note.bookmarked,
    }  # fmt: skip
    return json.dumps(values).replace(">", "\\u003e")  # a comment may hold no arrow


def read_annotated_webvtt(text: str) -> tuple[Annotated, ...]:
    """Read what :func:`write_annotated_webvtt` wrote.

    Raises:
        InputError: it holds none of our comments, or one of them was damaged
    """
    lines = text.split("\n")
    rows = []
    for number, line in enumerate(lines):
        found = _MINE.fullmatch(line.strip())
        if found is None:
            continue
        timing = next((n for n in range(number + 1, min(number + 4, len(lines))) if is_timing(lines[n])), None)
        if timing is None:
            raise _damaged(f"line {number + 1} stands before no cue")
        start_s, end_s = parse_timing(lines[timing], f"line {timing + 1}")
        try:
            rows.append(_row(json.loads(found.group(1)), _ms(start_s), _ms(end_s)))
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(f"line {number + 1}: {error}") from error
    if not rows:
        raise _damaged(f"no comment that begins with NOTE {MARK}")
    return tuple(rows)


def _row(values: dict[str, Any], start_s: float, end_s: float) -> Annotated:
    text = None if values["text"] is None else str(values["text"])
    label = None if values["label"] is None else str(values["label"])
    utterance = Utterance(str(values["id"]), str(values["speaker"]), text, start_s, end_s, label)
    note = Note(utterance.id, str(values["note"]), str(values["corrected"]), bool(values["bookmark"]))
    return Annotated(utterance, str(values["predicted"]), float(values["probability"]), note)


def _damaged(got: str) -> InputError:
    return InputError(
        f"The annotations cannot be read back (step: {STEP})",
        got=got,
        allowed="a file that this program exported",
        do="export it again, or read it as a transcript",
    )


# What XML 1.0 cannot hold, and lone surrogates.
_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _plain(text: str | None) -> str | None:
    return None if text is None else _UNWRITABLE.sub("\ufffd", text)


def write_annotated_elan(rows: Sequence[Annotated]) -> bytes:
    """Return an ELAN document: a tier for each speaker's words, and tiers that hang on it for all else."""
    root = ET.Element("ANNOTATION_DOCUMENT", AUTHOR="", DATE="1970-01-01T00:00:00+00:00", FORMAT="3.0", VERSION="3.0")
    ET.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    times = ET.SubElement(root, "TIME_ORDER")
    for number, row in enumerate(rows):
        for end, seconds in (("b", row.utterance.start_s), ("e", row.utterance.end_s)):
            ET.SubElement(times, "TIME_SLOT", TIME_SLOT_ID=f"{end}{number}", TIME_VALUE=str(round(seconds * 1000)))
    for place, speaker in enumerate(dict.fromkeys(row.utterance.speaker for row in rows)):
        own = [(n, row) for n, row in enumerate(rows) if row.utterance.speaker == speaker]
        tier = ET.SubElement(
            root, "TIER", LINGUISTIC_TYPE_REF="utterance", TIER_ID=f"s{place}", PARTICIPANT=_plain(speaker) or ""
        )
        for number, row in own:
            slots = {"TIME_SLOT_REF1": f"b{number}", "TIME_SLOT_REF2": f"e{number}"}
            annotation = ET.SubElement(tier, "ANNOTATION")
            spoken = ET.SubElement(annotation, "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": f"a{number}", **slots})
            ET.SubElement(spoken, "ANNOTATION_VALUE").text = _plain(row.utterance.text)
        for held in _HELD:
            _hang(root, f"s{place}", held, own)
    ET.SubElement(
        root, "LINGUISTIC_TYPE", LINGUISTIC_TYPE_ID="utterance", TIME_ALIGNABLE="true", GRAPHIC_REFERENCES="false"
    )
    ET.SubElement(
        root, "LINGUISTIC_TYPE", LINGUISTIC_TYPE_ID="remark", TIME_ALIGNABLE="false", GRAPHIC_REFERENCES="false",
        CONSTRAINTS="Symbolic_Association",
    )  # fmt: skip
    ET.SubElement(
        root, "CONSTRAINT", STEREOTYPE="Symbolic_Association", DESCRIPTION="1-1 association with a parent annotation"
    )
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _hang(root: ET.Element, parent: str, held: str, own: Sequence[tuple[int, Annotated]]) -> None:
    tier = ET.SubElement(root, "TIER", LINGUISTIC_TYPE_REF="remark", TIER_ID=f"{held}@{parent}", PARENT_REF=parent)
    for number, row in own:
        value = _held(row)[held]
        if value is None:
            continue
        annotation = ET.SubElement(tier, "ANNOTATION")
        names = {"ANNOTATION_ID": f"{held}{number}", "ANNOTATION_REF": f"a{number}"}
        ET.SubElement(ET.SubElement(annotation, "REF_ANNOTATION", names), "ANNOTATION_VALUE").text = _plain(value)


def _held(row: Annotated) -> dict[str, str | None]:
    note = row.note
    return {
        "utterance": row.utterance.id,
        "predicted": row.predicted or None,
        "probability": f"{row.probability:.6f}" if row.predicted else None,
        "label": row.utterance.label,
        "corrected": note.label or None,
        "note": note.text or None,
        "bookmark": "yes" if note.bookmarked else None,
    }


def read_annotated_elan(content: bytes) -> tuple[Annotated, ...]:
    """Read what :func:`write_annotated_elan` wrote, also after a person changed it in ELAN.

    Raises:
        InputError: the document is damaged, or is none of ours
    """
    root = parse_document(content)
    times = slot_times(root)
    held: dict[str, dict[str, str]] = {name: {} for name in _HELD}
    for tier in root.iterfind("TIER"):
        name = tier.get("TIER_ID", "").split("@")[0]
        if tier.get("PARENT_REF") is not None and name in held:
            for reference in tier.iterfind("ANNOTATION/REF_ANNOTATION"):
                held[name][reference.get("ANNOTATION_REF", "")] = value_of(reference)
    rows = []
    for tier in root.iterfind("TIER"):
        for spoken in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"):
            rows.append(_annotation(spoken, tier.get("PARTICIPANT", ""), times, held))
    if not rows or not held["utterance"]:
        raise _damaged("a document without the tiers that this program writes")
    return tuple(sorted(rows, key=lambda row: (row.utterance.start_s, row.utterance.end_s)))


def _annotation(
    spoken: ET.Element, speaker: str, times: dict[str, float], held: dict[str, dict[str, str]]
) -> Annotated:
    key = spoken.get("ANNOTATION_ID", "")
    try:
        start_s, end_s = (times[spoken.get(f"TIME_SLOT_REF{n}", "")] for n in (1, 2))
        probability = float(held["probability"].get(key, "0"))
    except (KeyError, ValueError) as error:
        raise _damaged(f"annotation {key}: {error}") from error
    name = held["utterance"].get(key, key)
    words = spoken.findtext("ANNOTATION_VALUE")
    utterance = Utterance(name, speaker, words or None, start_s, end_s, held["label"].get(key))
    note = Note(name, held["note"].get(key, ""), held["corrected"].get(key, ""), held["bookmark"].get(key) == "yes")
    return Annotated(utterance, held["predicted"].get(key, ""), probability, note)
