"""Short clips with words, and the batch command on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from tests.browser.server import ROOT

WORDS = "start_s,end_s,speaker,text\n0.1,0.9,Ann,I am so happy to see you\n"


def make_clips(folder: Path, count: int) -> None:
    """Write sounds of a second, each with its own content and words."""
    folder.mkdir(parents=True)
    for number in range(count):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
        subprocess.run(
            [*command, f"sine=frequency={300 + 7 * number}:duration=1", folder / f"{number}.wav"], check=True
        )
        (folder / f"{number}.csv").write_text(WORDS.replace("happy", f"happy {number}"))


def batch(folder: Path, out: Path, data: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command; its output is read with ``communicate``."""
    command = [sys.executable, "-m", "erc_core", "batch", str(folder), "--out", str(out), *arguments]
    environment = {**os.environ, "ERC_DATA": str(data), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def results(out: Path) -> dict[str, dict[str, Any]]:
    """Return what lies in the folder of results, by clip."""
    found = [json.loads(path.read_text()) for path in sorted(out.glob("*.json")) if path.name != "summary.json"]
    assert len({body["name"] for body in found}) == len(found)
    return {body["name"]: body for body in found}
