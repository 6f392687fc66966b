"""``python -m erc_core.synthesis SCRIPT --out DIR`` builds one clip."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from erc_core.errors import ErcError
from erc_core.synthesis.studio import build_clip


def main(arguments: list[str] | None = None) -> int:
    """Build the clip that the arguments name; return the exit state."""
    parser = argparse.ArgumentParser(prog="python -m erc_core.synthesis", description="Re-enact a script as a clip.")
    parser.add_argument("script", type=Path, help="the script, YAML")
    parser.add_argument("--out", type=Path, required=True, help="folder for clip, transcript and truth")
    chosen = parser.parse_args(arguments)
    try:
        truth = build_clip(chosen.script, chosen.out)
    except ErcError as error:
        sys.stderr.write(f"{error.sentence()}\n")
        return 1
    sys.stdout.write(f"{chosen.out}: {truth.seconds:.1f} s, {len(truth.utterances)} utterances\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
