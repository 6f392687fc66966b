"""Measure action units on FER2013's validation split: ``python -m erc_core.benchmarks.action_units --root FER2013``.

Writes the table of every unit by every emotion: how well the unit's intensity tells the emotion from neutral (AUROC)
and the size of the difference (Cohen's d), the aims that are checked, and the share of photos that could be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.benchmarks.still_faces import read_meshes
from erc_core.data.base import FaceImages
from erc_core.data.fer2013 import read_fer2013
from erc_core.media.action_unit_table import NUMBERS, UNITS
from erc_core.media.action_units import Calibration, calibration, measure_landmarks, track_units
from erc_core.media.faces import FaceFinder
from erc_core.media.head_pose import reference_shape
from erc_core.media.stills import enlarged
from erc_core.settings import ASSETS, load_settings

TABLE = ASSETS.parent / "docs" / "benchmarks" / "action_units.md"
EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Cell:
    """How one unit tells one emotion from neutral."""

    unit: int
    emotion: str
    auroc: float
    effect: float


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that is aimed at, with the bounds of its 95% interval."""

    what: str
    least: float
    auroc: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of the benchmark."""

    photos: int
    with_mesh: float
    measurable: float
    aims: tuple[Aim, ...]
    cells: tuple[Cell, ...]


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the share of pairs in which the positive one scores higher, ties counted half."""
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def intensities(faces: FaceImages, meshes: NDArray[np.float32], scale: Calibration) -> NDArray[np.float64]:
    """Return the intensity of every unit on every still, against the population's neutral, ``(N, A)``, NaN for none."""
    found = np.full((len(faces), len(UNITS)), np.nan)
    for place in np.flatnonzero(np.isfinite(meshes[:, 0, 0])):
        measures = measure_landmarks(enlarged(faces.images[place]), meshes[place], scale, reference_shape())
        (units,) = track_units([measures], scale)
        if units.estimates:
            found[place] = [estimate.intensity for estimate in units.estimates]
    return found


def measure(faces: FaceImages, meshes: NDArray[np.float32], scale: Calibration) -> Report:
    """Compute all figures for stills with MELD's labels and their meshes ``(N, 468, 3)``."""
    values = intensities(faces, meshes, scale)
    whole = np.isfinite(values[:, 0])
    values, labels = values[whole], np.array(faces.labels)[whole]
    cells = tuple(
        Cell(unit.number, emotion, *_against_neutral(values[:, place], labels, emotion))
        for place, unit in enumerate(UNITS)
        for emotion in EMOTIONS
    )
    mesh = float(np.isfinite(meshes[:, 0, 0]).mean())
    return Report(len(faces), mesh, float(whole.mean()), _aims(values, labels), cells)


def _against_neutral(values: NDArray[np.float64], labels: NDArray[np.str_], emotion: str) -> tuple[float, float]:
    used = (labels == emotion) | (labels == "neutral")
    with_it, without = values[labels == emotion], values[labels == "neutral"]
    deviation = np.sqrt((with_it.var(ddof=1) + without.var(ddof=1)) / 2)
    effect = float((with_it.mean() - without.mean()) / deviation) if deviation else 0.0
    return auroc(values[used], labels[used] == emotion), effect


def _aims(values: NDArray[np.float64], labels: NDArray[np.str_]) -> tuple[Aim, ...]:
    def unit(number: int) -> NDArray[np.float64]:
        return values[:, NUMBERS.index(number)]

    surprise = np.isin(labels, ("surprise", "neutral"))
    return (
        _aim("AU12, joy from the rest", 0.85, unit(12), labels == "joy", np.ones(len(labels), dtype=bool)),
        _aim("AU4, anger from joy", 0.75, unit(4), labels == "anger", np.isin(labels, ("anger", "joy"))),
        _aim("AU1 + AU2, surprise from neutral", 0.80, unit(1) + unit(2), labels == "surprise", surprise),
        _aim("AU26, surprise from neutral", 0.80, unit(26), labels == "surprise", surprise),
    )


def _aim(
    what: str, least: float, scores: NDArray[np.float64], positive: NDArray[np.bool_], used: NDArray[np.bool_]
) -> Aim:
    scores, positive = scores[used], positive[used]
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(scores), len(scores)) for _ in range(RESAMPLES)]
    low, high = np.nanquantile([auroc(scores[draw], positive[draw]) for draw in draws], [0.025, 0.975])
    return Aim(what, least, auroc(scores, positive), float(low), float(high))


def as_markdown(report: Report) -> str:
    """Return the figures as a page."""
    lines = [
        "# Action units on FER2013 validation",
        "",
        "Written by `python -m erc_core.benchmarks.action_units --root FER2013`. Stills of 48 pixels, enlarged; the",
        "intensities are against the population's neutral. AU4 uses a filter that was fitted on the emotions of the",
        "train split (anger against joy, surprise and neutral); all other units are geometry alone.",
        "",
        f"Photos: {report.photos:,}; mesh: {report.with_mesh:.1%}; measurable (pose, size): {report.measurable:.1%}.",
        "",
        "| aim | at least | AUROC | 95% interval |",
        "|---|---|---|---|",
    ]
    lines += [f"| {a.what} | {a.least:.2f} | {a.auroc:.3f} | {a.low:.3f} to {a.high:.3f} |" for a in report.aims]
    lines += ["", "Each cell: AUROC of the emotion against neutral, and Cohen's d.", ""]
    lines += ["| unit | " + " | ".join(EMOTIONS) + " |", "|---|" + "---|" * len(EMOTIONS)]
    for unit in UNITS:
        row = [cell for cell in report.cells if cell.unit == unit.number]
        cells = " | ".join(f"{cell.auroc:.2f} ({cell.effect:+.2f})" for cell in row)
        lines.append(f"| AU{unit.number} {unit.name} | {cells} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="action_units", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of FER2013")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--cache", type=Path, help="keep meshes in this .npz")
    parser.add_argument("--json", action="store_true", help="print the figures instead of writing the table")
    options = parser.parse_args(arguments)
    faces = read_fer2013(options.root, options.split)
    meshes = read_meshes(faces, FaceFinder(load_settings(), fallback=False), options.cache)
    report = measure(faces, meshes, calibration())
    if options.json:
        sys.stdout.write(json.dumps(asdict(report), indent=1) + "\n")
        return 0
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(as_markdown(report), encoding="utf-8")
    sys.stdout.write(f"written: {TABLE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
