"""What is in a container: the streams that ffmpeg finds when it opens the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from erc_core.errors import InputError
from erc_core.media.process import FORMATS, TOO_LARGE, complaint, ffmpeg
from erc_core.media.signature import HEAD_BYTES, describe
from erc_core.settings import Settings

OPEN_TIMEOUT_S = 30.0
INPUT = re.compile(r"^Input #0, (\S+), from ", re.MULTILINE)
DURATION = re.compile(r"^  Duration: (?:(\d+):(\d+):(\d+\.\d+)|N/A)", re.MULTILINE)
# ffmpeg indents whatever a file says of itself further than its own lines, so a title cannot pose as a stream.
STREAM = re.compile(r"^  Stream #0:(\d+)(?:\[[^\]]*\])?(?:\([^)]*\))?: (\w+): (.*)$", re.MULTILINE)
SIZE = re.compile(r", (\d{1,6})x(\d{1,6})[ ,]")
RATE = re.compile(r", (\d+(?:\.\d+)?)(k?) fps")
ASPECT = re.compile(r"SAR (\d+):(\d+)")
ROTATION = re.compile(r"^ {4,}display ?matrix: rotation of (-?\d+\.\d+) degrees", re.MULTILINE | re.IGNORECASE)
ALPHA = ("rgba", "argb", "bgra", "abgr", "yuva", "gbrap", "ya8", "ya16", "pal8")


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A moving picture: its size as shown, with rotation and the shape of the pixels taken into account."""

    codec: str
    pixel_format: str
    width: int
    height: int
    fps: float
    interlaced: bool
    transparent: bool


@dataclass(frozen=True, slots=True)
class AudioStream:
    """A sound track."""

    codec: str
    channels: str


@dataclass(frozen=True, slots=True)
class Streams:
    """A container, the duration its header states (None where it states none), and the streams that are read."""

    container: str
    header_s: float | None
    video: VideoStream | None
    audio: AudioStream | None
    others: tuple[str, ...]


def open_streams(path: Path, settings: Settings, step: str) -> Streams:
    """Open a file and return what is in it, without reading its packets.

    Raises:
        InputError: the file is none of the allowed formats
        MissingResourceError: there is no ffmpeg
    """
    with ffmpeg([], path, settings, step, loglevel="info", timeout_s=OPEN_TIMEOUT_S) as running:
        # Without an output ffmpeg only says what it found, and closes.
        for _ in running.chunks():
            pass
        return parse_streams(running.end(), path, step)


def parse_streams(log: str, path: Path, step: str) -> Streams:
    """Read what ffmpeg said when it opened ``path``.

    Args:
        log: ffmpeg's words at level ``info``
        path: the file, to name what it is where ffmpeg could not open it
        step: what is being done, for the message

    Raises:
        InputError: ffmpeg could not open the file as any of the allowed formats
    """
    opened = INPUT.search(log)
    if opened is None:
        found = describe(path)
        reason = complaint(log)
        raise InputError(
            f"The file cannot be read as video or audio (step: {step})",
            got=f"{found} ({reason})" if reason and "Invalid data" not in reason else found,
            allowed=FORMATS,
            do="export the clip as mp4 or wav and try again",
        )
    # What follows is said of the output.
    log = log.split("\nOutput #0", 1)[0].split("\nStream mapping:", 1)[0]
    found_streams = list(STREAM.finditer(log))
    video: VideoStream | None = None
    audio: AudioStream | None = None
    others: list[str] = []
    for place, match in enumerate(found_streams):
        end = found_streams[place + 1].start() if place + 1 < len(found_streams) else len(log)
        kind, words = match.group(2), match.group(3)
        if kind == "Video" and "(attached pic)" not in words and "(timed thumbnails)" not in words:
            video = video or _video(words, log[match.end() : end], log)
        elif kind == "Audio":
            audio = audio or AudioStream(words.split(" ", 1)[0].rstrip(","), _field(words, 2))
        else:
            others.append("an attached picture" if kind == "Video" else kind.lower())
    return Streams(_container(opened.group(1), path), _header_s(log), video, audio, tuple(others))


def _video(words: str, details: str, log: str) -> VideoStream:
    # The decoder refuses a picture beyond the limit, and then only its complaint tells the size.
    size = SIZE.search(words + ",") or TOO_LARGE.search(log)
    width, height = (int(size.group(1)), int(size.group(2))) if size else (0, 0)
    # The container's aspect ratio, where it differs from the codec's, comes last and is the one that counts.
    aspects = ASPECT.findall(words)
    if aspects:
        wide, high = (int(number) for number in aspects[-1])
        if wide > 0 and high > 0 and 1 / 16 < wide / high < 16:
            width = max(1, round(width * wide / high))
    turned = ROTATION.search(details)
    if turned and round(float(turned.group(1)) / 90) % 2:
        width, height = height, width
    pixel_format = _field(words, 1)
    name = pixel_format.split("(", 1)[0]
    interlaced = any(order in pixel_format for order in ("top first", "bottom first", "top coded", "bottom coded"))
    rate = RATE.search(words)
    return VideoStream(
        codec=words.split(" ", 1)[0].rstrip(","),
        pixel_format=name,
        width=width,
        height=height,
        fps=float(rate.group(1)) * (1000 if rate.group(2) else 1) if rate else 0.0,
        interlaced=interlaced,
        transparent=name.startswith(ALPHA),
    )


def _field(words: str, index: int) -> str:
    """Return one of ffmpeg's fields, which commas part outside of brackets."""
    fields = re.split(r", (?![^(\[]*[)\]])", words)
    return fields[index].strip() if index < len(fields) else ""


def _header_s(log: str) -> float | None:
    match = DURATION.search(log)
    if match is None or match.group(1) is None:
        return None
    return int(match.group(1)) * 3600 + int(match.group(2)) * 60 + float(match.group(3))


def _container(demuxer: str, path: Path) -> str:
    """Return the common name of the container, where one demuxer reads several."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    if demuxer.startswith("mov"):
        return {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a"}.get(head[8:12], "mp4")
    if demuxer.startswith("matroska"):
        return "webm" if b"webm" in head[:64] else "mkv"
    return {"asf": "wmv", "mpegts": "ts", "mpeg": "mpg"}.get(demuxer, demuxer)
