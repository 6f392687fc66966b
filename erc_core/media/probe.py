"""Find out what a file is before anything else touches it.

The type comes from the content. The length comes from the packets, which are all read once without being decoded:
headers lie or say nothing. The first picture and the first sound are decoded, so a clip that passes can be used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from erc_core.errors import InputError
from erc_core.media.process import FORMATS, Ffmpeg, ffmpeg, picture_too_large, run_ffmpeg
from erc_core.media.signature import describe, promised_bytes
from erc_core.media.streams import Streams, parse_streams
from erc_core.settings import Settings
from erc_core.types import Media

STEP = "probe"
TIMEOUT_S = 30.0
NO_TIME = -(2**62)
DAMAGE = re.compile(r"partial file|ended prematurely|corrupt input packet|Packet corrupt")
# These state their length, and ffmpeg says nothing where the data end before it.
EXACT_HEADERS = ("flac", "aiff")


@dataclass(slots=True)
class _Track:
    """The packets of one stream, counted while they pass."""

    kind: str = ""
    tick_s: Fraction = Fraction(1, 1000)
    packets: int = 0
    first: int | None = None
    end: int = 0

    def add(self, start: int, duration: int) -> None:
        self.packets += 1
        self.first = start if self.first is None else min(self.first, start)
        self.end = max(self.end, start + max(duration, 0))

    @property
    def end_s(self) -> float:
        return self.end * self.tick_s.numerator / self.tick_s.denominator  # for each packet: no Fraction is made

    @property
    def rate(self) -> float:
        length_s = float((self.end - (self.first or 0)) * self.tick_s)
        return self.packets / length_s if length_s > 0 else 0.0


@dataclass(slots=True)
class _Packets:
    """What the packets of a file say of it."""

    tracks: dict[int, _Track] = field(default_factory=dict)

    @property
    def end_s(self) -> float:
        return max((track.end_s for track in self.tracks.values()), default=0.0)

    def of(self, kind: str) -> _Track:
        return next((track for track in self.tracks.values() if track.kind == kind), _Track())

    def read_line(self, line: str) -> None:
        """Take in one line of ffmpeg's ``framecrc`` format."""
        if line.startswith("#"):
            name, _, value = line[1:].partition(": ")
            words = name.split(" ")
            if len(words) == 2 and words[1].isdigit() and words[0] in ("tb", "media_type"):
                track = self.tracks.setdefault(int(words[1]), _Track())
                if words[0] == "tb":
                    track.tick_s = Fraction(value)
                else:
                    track.kind = value
            return
        numbers = line.split(",", 4)
        if len(numbers) == 5:
            stream, dts, pts, duration = (int(number) for number in numbers[:4])
            start = dts if pts < NO_TIME else pts
            if start >= NO_TIME:
                self.tracks.setdefault(stream, _Track()).add(start, duration)


def probe(path: Path, settings: Settings, name: str | None = None) -> Media:
    """Tell what ``path`` holds, and refuse what cannot be analysed.

    Args:
        path: the file
        settings: gives the limits
        name: what the user calls it; never used as a path

    Raises:
        InputError: the file is no video or audio, is damaged, or is beyond a limit
        MissingResourceError: there is no ffmpeg
    """
    _check_size(path, settings)
    streams, packets = _scan(path, settings)
    duration_s = packets.end_s
    _check_duration(duration_s)
    picture = _first_picture(path, settings) if streams.video else ""
    if streams.audio:
        _first_sound(path, settings)
    width, height = (streams.video.width, streams.video.height) if streams.video else (0, 0)
    return Media(
        sha256=_sha256(path),
        name=name if name is not None else path.name,
        container=streams.container,
        duration_s=round(duration_s, 3),
        has_video=bool(picture),
        has_audio=streams.audio is not None,
        width=width,
        height=height,
        fps=round(packets.of("video").rate, 3),
        size_bytes=path.stat().st_size,
    )


def _check_size(path: Path, settings: Settings) -> None:
    if not path.is_file():
        raise InputError(f"The file is not there (step: {STEP})", got=path.name, do="choose a file that exists")
    size = path.stat().st_size
    if size == 0:
        raise InputError(
            f"The file is empty (step: {STEP})", got="0 bytes", allowed=FORMATS, do="upload or export the clip again"
        )
    if size > settings.max_size_mb * 1_000_000:
        raise InputError(
            f"The file is too large (step: {STEP})",
            got=f"{size / 1e6:,.1f} MB",
            allowed=f"up to {settings.max_size_mb} MB (ERC_MAX_SIZE_MB)",
            do="cut the clip or export it with a lower quality",
        )


def _scan(path: Path, settings: Settings) -> tuple[Streams, _Packets]:
    """Open the file and read its packets once, without decoding them."""
    packets = _Packets()
    output = ["-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy", "-copyinkf"]
    output += ["-f", "framecrc", "pipe:1"]
    with ffmpeg(output, path, settings, STEP, loglevel="info", timeout_s=TIMEOUT_S) as running:
        for line in _lines(running):
            packets.read_line(line)
            _check_longest(packets.end_s, settings)
        try:
            log = running.finish()
        except InputError:
            # Whatever went wrong, a file that holds nothing of ours is told so first.
            _check_streams(parse_streams(running.log, path, STEP), path, settings)
            raise
    streams = parse_streams(log, path, STEP)
    _check_streams(streams, path, settings)
    _check_whole(streams, packets, log, path)
    return streams, packets


def _lines(running: Ffmpeg) -> Iterator[str]:
    rest = b""
    for chunk in running.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("ascii", "replace")


def _check_streams(streams: Streams, path: Path, settings: Settings) -> None:
    if streams.video is None and streams.audio is None:
        others = ", ".join(dict.fromkeys(streams.others)) or "no streams at all"
        raise InputError(
            f"The file holds neither a moving picture nor sound (step: {STEP})",
            got=f"{describe(path)} with {others}",
            allowed="a video track, an audio track, or both",
            do="export the clip with its picture or its sound",
        )
    for what, stream in (("picture", streams.video), ("sound", streams.audio)):
        if stream is not None and stream.codec in ("none", "unknown"):
            raise InputError(
                f"The {what} of the file is of an unknown kind (step: {STEP})",
                got=f"{describe(path)} with an unknown codec",
                do="export the clip as mp4 (H.264 and AAC) or wav and try again",
            )
    if streams.video and not streams.video.width * streams.video.height:
        raise InputError(
            f"The picture of the file has no size (step: {STEP})",
            got=describe(path),
            do="export the clip as mp4 (H.264 and AAC) and try again",
        )
    if streams.video and streams.video.width * streams.video.height > settings.max_pixels:
        raise picture_too_large(streams.video.width, streams.video.height, settings.max_pixels, STEP)


def _check_whole(streams: Streams, packets: _Packets, log: str, path: Path) -> None:
    """Refuse a file that ends before its header says; one whose header merely lies is taken as it is."""
    promised, found = streams.header_s, packets.end_s
    missing = promised is not None and found < 0.9 * promised - 0.1
    if missing and (DAMAGE.search(log) or streams.container in EXACT_HEADERS):
        raise _cut_short(f"{found:.1f} s of the {promised:.1f} s that its header states")
    size, stated = path.stat().st_size, promised_bytes(path)
    if stated is not None and size < 0.9 * stated:
        raise _cut_short(f"{size:,} of the {stated:,} bytes that its header states")


def _cut_short(got: str) -> InputError:
    return InputError(
        f"The file ends too early, as if its copy had been broken off (step: {STEP})",
        got=got,
        do="upload or export the clip again",
    )


def _check_duration(duration_s: float) -> None:
    if duration_s <= 0:
        raise InputError(
            f"The file holds no picture or sound that lasts (step: {STEP})",
            got="0 s",
            do="upload or export the clip again",
        )


def _check_longest(duration_s: float, settings: Settings) -> None:
    if duration_s > settings.max_duration_s:
        raise InputError(
            f"The clip is too long (step: {STEP})",
            got=f"more than {settings.max_duration_s:g} s",
            allowed=f"up to {settings.max_duration_s:g} s (ERC_MAX_DURATION_S)",
            do="cut the clip into parts",
        )


def _first_picture(path: Path, settings: Settings) -> str:
    output = ["-map", "0:V:0", "-frames:v", "1", "-f", "framecrc", "pipe:1"]
    return _decoded(output, path, settings, "picture")


def _first_sound(path: Path, settings: Settings) -> str:
    output = ["-map", "0:a:0", "-frames:a", "1", "-f", "framecrc", "pipe:1"]
    return _decoded(output, path, settings, "sound")


def _decoded(output: list[str], path: Path, settings: Settings, what: str) -> str:
    """Return the line of the first decoded frame, of which there must be one."""
    finished = run_ffmpeg(output, path, settings, STEP, timeout_s=TIMEOUT_S)
    lines = [line for line in finished.output.decode("ascii", "replace").splitlines() if not line.startswith("#")]
    if not lines:
        raise InputError(
            f"The {what} of the file cannot be decoded (step: {STEP})",
            got=describe(path),
            do="export the clip as mp4 (H.264 and AAC) or wav and try again",
        )
    return lines[0]


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
