"""``python -m erc_core.synthesis SCRIPT --out DIR`` builds one clip; ``--examples`` builds the bundled ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from erc_core.errors import ErcError
from erc_core.synthesis.examples import EXAMPLES, build_examples
from erc_core.synthesis.studio import build_clip
from erc_core.synthesis.truth import Truth


def main(arguments: list[str] | None = None) -> int:
    """Build what the arguments name; return the exit state."""
    parser = argparse.ArgumentParser(prog="python -m erc_core.synthesis", description="Re-enact a script as a clip.")
    parser.add_argument("script", type=Path, nargs="?", help="the script, YAML")
    parser.add_argument("--out", type=Path, help="folder for clip, transcript and truth")
    parser.add_argument("--examples", nargs="*", metavar="NAME", help="build the bundled examples, or those named")
    chosen = parser.parse_args(arguments)
    if chosen.examples is None and (chosen.script is None or chosen.out is None):
        parser.error("give a script and --out, or --examples")
    try:
        if chosen.examples is not None:
            truths = build_examples(EXAMPLES, tuple(chosen.examples), _report)
        else:
            truths = [build_clip(chosen.script, chosen.out)]
    except ErcError as error:
        sys.stderr.write(f"{error.sentence()}\n")
        return 1
    for truth in truths:
        sys.stdout.write(_line(truth))
    return 0


def _report(step: str, fraction: float) -> None:
    sys.stderr.write(f"{fraction:4.0%} {step}\n")


def _line(truth: Truth) -> str:
    return f"{truth.name}: {truth.seconds:.1f} s, {len(truth.utterances)} utterances\n"


if __name__ == "__main__":
    sys.exit(main())
