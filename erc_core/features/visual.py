"""Keyframes of the speaker's face: what the visual encoders and AMuSE's branches read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.features.base import EXTRACTORS, NO_RECORDING
from erc_core.features.own_units import OwnUnits, own_units
from erc_core.features.visual_layout import EXTRACTOR, Keyframe, pack_visual
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.action_units import FaceUnits
from erc_core.media.distance import small_face
from erc_core.media.keyframes import Keyframe as Picture
from erc_core.media.who_speaks import MEANING, FaceLink, How
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress

USUAL: tuple[How, ...] = ("by hand", "lips", "speaker")
NO_PICTURE = "the clip has no picture"


@EXTRACTORS.add(EXTRACTOR)
def visual_features(dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
    """Return keyframes of every utterance, rows ``(K, W)`` packed by :mod:`erc_core.features.visual_layout`.

    The faces are those of the utterances' speakers; how they were told from others is in each row's note. A row
    whose speaker is not seen still holds backgrounds.
    """
    if clip is None or (dialogue.media is not None and not dialogue.media.has_video):
        reason = NO_RECORDING if clip is None else NO_PICTURE
        rows = tuple(FeatureRow(utterance.id, None, reason) for utterance in dialogue.utterances)
        return Features(dialogue.id, "v", EXTRACTOR, rows)
    from erc_core.media.people import see_people

    given = own_units(dialogue, settings)
    seen = see_people(clip, dialogue, settings, settings.keyframes, progress)
    rows = tuple(
        visual_row(link, seen.found.of(utterance.id, link.track), seen.found.note, given)
        for utterance, link in zip(dialogue.utterances, seen.links, strict=True)
    )
    return Features(dialogue.id, "v", EXTRACTOR, rows)


def visual_row(
    link: FaceLink, pictures: Sequence[Picture], note: str = "", given: OwnUnits | None = None
) -> FeatureRow:
    """Pack the keyframes of one utterance, with the faces of its speaker.

    Args:
        link: whose face it is
        pictures: the utterance's keyframes, one at least
        note: what has to be said of how faces were found
        given: action units that another program has measured
    """
    packed = pack_visual(tuple(_keyframe(picture, link.track, given) for picture in pictures))
    widths = [seen.face.w for picture in pictures for seen in picture.faces if seen.track == link.track]
    small = small_face(float(np.median(widths))) if widths else ""
    return FeatureRow(
        link.utterance,
        packed,
        note=" ".join(filter(None, [f"{link.meaning}.", small, note, given.note if given else ""])),
    )


def visual_notes(features: Features) -> tuple[str, ...]:
    """Return for people what the rows say of the faces, each note with its utterances; what is usual is left out."""
    usual = {f"{MEANING[how]}." for how in USUAL}
    said: dict[str, list[str]] = {}
    for row in features.rows:
        if row.note and row.note not in usual:
            said.setdefault(row.note, []).append(row.utterance)
    return tuple(f"{', '.join(utterances)}: {note}" for note, utterances in said.items())


def _keyframe(picture: Picture, track: int | None, given: OwnUnits | None) -> Keyframe:
    seen = next((one for one in picture.faces if one.track == track), None)
    if seen is None:
        return Keyframe(None, None, picture.background)
    units = unit_row(seen.units) if given is None else given.at(picture.time_s)
    return Keyframe(seen.still, units, picture.background)


def unit_row(units: FaceUnits) -> NDArray[np.float64]:
    """Return intensities in the order of the table, ``(A,)``, NaN where a unit is not measurable."""
    known = [units.intensity(number) for number in NUMBERS]
    return np.array([np.nan if value is None else value for value in known])
