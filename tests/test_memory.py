"""Memory does not grow with the clip: ten minutes take hardly more than one."""

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from erc_core import pipeline

ROOT = Path(__file__).parent.parent
# A process of its own, which prints its own highest resident memory and that of its largest child, in megabytes.
MEASURED = """
import contextlib, io, resource, sys
from erc_core.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    status = main(["analyse", sys.argv[1], "--json"])
own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(status, own, child)
"""


def clip(folder, minutes):
    """Make a 720p clip that repeats an example's speech."""
    path = folder / f"{minutes}.mp4"
    picture = f"color=c=gray:s=1280x720:r=10:d={minutes * 60}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", picture]
    command += ["-stream_loop", "-1", "-i", str(pipeline.examples()[0].clip), "-map", "0:v", "-map", "1:a"]
    command += ["-t", str(minutes * 60), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path


def peak_mb(path, data):
    environment = {"ERC_DATA": str(data), "PATH": "/usr/bin:/bin", "HOME": str(data)}
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    status, own, child = run.stdout.split()
    assert status == "0", run.stderr
    return float(own) + float(child)


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_minutes_take_hardly_more_memory_than_one(tmp_path):
    one, ten = (peak_mb(clip(tmp_path, minutes), tmp_path / "data") for minutes in (1, 10))
    assert ten < 2500
    assert ten <= 1.3 * one, f"{ten:.0f} MB for ten minutes, {one:.0f} MB for one"
