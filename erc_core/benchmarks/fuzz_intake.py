"""Feed damaged clips and transcripts to the intake: ``python -m erc_core.benchmarks.fuzz_intake --minutes 10``.

Every input must be taken or refused with an error for people, within 30 s, and nothing may be written outside of the
data folder. Prints one JSON object with the counts; status 1 where something else happened, and the inputs that did
it are kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from erc_core.data.transcript import check_against, read_transcript
from erc_core.errors import ErcError
from erc_core.media.pictures import frames
from erc_core.media.probe import probe
from erc_core.media.process import ffmpeg_path
from erc_core.media.sound import read_audio
from erc_core.settings import Settings

LONGEST_S = 30.0
VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=16000")
SEEDS: dict[str, tuple[str, ...]] = {
    "mp4": (*VIDEO, *TONE, "-c:v", "libx264", "-c:a", "aac"),
    "webm": (*VIDEO, *TONE, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "avi": (*VIDEO, *TONE, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "mkv": (*VIDEO, *TONE, "-c:v", "libx264", "-c:a", "flac"),
    "ts": (*VIDEO, *TONE, "-c:v", "mpeg2video", "-c:a", "mp2"),
    "wav": TONE,
    "mp3": TONE,
    "flac": TONE,
    "m4a": TONE,
    "ogg": TONE,
}
WORDS = (
    "1\n00:00:00,100 --> 00:00:00,900\nAnna: <i>Hello</i> & bye\n\n2\n00:00:01,000 --> 00:00:02,000\nBen: So\n",
    "WEBVTT\n\nNOTE x\n\n00:00.100 --> 00:00.900 align:start\n<v Anna>Hello &lt;b&gt;</v>\n",
    'start_s,end_s,speaker,text,emotion\n0.1,0.9,Anna,"Hello, ""you""",joy\n1,2,Ben,So,neutral\n',
    '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" '
    'TIME_VALUE="900"/></TIME_ORDER><TIER TIER_ID="Anna"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="x" '
    'TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>Hello</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
    "</ANNOTATION></TIER></ANNOTATION_DOCUMENT>",
)


@dataclass(slots=True)
class Outcome:
    """What became of the inputs."""

    inputs: int = 0
    taken: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    tracebacks: list[str] = field(default_factory=list)
    hangs: int = 0
    written_outside: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing happened that must not."""
        return not (self.tracebacks or self.hangs or self.written_outside)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return ``content`` damaged: bytes changed, parts cut, doubled, moved or zeroed, or the end cut off."""
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        if not damaged:
            break
        start = int(rng.integers(len(damaged)))
        length = min(len(damaged) - start, 1 << int(rng.integers(0, 11)))
        part = bytes(damaged[start : start + length])
        kind = int(rng.integers(7))
        if kind == 0:
            damaged[start] = int(rng.integers(256))
        elif kind == 1:
            damaged[start : start + length] = rng.bytes(length)
        elif kind == 2:
            del damaged[start : start + length]
        elif kind == 3:
            damaged[start:start] = part
        elif kind == 4:
            damaged[start : start + 4] = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0")[int(rng.integers(3))]
        elif kind == 5:
            damaged[start : start + length] = bytes(length)
        else:
            del damaged[start:]
    return bytes(damaged)


def make_seeds(folder: Path) -> list[bytes]:
    """Return one small whole clip of each kind."""
    contents = []
    for container, arguments in SEEDS.items():
        path = folder / f"seed.{container}"
        subprocess.run([ffmpeg_path(), "-v", "error", "-nostdin", "-y", *arguments, str(path)], check=True)
        contents.append(path.read_bytes())
    return contents


def take_clip(path: Path, settings: Settings) -> None:
    """Do with a clip what the intake does: probe it, then decode sound and pictures."""
    media = probe(path, settings, name="clip")
    if media.has_audio:
        read_audio(path, settings)
    if media.has_video:
        for _ in frames(path, [0.0, media.duration_s / 2, media.duration_s], settings):
            pass


def take_words(path: Path, settings: Settings) -> None:
    """Do with a transcript what the intake does."""
    check_against(read_transcript(path.read_bytes(), "words", settings), 3.0)


def run(minutes: float, seed: int, keep: Path | None = None) -> Outcome:
    """Feed damaged inputs for a while.

    Args:
        minutes: how long
        seed: of the damage
        keep: folder for inputs that did what they must not
    """
    outcome, rng = Outcome(), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as temporary:
        room = Path(temporary)
        settings = Settings(data=room / "data", decode_timeout_s=LONGEST_S - 5)
        (room / "data").mkdir()
        clips = make_seeds(room / "data")
        before = _files(room)
        end = time.monotonic() + minutes * 60
        for content, take in _inputs(clips, rng):
            if time.monotonic() > end:
                break
            path = room / "data" / "input"
            path.write_bytes(content)
            _feed(path, take, settings, outcome, keep)
            path.unlink()
            outcome.written_outside += sorted(_files(room) - before)
            before = _files(room)
    return outcome


def _inputs(clips: list[bytes], rng: np.random.Generator) -> Iterator[tuple[bytes, Callable[[Path, Settings], None]]]:
    while True:
        # Clips take longer; words are cheap, so there are more of them.
        yield mutated(clips[int(rng.integers(len(clips)))], rng), take_clip
        for _ in range(20):
            yield mutated(WORDS[int(rng.integers(len(WORDS)))].encode(), rng), take_words


def _feed(
    path: Path,
    take: Callable[[Path, Settings], None],
    settings: Settings,
    outcome: Outcome,
    keep: Path | None,
) -> None:
    started = time.monotonic()
    outcome.inputs += 1
    bad = False
    try:
        take(path, settings)
        outcome.taken += 1
    except ErcError:
        outcome.refused += 1
    except Exception:  # noqa: BLE001 - to find any other error is what this command is for
        outcome.tracebacks.append(traceback.format_exc())
        bad = True
    took_s = time.monotonic() - started
    outcome.slowest_s = max(outcome.slowest_s, round(took_s, 3))
    if took_s > LONGEST_S:
        outcome.hangs += 1
        bad = True
    if bad and keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"input-{outcome.inputs}").write_bytes(path.read_bytes())


def _files(room: Path) -> set[str]:
    return {str(path.relative_to(room)) for path in room.rglob("*") if path.is_file()}


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="fuzz_intake", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for inputs that did what they must not")
    options = parser.parse_args(arguments)
    outcome = run(options.minutes, options.seed, options.keep)
    sys.stdout.write(json.dumps(asdict(outcome), indent=1) + "\n")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
