"""ELAN annotations (.eaf): each tier without a parent is a speaker, each annotation on it an utterance."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from erc_core.data.cues import MAX_TIME_S, STEP, Cue, check_order, refuse_time
from erc_core.errors import InputError

ROOT = "ANNOTATION_DOCUMENT"
_LABEL_TIER = re.compile(r"emotion|label", re.IGNORECASE)


def parse_elan(content: bytes) -> tuple[list[Cue], list[str]]:
    """Read an ELAN document.

    Annotations of a dependent tier whose name holds ``emotion`` or ``label`` are the emotions of the utterances that
    they belong to; other dependent tiers are not read, and are named in the notes.

    Args:
        content: the file

    Returns:
        the utterances, and notes on what was not read

    Raises:
        InputError: the document is damaged, or an annotation has no usable times; the message names it
    """
    root = parse_document(content)
    slots = {slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE") for slot in root.iterfind("TIME_ORDER/TIME_SLOT")}
    labels: dict[str, str] = {}
    unread: list[str] = []
    for tier in root.iterfind("TIER"):
        if tier.get("PARENT_REF") is None:
            continue
        name = tier.get("TIER_ID", "")
        if not _LABEL_TIER.search(name):
            unread.append(name)
            continue
        for reference in tier.iterfind("ANNOTATION/REF_ANNOTATION"):
            labels[reference.get("ANNOTATION_REF", "")] = value_of(reference).strip()
    cues = [
        _cue(annotation, tier, slots, labels)
        for tier in root.iterfind("TIER")
        if tier.get("PARENT_REF") is None
        for annotation in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION")
    ]
    notes = [f"Not read, since they depend on others: the tiers {', '.join(unread)}."] if unread else []
    return cues, notes


def parse_document(content: bytes) -> ET.Element:
    """Return the root of an ELAN document.

    Raises:
        InputError: it is damaged, or declares entities
    """
    # An ELAN document declares no entities; those of a hostile one could grow without bound.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"<\x00!\x00" in content:
        raise InputError(
            f"The ELAN document declares its own entities (step: {STEP})",
            got="a document type declaration",
            allowed="a document as ELAN writes it",
            do="save the transcript with ELAN again",
        )
    try:
        return ET.fromstring(content)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(
            f"The ELAN document is damaged (step: {STEP})",
            got=str(error),
            allowed="an .eaf file as ELAN writes it",
            do="save the transcript with ELAN again",
        ) from error


def _cue(annotation: ET.Element, tier: ET.Element, slots: dict[str, str | None], labels: dict[str, str]) -> Cue:
    name = annotation.get("ANNOTATION_ID", "")
    place = f"annotation {name}"
    start_s = _time(slots.get(annotation.get("TIME_SLOT_REF1", "")), place)
    end_s = _time(slots.get(annotation.get("TIME_SLOT_REF2", "")), place)
    check_order(start_s, end_s, place)
    speaker = tier.get("PARTICIPANT") or tier.get("TIER_ID") or ""
    return Cue(place, start_s, end_s, speaker, value_of(annotation).strip(), labels.get(name, ""))


def _time(milliseconds: str | None, place: str) -> float:
    if milliseconds is None:
        refuse_time(place, "a time slot without a time", "time slots with a TIME_VALUE")
    if not re.fullmatch(r"\d{1,12}", milliseconds):
        refuse_time(place, f"the time {milliseconds[:40]!r}", "whole milliseconds from 0 on")
    if int(milliseconds) > MAX_TIME_S * 1000:
        refuse_time(place, f"{milliseconds} ms", f"times up to {MAX_TIME_S / 3600:g} hours")
    return int(milliseconds) / 1000


def slot_times(root: ET.Element) -> dict[str, float]:
    """Return the times of a document's slots in seconds.

    Raises:
        InputError: a slot holds no usable time; the message names it
    """
    slots = {slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE") for slot in root.iterfind("TIME_ORDER/TIME_SLOT")}
    return {name: _time(value, f"time slot {name}") for name, value in slots.items()}


def value_of(annotation: ET.Element) -> str:
    """Return an annotation's text; empty where it has none."""
    return annotation.findtext("ANNOTATION_VALUE") or ""
