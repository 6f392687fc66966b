"""Measure who speaks, who is seen to speak, and action units, on the bundled examples, whose truth is known.

``python -m erc_core.benchmarks.voices`` writes the table. Voices and people are synthetic and their truth is ours: a
check that nothing is broken, not a measure of how it works on people. What the projection of voices reaches on real
speakers whom it was not fitted on is written beside it, as `erc_core.benchmarks.fit_voices` has measured it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from erc_core.benchmarks.diarisation_error import DiarisationError, Spoken, diarisation_error
from erc_core.media.action_unit_table import UNITS
from erc_core.media.diarisation import Turn, cut_at_changes, diarise
from erc_core.media.keyframes import Keyframe, SeenFace
from erc_core.media.people import SeenFaces, see_faces
from erc_core.media.sound import read_audio
from erc_core.media.speech import speech_segments
from erc_core.media.voices import PROJECTION
from erc_core.media.who_speaks import link_faces
from erc_core.pipeline import EXAMPLES
from erc_core.settings import ASSETS, Settings, load_settings
from erc_core.synthesis.truth import Truth, read_truth
from erc_core.types import Span, Utterance

TABLE = ASSETS.parent / "docs" / "benchmarks" / "voices.md"
NEAR = 0.7
SURE_LIPS = 0.8


@dataclass(slots=True)
class Figures:
    """What was measured on one clip.

    Attributes:
        name: of the example
        seconds: its length
        took_s: how long its faces, lips and voices took
        voices: number of speakers who are heard
        by_sound: error of the turns by sound alone, and how many voices were found
        by_lips: the same with lips; None without a picture
        in_picture: utterances whose speaker is seen
        right: of these, those with the right face
        off_screen: utterances whose speaker is never seen
        left_out: of these, those that were given no face
        units: pairs of estimated and true intensity by unit
    """

    name: str
    seconds: float
    took_s: float = 0.0
    voices: int = 0
    by_sound: tuple[DiarisationError, int] | None = None
    by_lips: tuple[DiarisationError, int] | None = None
    in_picture: int = 0
    right: int = 0
    off_screen: int = 0
    left_out: int = 0
    units: dict[int, list[tuple[float, float]]] = field(default_factory=dict)


def measure(folder: Path, settings: Settings) -> Figures:
    """Measure one example: a folder with ``truth.json`` and its clip."""
    truth = read_truth(folder / "truth.json")
    clip = next(folder.glob("clip.*"))
    figures = Figures(truth.name, truth.seconds, voices=len({one.speaker for one in truth.utterances}))
    said = tuple(Utterance(f"t{one.number}", one.speaker, one.text, one.start_s, one.end_s) for one in truth.utterances)
    begun = time.perf_counter()
    pieces: list[Span] = []
    if truth.audio:
        audio = read_audio(clip, settings)
        pieces = cut_at_changes(audio, speech_segments(audio))
        figures.by_sound = _error(truth, diarise(audio, spans=pieces))
    strangers = tuple(Utterance(f"p{n}", f"{n}", None, one.start_s, one.end_s) for n, one in enumerate(pieces))
    if truth.picture:
        seen = see_faces(clip, (*said, *strangers), settings)
        if truth.audio:
            links = link_faces(strangers, seen.found, seen.levels)
            faces = [one.track if one.how == "lips" and one.score >= SURE_LIPS else None for one in links]
            figures.by_lips = _error(truth, diarise(audio, spans=pieces, same=faces))
        _speaking_faces(truth, said, seen, figures)
    figures.took_s = time.perf_counter() - begun
    return figures


def _error(truth: Truth, turns: Sequence[Turn]) -> tuple[DiarisationError, int]:
    spoken = [Spoken(one.speaker, Span(one.start_s, one.end_s)) for one in truth.utterances]
    found = [Spoken(str(turn.voice), turn.span) for turn in turns]
    return diarisation_error(spoken, found), len({turn.voice for turn in turns})


def _speaking_faces(truth: Truth, said: Sequence[Utterance], seen: SeenFaces, figures: Figures) -> None:
    votes: dict[int, Counter[str]] = {}
    for keyframe in seen.found.choices:
        for face in keyframe.faces:
            person = _person(truth, keyframe, face)
            if person is None:
                continue
            votes.setdefault(face.track, Counter())[person[0]] += 1
            for estimate in face.units.estimates:
                if estimate.number in person[1]:
                    figures.units.setdefault(estimate.number, []).append(
                        (estimate.intensity, person[1][estimate.number])
                    )
    people = {track: names.most_common(1)[0][0] for track, names in votes.items()}
    for one, link in zip(truth.utterances, link_faces(said, seen.found, seen.levels), strict=True):
        if one.seen > 0:
            figures.in_picture += 1
            figures.right += link.track is not None and people.get(link.track) == one.speaker
        else:
            figures.off_screen += 1
            figures.left_out += link.track is None


def _person(truth: Truth, keyframe: Keyframe, face: SeenFace) -> tuple[str, dict[int, float]] | None:
    """Return whose true face lies where a face was found, and its true units, or None."""
    middle = np.array([face.face.x + face.face.w / 2, face.face.y + face.face.h / 2])
    best, found = NEAR, None
    for track, row in truth.faces_at(round(keyframe.time_s * truth.fps)):
        box = track.boxes[row]
        apart = float(np.hypot(*(box[:2] + box[2:] / 2 - middle)) / max(1.0, box[2]))
        if apart < best:
            numbers = (int(name.removeprefix("AU")) for name in truth.unit_names)
            best, found = apart, (track.speaker, dict(zip(numbers, track.units[row].tolist(), strict=True)))
    return found


def as_markdown(rows: Sequence[Figures]) -> str:
    """Return the figures as a page."""
    from safetensors import safe_open

    with safe_open(PROJECTION, framework="numpy") as asset:
        real = {name: float(value) for name, value in asset.metadata().items()}
    right, seen = sum(row.right for row in rows), sum(row.in_picture for row in rows)
    out, off = sum(row.left_out for row in rows), sum(row.off_screen for row in rows)
    lines = [
        "# Voices and speaking faces",
        "",
        f"Written by `python -m erc_core.benchmarks.voices {' '.join(row.name for row in rows)}`.",
        "The clips' people and voices are synthetic and their truth is ours: a check that nothing is broken, not a",
        "measure of how it works on people.",
        "",
        "## Who speaks",
        "",
        "Diarisation error rate with the number of speakers unknown, collar 0.25 s; in brackets voices found of voices",
        "that there are.",
        "",
        "| clip | length (s) | sound alone | sound and lips |",
        "|---|---|---|---|",
        *[
            f"| {row.name} | {row.seconds:.0f} | {_cell(row.by_sound, row.voices)} | {_cell(row.by_lips, row.voices)} |"
            for row in rows
        ],
        f"| all | {sum(row.seconds for row in rows):.0f} | {_total([row.by_sound for row in rows])} | "
        f"{_total([row.by_lips or row.by_sound for row in rows])} |",
        "",
        "## Whose face",
        "",
        f"The speaking face is right in {right} of {seen} utterances whose speaker is in the picture "
        f"({right / max(1, seen):.1%}). Of {off} utterances whose speaker is not, {out} were given no face.",
        "",
        "## Action units",
        "",
        "Pearson correlation with the true intensity on the keyframes; a dash where the true unit never moves.",
        "",
        "| unit | r |",
        "|---|---|",
        *[f"| AU{unit.number} {unit.name} | {_correlation(rows, unit.number)} |" for unit in UNITS],
        "",
        "## Voices of people",
        "",
        "Measured by `python -m erc_core.benchmarks.fit_voices` when the projection was fitted (RAVDESS actors 1 to 16",
        "and EmoDB). Equal error rate over pairs of recordings in all acted emotions, none of the speakers known:",
        "",
        "| speakers | equal error rate | recordings in their speaker's group |",
        "|---|---|---|",
        f"| RAVDESS, actors 17 to 20 | {real['ravdess_17_20_eer']:.1%} | {real['ravdess_17_20_talks']:.1%} |",
        f"| the two men alone | {real['ravdess_17_20_men_eer']:.1%} | |",
        f"| the two women alone | {real['ravdess_17_20_women_eer']:.1%} | |",
        f"| EmoDB, by a projection fitted on RAVDESS alone | {real['emodb_eer']:.1%} | {real['emodb_talks']:.1%} |",
        "",
        "The last column is over random talks of one to four speakers with three to six recordings each, their number",
        "unknown. Voices of one sex that act strong emotions are often confused: where words matter, check who speaks,",
        "or name a SpeechBrain or pyannote model (`ERC_VOICE_MODEL`).",
    ]
    return "\n".join(lines) + "\n"


def _cell(found: tuple[DiarisationError, int] | None, voices: int) -> str:
    return "-" if found is None else f"{found[0].rate:.1%} ({found[1]} of {voices})"


def _total(found: Sequence[tuple[DiarisationError, int] | None]) -> str:
    errors = [one[0] for one in found if one is not None]
    return f"{reduce(add, errors).rate:.1%}" if errors else "-"


def _correlation(rows: Sequence[Figures], number: int) -> str:
    pairs = np.array([pair for row in rows for pair in row.units.get(number, [])])
    if len(pairs) < 3 or pairs.std(axis=0).min() < 1e-9:
        return "-"
    return f"{np.corrcoef(pairs.T)[0, 1]:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="voices", description=__doc__)
    parser.add_argument("examples", nargs="*", help="names of examples; all where none is given")
    parser.add_argument("--print", action="store_true", help="print the page instead of writing it")
    options = parser.parse_args(arguments)
    names = options.examples or sorted(path.parent.name for path in EXAMPLES.glob("*/truth.json"))
    rows = []
    for name in names:
        rows.append(measure(EXAMPLES / name, load_settings()))
        sys.stderr.write(f"{name}: {rows[-1].took_s:.0f} s for a clip of {rows[-1].seconds:.0f} s\n")
    if options.print:
        sys.stdout.write(as_markdown(rows))
    else:
        TABLE.write_text(as_markdown(rows), encoding="utf-8")
        sys.stdout.write(f"written: {TABLE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
