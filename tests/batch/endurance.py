"""A batch that is killed again and again: ``python -m tests.batch.endurance --clips 200 --kills 20``.

Clips are cut from the bundled conversations, an utterance each. A scheduler, two workers and the command run; at random
moments one of them is killed and started again. At the end every clip must have its result, exactly once. With
``--scaling`` nothing is killed, and the same clips are analysed by one worker and then by two.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import imageio_ffmpeg

from erc_core import pipeline
from tests.batch.clips import batch, results
from tests.browser.server import free_port
from tests.cluster import Cluster

PAUSE_S = (4.0, 15.0)  # between two kills
LONGEST_S = 3600.0
TARGETS = ("worker", "worker", "scheduler", "command")  # workers die most often


@dataclass(frozen=True, slots=True)
class Endured:
    """How a batch came through: kills by what was killed, clips with and without a result, and those that failed."""

    clips: int
    kills: dict[str, int]
    done: int
    failed: int
    missing: int
    left_over: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether each clip has exactly one result."""
        return (self.done, self.failed, self.missing, self.left_over) == (self.clips, 0, 0, 0)


def cut_clips(folder: Path, count: int) -> None:
    """Write so many clips with their words, each an utterance of a bundled conversation, from one moment or another."""
    folder.mkdir(parents=True)
    said = [(one, u) for one in pipeline.examples() for u in one.dialogue.utterances if u.text]
    for number in range(count):
        example, utterance = said[number % len(said)]
        start_s = utterance.start_s + 0.1 * (number // len(said))
        length_s = utterance.end_s - start_s
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", f"{start_s:.2f}", "-i", str(example.clip)]
        small = ["-t", f"{length_s:.2f}", "-vf", "scale=320:-2", "-preset", "ultrafast"]
        if example.dialogue.media is not None and not example.dialogue.media.has_video:
            small = ["-t", f"{length_s:.2f}"]
        ending = ".mp4" if "-vf" in small else ".wav"
        subprocess.run([*command, *small, str(folder / f"{number:03d}{ending}")], check=True)
        text = (utterance.text or "").replace('"', "'")
        words = f'start_s,end_s,speaker,text\n0.0,{length_s - 0.05:.2f},{utterance.speaker},"{text}"\n'
        (folder / f"{number:03d}.csv").write_text(words, encoding="utf-8")


def endure(clips: int, kills: int, seed: int, folder: Path, pause_s: tuple[float, float] = PAUSE_S) -> Endured:
    """Run a batch on a cluster and kill its parts.

    Args:
        clips: how many there are
        kills: how often something is killed, as long as the batch lasts
        seed: of what is killed when
        folder: for clips, results and logs
        pause_s: shortest and longest time between two kills
    """
    chance, done = random.Random(seed), dict.fromkeys(("worker", "scheduler", "command"), 0)
    cut_clips(folder / "clips", clips)
    began_s = time.monotonic()
    with Cluster(folder, free_port()) as cluster:
        cluster.start_scheduler()
        for _ in range(2):
            cluster.start_worker()
        command = _command(folder, cluster.address)
        next_s = time.monotonic() + chance.uniform(*pause_s)
        while command.poll() is None:
            assert time.monotonic() - began_s < LONGEST_S, "the batch does not end"
            time.sleep(0.1)
            if sum(done.values()) < kills and time.monotonic() >= next_s:
                what = chance.choice(TARGETS)
                done[what] += 1
                if what == "command":
                    command.kill()
                    command.communicate()
                    command = _command(folder, cluster.address)
                elif what == "worker":
                    cluster.kill_worker(chance)
                    cluster.start_worker()
                else:
                    cluster.kill_scheduler()
                    cluster.start_scheduler()
                next_s = time.monotonic() + chance.uniform(*pause_s)
        command.communicate()
    found = results(folder / "out")
    return Endured(
        clips=clips,
        kills=done,
        done=sum(body["status"] == "done" for body in found.values()),
        failed=sum(body["status"] != "done" for body in found.values()),
        missing=clips - len(found),
        left_over=len(list((folder / "out").rglob(".part-*"))),
        seconds=round(time.monotonic() - began_s, 1),
    )


def scale(clips: int, folder: Path) -> dict[str, float]:
    """Return the seconds of the same clips on one worker and on two, and their ratio."""
    cut_clips(folder / "clips", clips)
    seconds = {}
    for workers in (1, 2):
        with Cluster(folder, free_port()) as cluster:
            cluster.start_scheduler()
            for _ in range(workers):
                cluster.start_worker()
            began_s = time.monotonic()
            command = _command(folder, cluster.address, out=f"out-{workers}", data=f"data-{workers}")
            command.communicate()
            assert command.returncode == 0
            seconds[f"workers_{workers}_s"] = round(time.monotonic() - began_s, 1)
    return {**seconds, "ratio": round(seconds["workers_1_s"] / seconds["workers_2_s"], 2)}


def _command(folder: Path, address: str, out: str = "out", data: str = "data") -> subprocess.Popen[str]:
    return batch(folder / "clips", folder / out, folder / data, "--cluster", address, "--quiet", "--model", "df_erc")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.batch.endurance", description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scaling", action="store_true", help="measure one worker against two instead")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="erc-batch-") as name:
        if options.scaling:
            print(json.dumps(scale(options.clips, Path(name)), indent=1))
            return 0
        found = endure(options.clips, options.kills, options.seed, Path(name))
    print(json.dumps(asdict(found) | {"passed": found.passed}, indent=1))
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
