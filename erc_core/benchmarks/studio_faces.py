"""Measure faces, tracks, cuts and action units on the bundled examples, whose truth is known.

``python -m erc_core.benchmarks.studio_faces`` writes the table. The people are synthetic, and their action units are
ours as well, so this checks that nothing is broken rather than how good it is on people.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from erc_core.media.action_unit_table import NUMBERS, UNITS
from erc_core.media.action_units import FaceMeasures, measure_face, track_units
from erc_core.media.faces import Face, FaceFinder
from erc_core.media.pictures import frames
from erc_core.media.tracks import Tracker
from erc_core.pipeline import EXAMPLES
from erc_core.settings import ASSETS, Settings, load_settings

TABLE = ASSETS.parent / "docs" / "benchmarks" / "studio_faces.md"
STEP_S = 0.32
# A face is the true one where their middles are nearer than this share of its width.
NEAR = 0.6


@dataclass(slots=True)
class Counts:
    """What was found on one or more clips."""

    true_faces: int = 0
    found_faces: int = 0
    further_faces: int = 0
    measurable: int = 0
    in_main_track: int = 0
    pairs: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Counts) -> None:
        """Add the counts of a further clip."""
        self.true_faces += other.true_faces
        self.found_faces += other.found_faces
        self.further_faces += other.further_faces
        self.measurable += other.measurable
        self.in_main_track += other.in_main_track
        for number, pairs in other.pairs.items():
            self.pairs[number] += pairs

    def correlation(self, number: int) -> float | None:
        """Return Pearson's correlation of a unit with its true intensity, or None where one of them never changes."""
        pairs = np.array(self.pairs.get(number, []))
        if len(pairs) < 3 or pairs.std(axis=0).min() < 1e-9:
            return None
        return float(np.corrcoef(pairs.T)[0, 1])


@dataclass(frozen=True, slots=True)
class _Match:
    """A true face that was found: its track, its measures, its speaker, and the true units by number, 0 to 1."""

    track: int
    measures: FaceMeasures
    speaker: str
    units: dict[int, float]


def measure_example(folder: Path, finder: FaceFinder, settings: Settings, step_s: float = STEP_S) -> Counts:
    """Compare what is found in an example's clip with its truth.

    Args:
        folder: of the example, with ``clip.mp4`` and ``truth.json``
        finder: finds faces
        settings: gives the limits
        step_s: time between the pictures that are looked at
    """
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    counts, tracker, matches = Counts(), Tracker(), []
    times = np.arange(step_s / 2, truth["frames"] / truth["fps"], step_s).tolist()
    for frame in frames(folder / "clip.mp4", times, settings):
        faces = finder.detect(frame.rgb)
        tracks = tracker.add(frame, faces)
        shown = _shown(truth, round(frame.time_s * truth["fps"]))
        counts.true_faces += len(shown)
        found = [(person, _nearest(person["box"], faces)) for person in shown]
        for person, place in found:
            if place is not None:
                measures = measure_face(frame.rgb, faces[place])
                matches.append(_Match(tracks[place], measures, person["speaker"], person["units"]))
        counts.further_faces += len(faces) - len({place for _, place in found if place is not None})
    counts.found_faces = len(matches)
    counts.measurable = sum(match.measures.values is not None for match in matches)
    counts.in_main_track = _in_main_track(matches)
    _compare_units(matches, counts)
    return counts


def _shown(truth: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Return the people whose faces a picture shows."""
    shown = []
    for part in truth["faces"]:
        place = number - part["first_frame"]
        if 0 <= place < len(part["boxes_tenths"]) and part["boxes_tenths"][place]:
            units = zip(truth["unit_names"], part["units_hundredths"][place], strict=True)
            by_number = {int(name.removeprefix("AU")): value / 100 for name, value in units}
            box = np.array(part["boxes_tenths"][place]) / 10
            shown.append({"speaker": part["speaker"], "box": box, "units": by_number})
    return shown


def _nearest(box: Any, faces: Sequence[Face]) -> int | None:
    """Return the place of the face that lies where ``box`` (x, y, w, h) is, or None."""
    middle = box[:2] + box[2:] / 2
    apart = [float(np.hypot(face.x + face.w / 2 - middle[0], face.y + face.h / 2 - middle[1])) for face in faces]
    if not apart or min(apart) > NEAR * box[2]:
        return None
    return int(np.argmin(apart))


def _in_main_track(matches: Sequence[_Match]) -> int:
    """Return how many faces lie on the track that holds most of their speaker, where most of it is that speaker."""
    by_track: dict[int, Counter[str]] = defaultdict(Counter)
    by_speaker: dict[str, Counter[int]] = defaultdict(Counter)
    for match in matches:
        by_track[match.track][match.speaker] += 1
        by_speaker[match.speaker][match.track] += 1
    main = {speaker: tracks.most_common(1)[0][0] for speaker, tracks in by_speaker.items()}
    return sum(
        count
        for speaker, track in main.items()
        for name, count in by_track[track].items()
        if name == speaker and by_track[track].most_common(1)[0][0] == speaker
    )


def _compare_units(matches: Sequence[_Match], counts: Counts) -> None:
    for track in {match.track for match in matches}:
        members = [match for match in matches if match.track == track]
        for match, units in zip(members, track_units([one.measures for one in members]), strict=True):
            for estimate in units.estimates:
                if estimate.number in match.units:
                    counts.pairs[estimate.number].append((estimate.intensity, match.units[estimate.number]))


def as_markdown(names: Sequence[str], counts: Counts) -> str:
    """Return the figures as a page."""
    found, faces = counts.found_faces, max(1, counts.true_faces)
    lines = [
        "# Faces of the bundled examples",
        "",
        "Written by `python -m erc_core.benchmarks.studio_faces`. The people are synthetic and their truth is ours: a",
        "check that nothing is broken, not a measure of how it works on people.",
        "",
        f"Examples: {', '.join(names)}. True faces in the pictures looked at: {counts.true_faces:,}.",
        "",
        "| what | share |",
        "|---|---|",
        f"| true faces found | {found / faces:.1%} |",
        f"| found faces on their person's track | {counts.in_main_track / max(1, found):.1%} |",
        f"| found faces whose action units can be measured | {counts.measurable / max(1, found):.1%} |",
        f"| further faces for each true one | {counts.further_faces / faces:.2%} |",
        "",
        "Correlation (Pearson) of each unit with its true intensity, against the track's own neutral; a dash where the",
        "true unit never moves.",
        "",
        "| unit | r |",
        "|---|---|",
    ]
    for unit in UNITS:
        r = counts.correlation(unit.number)
        lines.append(f"| AU{unit.number} {unit.name} | {'-' if r is None else f'{r:.2f}'} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="studio_faces", description=__doc__)
    parser.add_argument("examples", nargs="*", help="names of examples; all with a picture where none is given")
    parser.add_argument("--json", action="store_true", help="print the figures instead of writing the table")
    options = parser.parse_args(arguments)
    settings = load_settings()
    finder = FaceFinder(settings, fallback=False)
    names = options.examples or sorted(path.parent.name for path in EXAMPLES.glob("*/clip.mp4"))
    total = Counts()
    used = []
    for name in names:
        counts = measure_example(EXAMPLES / name, finder, settings)
        used += [name] if counts.true_faces else []
        total.add(counts)
    if options.json:
        figures = {f"AU{number}": total.correlation(number) for number in NUMBERS}
        shares = {"true_faces": total.true_faces, "found_faces": total.found_faces, "in_track": total.in_main_track}
        sys.stdout.write(json.dumps({**shares, "correlations": figures}, indent=1) + "\n")
        return 0
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(as_markdown(used, total), encoding="utf-8")
    sys.stdout.write(f"written: {TABLE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
