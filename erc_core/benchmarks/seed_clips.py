"""Studio dialogues from seeds that no training has seen, built once and kept.

``python -m erc_core.benchmarks.seed_clips DIR`` builds them. What is measured on them is measured on conversations
nobody wrote by hand, of people nobody has drawn before.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erc_core import pipeline
from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.samples import MEASURE_SEEDS, TRAIN_SEEDS
from erc_core.synthesis.studio import build_clip
from erc_core.synthesis.truth import Truth, read_truth
from erc_core.types import Dialogue

SEEDS = range(9_000, 9_040)
LINES = 6
FINISHED = "about.json"  # the last file that is written


@dataclass(frozen=True, slots=True)
class SeedClip:
    """A built dialogue: its clip, what is said in it with its labels, and all that is known about it."""

    name: str
    clip: Path
    dialogue: Dialogue
    truth: Truth


def build(seed: int, folder: Path) -> Path:
    """Build the dialogue of a seed where it is not there yet, or was built from another script; return its folder.

    Raises:
        InputError: the seed was trained on, or the studio cannot build it
    """
    if seed in TRAIN_SEEDS or seed in MEASURE_SEEDS:
        raise InputError(
            "The seed belongs to the encoders' training or measuring", got=seed, allowed=f"{SEEDS[0]} to {SEEDS[-1]}"
        )
    own = folder / f"{seed}"
    script, wanted = own / "script.yaml", generate_script(seed, LINES, wording="planted")
    if not (own / FINISHED).is_file() or script.read_text(encoding="utf-8") != wanted:
        own.mkdir(parents=True, exist_ok=True)
        (own / FINISHED).unlink(missing_ok=True)
        script.write_text(wanted, encoding="utf-8")
        build_clip(script, own)
    return own


def open_seed(folder: Path, settings: Settings) -> SeedClip:
    """Open a built dialogue.

    Raises:
        InputError: its files do not fit together
    """
    words = (folder / "transcript.csv").read_bytes()
    clip = folder / "clip.mp4"
    dialogue = pipeline.open_clip(clip, settings, name=folder.name, transcript=words, transcript_name="transcript.csv")
    return SeedClip(folder.name, clip, dialogue, read_truth(folder / "truth.json"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Build those that are missing."""
    parser = argparse.ArgumentParser(description="Build the studio dialogues that explanations are measured on.")
    parser.add_argument("folder", type=Path, help="where they are kept, such as runs/seed_clips")
    options = parser.parse_args(arguments)
    for seed in SEEDS:
        sys.stdout.write(f"{build(seed, options.folder)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
