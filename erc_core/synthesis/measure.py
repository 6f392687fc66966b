"""``python -m erc_core.synthesis.measure`` checks built examples against their truth with the app's own front end."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from erc_core.errors import ErcError
from erc_core.media.action_units import FaceMeasures, measure_face, track_units
from erc_core.media.faces import Face, FaceFinder
from erc_core.media.pictures import frames
from erc_core.media.sound import read_audio
from erc_core.media.speech import speech_segments
from erc_core.settings import Settings
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.examples import EXAMPLES, frozen_scripts
from erc_core.synthesis.truth import Truth, read_truth

SMALLEST_PX = 64
BOUNDARY_S = 0.2
MIN_OVERLAP = 0.3
# Of each action unit: what the app estimates (0 to 5) and what the truth says (0 to 1), pair by pair.
UnitPairs = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one clip.

    Attributes:
        name: the example
        seconds: its length
        mb_per_minute: size of the clip
        faces: truth's faces higher than SMALLEST_PX in the frames looked at
        faces_found: how many of them the detector finds
        false_faces: detections that overlap no face of the truth
        boundaries: starts and ends of the truth's utterances
        boundaries_found: how many of them lie within BOUNDARY_S of a boundary of the speech segmenter
    """

    name: str
    seconds: float
    mb_per_minute: float
    faces: int
    faces_found: int
    false_faces: int
    boundaries: int
    boundaries_found: int


def measure_example(folder: Path, step: int, settings: Settings) -> tuple[Measured, UnitPairs]:
    """Run the face detector and the action units on every ``step``-th frame, the speech segmenter on the whole sound.

    Raises:
        InputError: the example was not built
        MissingResourceError: the face models cannot be had
    """
    truth = read_truth(folder / "truth.json")
    clip = folder / ("clip.mp4" if truth.picture else "clip.m4a")
    faces, pairs = _check_faces(truth, clip, step, settings) if truth.picture else ((0, 0, 0), {})
    boundaries = _check_speech(truth, clip, settings) if truth.audio else (0, 0)
    size = clip.stat().st_size / 1e6 / truth.seconds * 60
    return Measured(truth.name, truth.seconds, round(size, 2), *faces, *boundaries), pairs


def _check_faces(truth: Truth, clip: Path, step: int, settings: Settings) -> tuple[tuple[int, int, int], UnitPairs]:
    finder = FaceFinder(settings, fallback=False)
    numbers = list(range(step // 2, truth.frames, step))
    times = [(number + 0.5) / truth.fps for number in numbers]
    wanted = found = false = 0
    seen_units: dict[str, list[tuple[FaceMeasures, Floats]]] = {}
    for number, frame in zip(numbers, frames(clip, times, settings, max_width=truth.width), strict=True):
        known = truth.faces_at(number)
        seen = finder.detect(frame.rgb)
        for track, row in known:
            own = [face for face in seen if _overlap(track.boxes[row], _box(face)) >= MIN_OVERLAP]
            if track.boxes[row][3] > SMALLEST_PX:
                wanted += 1
                found += bool(own)
            if own:
                measures = measure_face(frame.rgb, own[0])
                seen_units.setdefault(track.speaker, []).append((measures, track.units[row]))
        boxes = [track.boxes[row] for track, row in known]
        false += sum(all(_overlap(box, _box(face)) < MIN_OVERLAP for box in boxes) for face in seen)
    return (wanted, found, false), _pair_units(truth, seen_units)


def _pair_units(truth: Truth, seen: dict[str, list[tuple[FaceMeasures, Floats]]]) -> UnitPairs:
    pairs: UnitPairs = {}
    for rows in seen.values():
        estimated = track_units([measures for measures, _ in rows])
        for units, (_, known) in zip(estimated, rows, strict=True):
            for name, value in zip(truth.unit_names, known, strict=True):
                intensity = units.intensity(int(name.removeprefix("AU")))
                if intensity is not None:
                    pairs.setdefault(name, []).append((intensity, float(value)))
    return pairs


def _check_speech(truth: Truth, clip: Path, settings: Settings) -> tuple[int, int]:
    segments = speech_segments(read_audio(clip, settings))
    starts = np.array([segment.start_s for segment in segments])
    ends = np.array([segment.end_s for segment in segments])
    said = truth.utterances
    errors = [_nearest(starts, one.start_s) for one in said] + [_nearest(ends, one.end_s) for one in said]
    return len(errors), sum(error <= BOUNDARY_S for error in errors)


def _nearest(places: Floats, place: float) -> float:
    return float(np.abs(places - place).min()) if len(places) else float("inf")


def _box(face: Face) -> Floats:
    return np.array([face.x, face.y, face.w, face.h])


def _overlap(first: Floats, second: Floats) -> float:
    """Return the intersection over the union of two boxes (left, top, width, height)."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[:2] + first[2:], second[:2] + second[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / (float(np.prod(first[2:])) + float(np.prod(second[2:])) - shared)


def main(arguments: list[str] | None = None) -> int:
    """Measure the named examples, or all; print one JSON line each and one for the sum."""
    parser = argparse.ArgumentParser(prog="python -m erc_core.synthesis.measure", description=main.__doc__)
    parser.add_argument("names", nargs="*", help="examples; all, when none is named")
    parser.add_argument("--step", type=int, default=5, help="look at every n-th frame")
    chosen = parser.parse_args(arguments)
    rows: list[Measured] = []
    pairs: UnitPairs = {}
    try:
        for name in chosen.names or sorted(frozen_scripts()):
            row, own = measure_example(EXAMPLES / name, chosen.step, Settings())
            rows.append(row)
            for unit, found in own.items():
                pairs.setdefault(unit, []).extend(found)
            sys.stdout.write(json.dumps(asdict(rows[-1])) + "\n")
    except ErcError as error:
        sys.stderr.write(f"{error.sentence()}\n")
        return 1
    sys.stdout.write(json.dumps(_total(rows) | {"unit_correlations": correlations(pairs)}) + "\n")
    return 0


def correlations(pairs: UnitPairs) -> dict[str, float]:
    """Return Pearson's correlation of estimate and truth for each unit that varies in both."""
    found = {}
    for unit, values in sorted(pairs.items()):
        table = np.array(values)
        if len(table) > 2 and (table.std(axis=0) > 0).all():
            found[unit] = round(float(np.corrcoef(table.T)[0, 1]), 2)
    return found


def _total(rows: list[Measured]) -> dict[str, object]:
    def share(part: str, whole: str) -> float | None:
        all_of_them = sum(getattr(row, whole) for row in rows)
        return round(sum(getattr(row, part) for row in rows) / all_of_them, 4) if all_of_them else None

    return {
        "faces_found": share("faces_found", "faces"),
        "false_faces": sum(row.false_faces for row in rows),
        "boundaries_found": share("boundaries_found", "boundaries"),
        "mb_per_minute": max((row.mb_per_minute for row in rows), default=None),
    }


if __name__ == "__main__":
    sys.exit(main())
