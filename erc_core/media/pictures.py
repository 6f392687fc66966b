"""The pictures that a clip shows at given times."""

from __future__ import annotations

import math
import queue
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.process import ffmpeg
from erc_core.media.streams import VideoStream, open_streams
from erc_core.settings import Settings

STEP = "pictures"
# Times nearer to each other are read in one run: decoding on is cheaper than seeking again.
GROUP_GAP_S = 12.0
GROUP_SIZE = 64
# Others do not know which pictures can be decoded by themselves, so what follows a seek may be lost.
SEEKABLE = ("mp4", "mov", "mkv", "webm", "avi")
# How far back a picture is looked for that is still shown: first one picture or two, then further.
SHORTEST_LOOK_S = 0.05
LONGEST_LOOK_S = 1.0
WIDER = 8
# A requested time and a picture's own are written with finitely many digits.
SAME_S = 1e-3
TIME = re.compile(r"showinfo.* pts_time:(-?\d+(?:\.\d+)?(?:e-?\d+)?) ")
TIME_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture with the time from which the clip shows it; ``rgb`` is uint8 ``(H, W, 3)``."""

    time_s: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Source:
    """A clip and how its pictures are read."""

    path: Path
    settings: Settings
    width: int
    height: int
    before: str
    after: str
    look_s: float
    seeks: bool

    def shown(self, windows: Sequence[tuple[float, float]]) -> Iterator[Frame]:
        """Yield the pictures whose times lie in the windows, which are in order."""
        start_s, end_s = max(0.0, windows[0][0] - SAME_S), windows[-1][1] + 2 * SAME_S
        inside = "+".join(f"between(t,{low - SAME_S:.6f},{high + SAME_S:.6f})" for low, high in windows)
        chain = [
            f"trim=end={end_s:.6f}",
            self.before,
            f"select='{inside}'",
            f"scale={self.width}:{self.height}",
            self.after,
        ]
        chain += ["format=rgb24", "showinfo=checksum=0"]
        seek = ["-copyts", "-start_at_zero", *(["-ss", f"{start_s:.6f}"] if start_s and self.seeks else [])]
        output = ["-map", "0:V:0", "-an", "-sn", "-vf", ",".join(filter(None, chain)), "-fps_mode", "passthrough"]
        output += ["-f", "rawvideo", "pipe:1"]
        times: queue.Queue[float] = queue.Queue()

        def listen(line: str) -> None:
            found = TIME.search(line)
            if found:
                times.put(float(found.group(1)))

        size = self.width * self.height * 3
        with ffmpeg(output, self.path, self.settings, STEP, seek, "info", on_line=listen) as running:
            while len(content := running.read(size)) == size:
                rgb = np.frombuffer(content, dtype=np.uint8).reshape(self.height, self.width, 3)
                yield Frame(times.get(timeout=TIME_WAIT_S), rgb)
            running.finish()

    def first(self) -> Frame:
        """Return the first picture of the clip.

        Raises:
            InputError: no picture can be decoded
        """
        for frame in self.shown([(0.0, self.settings.max_duration_s)]):
            return frame
        raise InputError(
            f"No picture of the clip can be decoded (step: {STEP})",
            got="a video track without pictures",
            do="export the clip as mp4 (H.264) and try again",
        )

    def latest(self, after_s: float, until_s: float) -> Frame | None:
        """Return the last picture that begins after ``after_s`` and not after ``until_s``, found from the end."""
        high, look_s = until_s, self.look_s * WIDER
        while high > after_s:
            low = max(after_s, high - look_s, 0.0)
            found = None
            for frame in self.shown([(low, high)]):
                if after_s < frame.time_s <= high + SAME_S:
                    found = frame
            if found is not None or low <= 0:
                return found
            high, look_s = low, look_s * WIDER
        return None


def frames(path: Path, times_s: Sequence[float], settings: Settings, max_width: int = 640) -> Iterator[Frame]:
    """Yield the picture that is on display at each time, by the clip's own presentation times.

    Rotation, the shape of the pixels, interlacing and transparency (over black) are taken into account. Only what
    leads to the pictures asked for is decoded, and one picture at a time is in memory.

    Args:
        path: the clip
        times_s: times in seconds from the start of the clip
        settings: gives the limits
        max_width: wider pictures are scaled down to it

    Yields:
        one picture for each time, in ascending order of the times; before the first picture of the clip that one,
        after its last one that

    Raises:
        InputError: the clip has no picture, or it cannot be decoded
        MissingResourceError: there is no ffmpeg
    """
    times = sorted(float(time_s) for time_s in times_s)
    if times and not (times[0] >= 0 and math.isfinite(times[-1])):
        raise InputError(f"There is no such time (step: {STEP})", got=f"{times[0]:g} s", allowed="times from 0 on")
    streams = open_streams(path, settings, STEP)
    if streams.video is None:
        raise InputError(
            f"The clip has no picture (step: {STEP})", got="no video track", do="analyse it by its words or sound"
        )
    if not times:
        return
    source = _source(path, settings, streams.video, max_width, streams.container in SEEKABLE)
    last: Frame | None = None
    known_s = -1.0
    for group in _groups(times) if source.seeks else [times]:
        for frame in _on_display(source, group, last, known_s):
            yield frame
            last = frame
        known_s = group[-1]


def _on_display(source: _Source, times: Sequence[float], last: Frame | None, known_s: float) -> Iterator[Frame]:
    """Yield the picture shown at each time; ``last`` is the one shown at ``known_s``."""
    stream = source.shown(_merged([(max(0.0, time_s - source.look_s), time_s) for time_s in times]))
    ahead = next(stream, None)
    for time_s in times:
        near: Frame | None = None
        while ahead is not None and ahead.time_s <= time_s + SAME_S:
            near, ahead = ahead, next(stream, None)
        if near is None and (last is None or known_s < time_s - source.look_s):
            near = source.latest(known_s, time_s)
        if near is None and last is None:
            near = source.first()
        last = near or last
        known_s = time_s
        if last is not None:
            yield last


def _merged(windows: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join windows, given in order, that touch each other."""
    merged: list[tuple[float, float]] = []
    for low, high in windows:
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _groups(times: Sequence[float]) -> Iterator[list[float]]:
    group: list[float] = []
    for time_s in times:
        if group and (time_s - group[-1] > GROUP_GAP_S or len(group) >= GROUP_SIZE):
            yield group
            group = []
        group.append(time_s)
    if group:
        yield group


def _source(path: Path, settings: Settings, video: VideoStream, max_width: int, seeks: bool) -> _Source:
    width = max(1, min(max_width, video.width))
    height = max(1, round(video.height * width / max(1, video.width)))
    look_s = min(LONGEST_LOOK_S, max(SHORTEST_LOOK_S, 1.5 / video.fps if video.fps else LONGEST_LOOK_S))
    before = "bwdif=mode=send_frame:deint=interlaced" if video.interlaced else ""
    # What lies under a transparent part is arbitrary; a player shows black there.
    after = "format=gbrap,premultiply=inplace=1" if video.transparent else ""
    return _Source(path, settings, width, height, before, after, look_s, seeks)
