"""The sound of a clip as one channel at 16 kHz."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.process import ffmpeg
from erc_core.media.streams import AudioStream, open_streams
from erc_core.settings import Settings

STEP = "sound"
RATE_HZ = 16_000
# async fills gaps in the time stamps with silence and first_pts a late start, so that sample n is at n / RATE_HZ of
# the clip. Channels are averaged: rematrix_maxval keeps ffmpeg from adding them up to more than one.
RESAMPLE = f"aresample={RATE_HZ}:async=1:first_pts=0"
MIX = ":ochl=mono:rematrix_maxval=1.0"
UNNAMED = re.compile(r"(\d+) channels")


def read_audio(path: Path, settings: Settings, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
    """Decode the sound of a clip, or of a stretch of it.

    Args:
        path: the clip
        settings: gives the limits
        start_s: where to begin
        end_s: where to end; the end of the clip where it is None

    Returns:
        samples in [-1, 1] at ``RATE_HZ``, channels averaged, ``(N,)``;
        shorter than asked for where the sound ends before

    Raises:
        InputError: the clip has no sound, or it cannot be decoded
        MissingResourceError: there is no ffmpeg
    """
    end_s = settings.max_duration_s if end_s is None else min(end_s, settings.max_duration_s)
    if not 0 <= start_s <= end_s:
        raise InputError(
            f"There is no such stretch of sound (step: {STEP})",
            got=f"{start_s:g} s to {end_s:g} s",
            allowed="0 <= start <= end",
        )
    limit = round((end_s - start_s) * RATE_HZ) * 4
    if not limit:
        return np.zeros(0, dtype=np.float32)
    audio = open_streams(path, settings, STEP).audio
    if audio is None:
        raise InputError(
            f"The clip has no sound (step: {STEP})", got="no audio track", do="analyse it by its words or pictures"
        )
    before = ["-ss", f"{start_s:.6f}"] if start_s else []
    output = ["-map", "0:a:0", "-vn", "-t", f"{end_s - start_s:.6f}", "-af", _filter(audio), "-f", "f32le", "pipe:1"]
    content = bytearray()
    with ffmpeg(output, path, settings, STEP, before) as running:
        for chunk in running.chunks():
            content += chunk
            if len(content) >= limit:
                break
        else:
            running.finish()
    samples = np.frombuffer(content, dtype="<f4", count=min(len(content), limit) // 4).astype(np.float32, copy=False)
    # Sound files of floating point numbers may hold anything.
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -1.0, 1.0, out=samples)


def _filter(audio: AudioStream) -> str:
    """Return ffmpeg's filter that leaves one channel at our rate."""
    unnamed = UNNAMED.match(audio.channels)
    if unnamed is None or int(unnamed.group(1)) <= 8:
        return RESAMPLE + MIX
    # Channels without names are beyond the tables of a mix.
    count = int(unnamed.group(1))
    return f"pan=mono|c0={'+'.join(f'{1 / count:.6f}*c{number}' for number in range(count))},{RESAMPLE}"
