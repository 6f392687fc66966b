"""A batch that is killed again and again: ``python -m tests.batch.endurance --clips 200 --kills 20``.

Clips are cut from the bundled conversations, an utterance each. A scheduler, two workers and the command run; at random
moments one of them is killed and started again, the next one at the earliest when a further result is there, so that
kills are spread over the batch on a slow machine too. At the end every clip must have its result, exactly once.
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
from erc_core.benchmarks.local_cluster import free_port
from tests.batch.clips import batch, results
from tests.cluster import Cluster

PAUSE_S = (4.0, 15.0)  # between two kills
LONGEST_S = 3600.0
TARGETS = ("worker", "worker", "scheduler", "command")  # workers die most often


@dataclass(frozen=True, slots=True)
class Endured:
    """How a batch came through.

    Attributes:
        clips: how many there were
        kills: how often each part was killed
        at: how many results were there at each kill
        done: clips with a result
        failed: clips whose result says that they cannot be used
        missing: clips without a result
        left_over: half-written results that stayed
        seconds: from the first start to the end
    """

    clips: int
    kills: dict[str, int]
    at: tuple[int, ...]
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
    chance, done, at = random.Random(seed), dict.fromkeys(("worker", "scheduler", "command"), 0), list[int]()
    cut_clips(folder / "clips", clips)
    began_s = time.monotonic()
    with Cluster(folder, free_port()) as cluster, _Command(folder, cluster.address) as command:
        cluster.start_scheduler()
        for _ in range(2):
            cluster.start_worker()
        next_s, there = time.monotonic() + chance.uniform(*pause_s), -1
        while command.runs():
            assert time.monotonic() - began_s < LONGEST_S, "the batch does not end"
            time.sleep(0.1)
            cluster.start_ended_workers()
            if sum(done.values()) >= kills or time.monotonic() < next_s or command.results() <= there:
                continue
            what, there = chance.choice(TARGETS), command.results()
            done[what] += 1
            at.append(there)
            if what == "command":
                command.kill()
                command.start()
            elif what == "worker":
                cluster.kill_worker(chance)
                cluster.start_worker()
            else:
                cluster.kill_scheduler()
                cluster.start_scheduler()
            next_s = time.monotonic() + chance.uniform(*pause_s)
    found = results(folder / "out")
    return Endured(
        clips=clips,
        kills=done,
        at=tuple(at),
        done=sum(body["status"] == "done" for body in found.values()),
        failed=sum(body["status"] != "done" for body in found.values()),
        missing=clips - len(found),
        left_over=len(list((folder / "out").rglob(".part-*"))),
        seconds=round(time.monotonic() - began_s, 1),
    )


class _Command:
    """The batch on a cluster, as somebody gives the command again when it was killed."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder, self._address = folder, address
        self.start()

    def __enter__(self) -> _Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        folders = (self._folder / part for part in ("clips", "out", "data"))
        self._process = batch(*folders, "--cluster", self._address, "--quiet", "--model", "df_erc")

    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def results(self) -> int:
        """Return how many clips have a result."""
        return len(list((self._folder / "out").glob("[0-9]*.json")))


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.batch.endurance", description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="erc-batch-") as name:
        found = endure(options.clips, options.kills, options.seed, Path(name))
    print(json.dumps(asdict(found) | {"passed": found.passed}, indent=1))
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
