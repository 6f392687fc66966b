"""How long a clip takes, step by step, and how much memory: ``python -m erc_core bench clip --json``.

The clips repeat a bundled two-speaker example at 1280 x 720. Each is measured in a process of its own: once through the
media pipeline alone, as a clip without a transcript goes (speech, voices, faces, who speaks), and once as a clip with
its transcript goes through all systems, with models that are loaded and warm. Beside them stands the floor, decoding
the clip's pictures and sound once with nothing done to them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import imageio_ffmpeg

from erc_core import pipeline
from erc_core.benchmarks.machine import described
from erc_core.benchmarks.rounds import spread
from erc_core.features.base import EXTRACTORS
from erc_core.media.probe import probe
from erc_core.models.base import model_class
from erc_core.settings import Settings, load_settings
from erc_core.types import Dialogue, silent

EXAMPLE = "the_letter"  # two speakers, both seen and heard
SIZE = "1280:720"
MINUTES = (1.0, 3.0, 10.0)
WARM_S = 8.0
PAGE = Path("docs") / "benchmarks" / "clip.md"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the work and its seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """What was measured on one clip in one process.

    Attributes:
        part: ``media`` (no transcript, no model) or ``analysis`` (all systems)
        minutes: the clip's length
        steps: in their order
        first_s: of ``analysis``, seconds until the first system's prediction
        total_s: seconds of all steps
        floor_s: seconds of decoding the clip once
        peak_mb: highest resident memory of the process, in MiB
    """

    part: str
    minutes: float
    steps: tuple[Step, ...]
    first_s: float
    total_s: float
    floor_s: float
    peak_mb: float

    @property
    def share(self) -> float:
        """Seconds of work for each second of the clip."""
        return self.total_s / (60 * self.minutes)


def measure(minutes: Sequence[float] = MINUTES, rounds: int = 1) -> tuple[ClipFigures, ...]:
    """Measure clips of these lengths, each so often, one process after the other."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for length in minutes:
            clip = make_clip(Path(folder) / f"{length:g}.mp4", 60 * length)
            for part in ("media", "analysis") * rounds:
                run = subprocess.run(
                    [sys.executable, "-m", "erc_core.benchmarks.clip", part, str(clip), f"{length:g}"],
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                raw = json.loads(run.stdout.splitlines()[-1])
                found.append(ClipFigures(**{**raw, "steps": tuple(Step(**step) for step in raw["steps"])}))
            clip.unlink()
    return tuple(found)


def make_clip(path: Path, seconds: float) -> Path:
    """Write the example, repeated and enlarged, and return where it is."""
    source = pipeline.EXAMPLES / EXAMPLE / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-stream_loop", "-1", "-i", str(source)]
    command += ["-t", str(seconds), "-vf", f"scale={SIZE}", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"]
    subprocess.run([*command, str(path)], check=True)
    return path


def _transcribed(clip: Path, settings: Settings) -> Dialogue:
    """Return the clip's dialogue with the example's lines, repeated as often as the clip repeats them."""
    about = next(example for example in pipeline.examples() if example.name == EXAMPLE)
    media = probe(clip, settings, clip.name)
    period = about.dialogue.media.duration_s if about.dialogue.media else 0.0
    lines = [
        replace(u, id=f"u{i}-{u.id}", start_s=u.start_s + i * period, end_s=u.end_s + i * period, words=(), label=None)
        for i in range(1 + int(media.duration_s // period))
        for u in about.dialogue.utterances
    ]
    return Dialogue.of(clip.name, "clip", tuple(u for u in lines if u.end_s <= media.duration_s), media)


def _floor(clip: Path) -> float:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clip), "-f", "null", "-"]
    return _timed(lambda: subprocess.run(command, check=True))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _media(clip: Path, settings: Settings) -> tuple[tuple[Step, ...], float]:
    steps: list[Step] = []
    opened: list[Dialogue] = []
    steps.append(Step("speech, voices, faces and turns", _timed(lambda: opened.append(_opened(clip, settings)))))
    extractor = EXTRACTORS.get("visual-1")
    steps.append(Step("keyframes of the speakers", _timed(lambda: extractor(opened[0], clip, settings, silent))))
    return tuple(steps), 0.0


def _opened(clip: Path, settings: Settings) -> Dialogue:
    return pipeline.open_clip(clip, settings)


def _analysis(clip: Path, settings: Settings) -> tuple[tuple[Step, ...], float]:
    systems = [status.name for status in pipeline.models() if status.checkpoint is not None]
    systems.sort(key=lambda name: name != "dq_former")  # the one that the page asks first
    with tempfile.TemporaryDirectory() as folder:
        warm = make_clip(Path(folder) / "warm.mp4", WARM_S)
        spoken = _transcribed(warm, settings)
        for name in systems:
            pipeline.analyse(spoken, warm, name, settings)
    steps, features, first_s = [], {}, 0.0
    opened: list[Dialogue] = []
    steps.append(Step("open with its transcript", _timed(lambda: opened.append(_transcribed(clip, settings)))))
    for name in systems:
        for extractor in model_class(name).card.extractors:
            if extractor not in features:
                began = time.perf_counter()
                features[extractor] = EXTRACTORS.get(extractor)(opened[0], clip, settings, silent)
                steps.append(Step(f"features {extractor}", time.perf_counter() - began))
        own = [features[extractor] for extractor in model_class(name).card.extractors]
        began = time.perf_counter()
        pipeline.analyse(opened[0], clip, name, settings, features=own)
        steps.append(Step(f"model {name}", time.perf_counter() - began))
        first_s = first_s or sum(step.seconds for step in steps)
    return tuple(steps), first_s


def _child(part: str, clip: Path, minutes: float) -> ClipFigures:
    settings = load_settings()
    floor_s = _floor(clip)
    steps, first_s = (_media if part == "media" else _analysis)(clip, settings)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return ClipFigures(part, minutes, steps, first_s, sum(step.seconds for step in steps), floor_s, peak_mb)


def page(figures: Sequence[ClipFigures]) -> str:
    """Return the figures as a Markdown page."""
    lines = [
        "# A clip from end to end",
        "",
        f"Written by `python -m erc_core bench clip --write {PAGE}` {described(timed=True)}. The clips repeat "
        f"the two-speaker example `{EXAMPLE}` at {SIZE.replace(':', ' x ')}; each row is a process of its own. *Of its "
        "length* is seconds of work for each second of the clip; the floor is decoding its pictures and sound once.",
    ]
    about = {
        "media": (
            "## Media pipeline, no transcript",
            "Speech, voices, speakers, faces and their action units, who speaks, keyframes; no model.",
        ),
        "analysis": (
            "## All five systems, with a transcript",
            "Models loaded and warm, no explanation. What several systems read alike is encoded once, by the first of "
            "them.",
        ),
    }
    for part, (title, text) in about.items():
        by_length: dict[float, list[ClipFigures]] = {}
        for one in figures:
            if one.part == part:
                by_length.setdefault(one.minutes, []).append(one)
        if by_length:
            heads = " | ".join(f"{minutes:g} min" for minutes in by_length)
            lines += ["", title, "", text, "", f"| seconds | {heads} |", f"| --- |{' ---: |' * len(by_length)}"]
            lines += _rows(part, tuple(by_length.values()))
    return "\n".join(lines) + "\n"


def _rows(part: str, columns: Sequence[Sequence[ClipFigures]]) -> list[str]:
    """Return the rows of a table whose columns are the rounds of one length each."""

    def row(name: str, value: Callable[[ClipFigures], float], form: str = ".1f") -> str:
        cells = [spread([value(one) for one in rounds], form) for rounds in columns]
        return f"| {name} | {' | '.join(cells)} |"

    def seconds_of(place: int) -> Callable[[ClipFigures], float]:
        return lambda one: one.steps[place].seconds

    rows = [row(step.name, seconds_of(place)) for place, step in enumerate(columns[0][0].steps)]
    if part == "analysis":
        rows.append(row("first prediction", lambda one: one.first_s))
    rows.append(row("**all**", lambda one: one.total_s))
    rows.append(row("of its length", lambda one: one.share, ".2f"))
    rows.append(row("floor", lambda one: one.floor_s))
    rows.append(row("peak memory, MiB", lambda one: one.peak_mb, ",.0f"))
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_child(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))) + "\n")
