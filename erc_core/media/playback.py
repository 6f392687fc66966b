"""A copy of a clip that a browser plays, where the clip itself is of a kind that none plays."""

from __future__ import annotations

from pathlib import Path

from erc_core.errors import InputError
from erc_core.media.process import Ffmpeg, ffmpeg
from erc_core.media.streams import Streams, VideoStream, open_streams
from erc_core.settings import Settings
from erc_core.types import Media, Progress, silent

STEP = "playback"
MAX_WIDTH = 1280
# Containers that browsers open, with the codecs that they decode in them.
PLAYED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "mp4": (frozenset(("h264", "av1", "vp9")), frozenset(("aac", "mp3", "opus", "flac"))),
    "m4a": (frozenset(), frozenset(("aac", "mp3", "opus", "flac"))),
    "webm": (frozenset(("vp8", "vp9", "av1")), frozenset(("opus", "vorbis"))),
    "ogg": (frozenset(), frozenset(("opus", "vorbis", "flac"))),
    "mp3": (frozenset(), frozenset(("mp3",))),
    "flac": (frozenset(), frozenset(("flac",))),
    "aac": (frozenset(), frozenset(("aac",))),
    "wav": (frozenset(), frozenset(("pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le"))),
}
PIXEL_FORMATS = ("yuv420p", "yuvj420p")


def playable(path: Path, media: Media, target: Path, settings: Settings, progress: Progress = silent) -> Path:
    """Return a file that a browser plays: the clip itself, or a copy that is written to ``target``.

    The copy is an mp4 (H.264 and AAC, at most ``MAX_WIDTH`` wide), without picture an m4a; what browsers decode in
    another container is copied as it is. Its times are those of the clip.

    Args:
        path: the clip
        media: what its probe found
        target: where a copy goes; it appears when it is complete
        settings: gives the limits
        progress: is told how far the copy is

    Raises:
        InputError: the clip cannot be decoded
        MissingResourceError: there is no ffmpeg
        CancelledError: ``progress`` asks to stop
    """
    streams = open_streams(path, settings, STEP)
    if _is_played(streams):
        progress(STEP, 1.0)
        return path
    part = target.with_name(f"{target.name}.part")
    try:
        with ffmpeg(_output(streams, part), path, settings, STEP) as running:
            _watch(running, media.duration_s, progress)
            running.finish()
        if not part.exists() or part.stat().st_size == 0:
            raise InputError(f"No copy for playing could be written (step: {STEP})", got=media.container)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    progress(STEP, 1.0)
    return target


def _is_played(streams: Streams) -> bool:
    pictures, sounds = PLAYED.get(streams.container, (frozenset(), frozenset()))
    video, audio = streams.video, streams.audio
    return (video is None or (video.codec in pictures and _plain(video))) and (audio is None or audio.codec in sounds)


def _plain(video: VideoStream) -> bool:
    return video.pixel_format in PIXEL_FORMATS and not video.interlaced


def _output(streams: Streams, part: Path) -> list[str]:
    output = ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]
    if streams.video is not None:
        output += ["-map", "0:V:0", *_video_options(streams.video)]
    if streams.audio is not None:
        kept = streams.audio.codec == "aac" and streams.container not in ("ts", "aac")
        output += ["-map", "0:a:0", *(["-c:a", "copy"] if kept else ["-c:a", "aac", "-b:a", "128k", "-ac", "2"])]
    return [*output, "-movflags", "+faststart", "-progress", "pipe:1", "-f", "mp4", f"file:{part}"]


def _video_options(video: VideoStream) -> list[str]:
    if video.codec == "h264" and _plain(video):
        return ["-c:v", "copy"]
    # H.264 with halved colour needs even sizes; pixels come out square.
    width = min(MAX_WIDTH, video.width)
    height = video.height * width / max(1, video.width)
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if video.interlaced else []
    filters += ["format=gbrap,premultiply=inplace=1"] if video.transparent else []
    filters += [f"scale={max(2, 2 * round(width / 2))}:{max(2, 2 * round(height / 2))},setsar=1,format=yuv420p"]
    return ["-vf", ",".join(filters), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "2"]


def _watch(running: Ffmpeg, duration_s: float, progress: Progress) -> None:
    """Pass ffmpeg's own report on to ``progress`` until it ends."""
    rest = b""
    while content := running.read_some():
        *lines, rest = (rest + content).split(b"\n")
        for line in lines:
            name, _, value = line.partition(b"=")
            if name == b"out_time_us" and value.strip().isdigit():
                progress(STEP, min(1.0, int(value) / 1e6 / max(duration_s, 0.001)))
