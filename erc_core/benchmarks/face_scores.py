"""How many faces, true and false, a lowest score of the face detector lets through.

``python -m erc_core.benchmarks.face_scores --root DIR`` writes the table. True faces are FER2013's photos of
people, enlarged, and those of the bundled examples; false ones are found in the examples where their truth has none.
Two rules are compared: the score counts for every face, or only beside a face that has it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.fer2013 import read_fer2013
from erc_core.media.faces import BESIDE_SCORE, FaceFinder
from erc_core.media.pictures import frames
from erc_core.media.stills import enlarged
from erc_core.pipeline import EXAMPLES
from erc_core.settings import ASSETS, Settings, load_settings
from erc_core.synthesis.truth import read_truth

TABLE = ASSETS.parent / "docs" / "benchmarks" / "face_scores.md"
SCORES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85)
EVERY = 4  # one in so many stills, and frames of a clip
NEAR = 0.6
SMALLEST_PX = 64
Pairs = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of found faces.

    Attributes:
        stills: the best of each still, 0 where nothing is found, ``(N,)``
        true: of each true face of the examples, 0 where it is missed, and the best in its picture, ``(N, 2)``
        false: of each box that is no face, and the best in its picture, ``(N, 2)``
    """

    stills: NDArray[np.float64]
    true: NDArray[np.float64]
    false: NDArray[np.float64]


def kept_beside(scores: NDArray[np.float64], low: float) -> NDArray[np.bool_]:
    """Tell which faces remain if ``low`` counts beside a face that has it; ``scores`` as in ``Scores.true``."""
    return (scores[:, 0] > 0) & ((scores[:, 0] >= low) | (scores[:, 1] < low))


def example_scores(folder: Path, finder: FaceFinder, settings: Settings, step: int) -> tuple[Pairs, Pairs]:
    """Return an example's ``Scores.true``, of faces above ``SMALLEST_PX``, and its ``Scores.false``."""
    truth = read_truth(folder / "truth.json")
    numbers = range(step // 2, truth.frames, step)
    times = [(number + 0.5) / truth.fps for number in numbers]
    true: Pairs = []
    false: Pairs = []
    for number, frame in zip(numbers, frames(folder / "clip.mp4", times, settings, truth.width), strict=True):
        left = list(finder.detect(frame.rgb))
        best = max((face.score for face in left), default=0.0)
        for track, row in truth.faces_at(number):
            x, y, w, h = track.boxes[row]
            middle = np.array([x + w / 2, y + h / 2])
            apart = [float(np.hypot(*(middle - (f.x + f.w / 2, f.y + f.h / 2)))) for f in left]
            own = int(np.argmin(apart)) if apart and min(apart) < NEAR * w else None
            if h > SMALLEST_PX:
                true.append((0.0 if own is None else left[own].score, best))
            if own is not None:
                left.pop(own)
        false += [(face.score, best) for face in left]
    return true, false


def as_markdown(scores: Scores) -> str:
    """Return the figures as a page."""
    lines = [
        "# What the face detector's lowest score lets through",
        "",
        "Written by `python -m erc_core.benchmarks.face_scores --root FER2013`.",
        f"FER2013 photos, enlarged: {len(scores.stills):,}. True faces of the examples higher than {SMALLEST_PX} px: "
        f"{len(scores.true):,}.",
        "",
        f"The program uses {BESIDE_SCORE} beside a surer face.",
        "",
        "| lowest score | for every face: FER2013 photos with a face | true faces found | boxes that are no face "
        "| only beside a surer face: FER2013 photos | true faces found | boxes that are no face |",
        "|---|---|---|---|---|---|---|",
    ]
    for low in SCORES:
        every = (scores.true[:, 0] >= low, scores.false[:, 0] >= low)
        beside = (kept_beside(scores.true, low), kept_beside(scores.false, low))
        cells = [f"{(scores.stills >= low).mean():.1%}", f"{every[0].mean():.1%}", f"{every[1].sum()}"]
        # A photo has one face, so that none is beside another.
        cells += [f"{(scores.stills > 0).mean():.1%}", f"{beside[0].mean():.1%}", f"{beside[1].sum()}"]
        lines.append(f"| {low:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="face_scores", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="folder of FER2013")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--every", type=int, default=EVERY, help="look at every n-th still and frame")
    parser.add_argument("--write", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    settings = load_settings()
    finder = FaceFinder(settings, fallback=False, beside_score=0.0)
    stills = read_fer2013(options.root, options.split)
    chosen = np.arange(0, len(stills), options.every)
    found = [max((f.score for f in finder.detect(enlarged(stills.images[i]))), default=0.0) for i in chosen]
    true: Pairs = []
    false: Pairs = []
    for clip in sorted(EXAMPLES.glob("*/clip.mp4")):
        own = example_scores(clip.parent, finder, settings, options.every)
        true += own[0]
        false += own[1]
    text = as_markdown(Scores(np.array(found), np.array(true).reshape(-1, 2), np.array(false).reshape(-1, 2)))
    options.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
