"""Files that are broken or mean harm, each with the exact message that a person gets."""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import InputError
from erc_core.media.probe import probe
from erc_core.media.sound import read_audio
from erc_core.settings import Settings
from tests.media.conftest import H264, TONE, VIDEO, Maker

UNREADABLE = (
    "The file cannot be read as video or audio (step: probe). got: {}. allowed: mp4, mov, webm, mkv, avi, mpg, ts, "
    "wmv, flv, wav, aiff, mp3, flac, m4a, aac, amr, ogg. what to do: export the clip as mp4 or wav and try again."
)
UNDECODABLE = UNREADABLE.replace("read as video or audio", "decoded")
CUT = (
    "The file ends too early, as if its copy had been broken off (step: probe). got: {}. "
    "what to do: upload or export the clip again."
)


def wav_header(rate_hz: int = 16000, channels: int = 1, bits: int = 16, kind: int = 1, size: int = 32000) -> bytes:
    form = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * channels * bits // 8 % 2**32, 2, bits)
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16)
    return head + form + b"data" + struct.pack("<I", size)


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("clip.mp4", b"x" * 100)
    return target.getvalue()


NOISE = np.random.default_rng(7).bytes(50_000)
# Content and what the message says of it.
NO_MEDIA: dict[str, tuple[bytes, str]] = {
    "one byte": (b"\x07", "a file of unknown kind of 1 byte"),
    "text": (b"this is no film\n" * 10, "a text file of 160 bytes"),
    "one letter": (b"x", "a text file of 1 byte"),
    "text in UTF-16": ("this is no film".encode("utf-16"), "a text file of 32 bytes"),
    "text in Windows-1252": ("ein schöner Tag".encode("cp1252"), "a text file of 15 bytes"),
    "html": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "an HTML page of 53 bytes"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "a text file of 19 bytes"),
    "json": (b'{"a": [1, 2]}', "a text file of 13 bytes"),
    "xml": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "an XML file of 85 bytes",
    ),
    "svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "an SVG drawing of 80 bytes",
    ),
    "hls of a file": (b"#EXTM3U\n#EXTINF:3,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "a playlist (HLS) of 53 bytes"),
    "hls of a host": (
        b"#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "a playlist (HLS) of 58 bytes",
    ),
    "dash": (
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
        "a playlist (DASH) of 79 bytes",
    ),
    "ffconcat": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "a list of files (ffconcat) of 40 bytes"),
    "ffmetadata": (b";FFMETADATA1\ntitle=x\n", "a text file of 21 bytes"),
    "sdp": (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        "a text file of 75 bytes",
    ),
    "srt": (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "an SRT transcript of 38 bytes"),
    "webvtt": (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "a WebVTT transcript of 38 bytes"),
    "rtf": (b"{\\rtf1 hello}", "an RTF document of 13 bytes"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x40" * 2 + b"\x08" * 22, "a PNG picture of 46 bytes"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 30, "a JPEG picture of 41 bytes"),
    "gif": (b"GIF89a\x10\0\x10\0\x80\0\0" + b"\0" * 30, "a GIF picture of 43 bytes"),
    "pdf": (b"%PDF-1.7\n" + b"\x80" * 50, "a PDF document of 59 bytes"),
    "zip": (zipped(), "a ZIP archive or an office document of 214 bytes"),
    "a bomb of zeros in gzip": (gzip.compress(b"\0" * 10_000_000, mtime=0), "a gzip archive of 9,750 bytes"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"\1" * 40, "a 7-Zip archive of 46 bytes"),
    "a database": (b"SQLite format 3\0" + b"\x10" * 84, "a database of 100 bytes"),
    "a program": (b"\x7fELF\2\1\1" + b"\0" * 100, "a program of 107 bytes"),
    "noise": (NOISE, "a file of unknown kind of 50,000 bytes"),
    "zeros": (b"\0" * 100_000, "a file of zero bytes only of 100,000 bytes"),
    "the first box of an mp4": (
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
        "an MP4 or MOV file of 24 bytes (moov atom not found)",
    ),
    "the first bytes of an mkv": (
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff",
        "a WebM or Matroska file of 12 bytes",
    ),
    "a riff without content": (b"RIFF\x04\0\0\0WAVE", "a WAV file of 12 bytes"),
    "an id3 of a gigabyte": (b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"\0" * 100, "an MP3 file of 110 bytes"),
    "the first bytes of an ogg": (b"OggS\0\2" + b"\0" * 20, "an Ogg file of 26 bytes"),
    "the first bytes of a flac": (b"fLaC\0\0\0\x22" + b"\0" * 10, "a FLAC file of 18 bytes"),
    "a wav of no rate": (wav_header(rate_hz=0) + b"\0" * 32000, "a WAV file of 32,044 bytes (Invalid sample rate: 0)"),
}


@pytest.mark.parametrize("name", NO_MEDIA)
def test_what_is_no_media_is_named_for_what_it_is(tmp_path: Path, settings: Settings, name: str) -> None:
    content, found = NO_MEDIA[name]
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        probe(path, settings)
    assert str(caught.value) == UNREADABLE.format(found)


def shortened(path: Path, share: float, target: Path) -> Path:
    content = path.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def patched(path: Path, target: Path, mark: bytes, offset: int, value: bytes) -> Path:
    content = bytearray(path.read_bytes())
    place = content.index(mark) + offset
    content[place : place + len(value)] = value
    target.write_bytes(content)
    return target


# How a file is broken, from a whole clip (mp4), the maker of clips, and the target; and what is said of it.
Breaker = Callable[[Path, Maker, Path], Path]
BROKEN: dict[str, tuple[Breaker, str]] = {
    "an empty file": (
        lambda video, clip, to: shortened(video, 0, to),
        (
            "The file is empty (step: probe). "
            "got: 0 bytes. "
            "allowed: mp4, mov, webm, mkv, avi, mpg, ts, wmv, flv, wav, aiff, mp3, flac, m4a, aac, amr, ogg. "
            "what to do: upload or export the clip again."
        ),
    ),
    "a folder": (
        lambda video, clip, to: to.mkdir() or to,
        ("The file is not there (step: probe). got: broken.mp4. what to do: choose a file that exists."),
    ),
    "a file that is gone": (
        lambda video, clip, to: to,
        ("The file is not there (step: probe). got: broken.mp4. what to do: choose a file that exists."),
    ),
    "a pipe": (
        lambda video, clip, to: os.mkfifo(to) or to,
        ("The file is not there (step: probe). got: broken.mp4. what to do: choose a file that exists."),
    ),
    "a link to nothing": (
        lambda video, clip, to: to.symlink_to("nowhere") or to,
        ("The file is not there (step: probe). got: broken.mp4. what to do: choose a file that exists."),
    ),
    "an mp4 cut before its index": (
        lambda v, clip, to: shortened(clip("i.mp4", *VIDEO, *H264), 0.7, to),
        UNREADABLE.format("an MP4 or MOV file of 122,775 bytes (moov atom not found)"),
    ),
    "an mp4 cut after its index": (
        lambda video, clip, to: shortened(video, 0.5, to),
        CUT.format("1.0 s of the 2.0 s that its header states"),
    ),
    "an m4a cut": (
        lambda v, clip, to: shortened(clip("a.m4a", *TONE), 0.5, to),
        UNREADABLE.format("an MP4 or MOV file of 9,392 bytes (moov atom not found)"),
    ),
    "a wav cut": (
        lambda v, clip, to: shortened(clip("a.wav", *TONE), 0.5, to),
        CUT.format("88,239 of the 176,478 bytes that its header states"),
    ),
    "a flac cut": (
        lambda v, clip, to: shortened(clip("a.flac", *TONE), 0.5, to),
        CUT.format("0.7 s of the 2.0 s that its header states"),
    ),
    "an aiff cut": (
        lambda v, clip, to: shortened(clip("a.aiff", *TONE), 0.5, to),
        CUT.format("1.0 s of the 2.0 s that its header states"),
    ),
    "an avi cut": (
        lambda v, clip, to: shortened(clip("a.avi", *VIDEO, "-c:v", "mpeg4"), 0.5, to),
        CUT.format("0.5 s of the 1.0 s that its header states"),
    ),
    "an mkv cut": (
        lambda v, clip, to: shortened(clip("a.mkv", *VIDEO, *H264), 0.5, to),
        CUT.format("0.9 s of the 2.0 s that its header states"),
    ),
    "an mkv of subtitles": (
        lambda v, clip, to: subtitles(clip, to),
        (
            "The file holds neither a moving picture nor sound (step: probe). "
            "got: a WebM or Matroska file of 1,152 bytes with subtitle. "
            "allowed: a video track, an audio track, or both. "
            "what to do: export the clip with its picture or its sound."
        ),
    ),
    "a flac of nothing but its header": (
        lambda v, clip, to: shortened(clip("a.flac", *TONE), 0.003, to),
        UNREADABLE.format("a FLAC file of 117 bytes"),
    ),
    "a wav of nothing but its header": (
        lambda v, clip, to: written(to, wav_header(size=0)),
        (
            "The file holds no picture or sound that lasts (step: probe). "
            "got: 0 s. "
            "what to do: upload or export the clip again."
        ),
    ),
    "a wav of no channels": (
        lambda v, clip, to: written(to, wav_header(channels=0) + bytes(32000)),
        (
            "The file holds no picture or sound that lasts (step: probe). "
            "got: 0 s. "
            "what to do: upload or export the clip again."
        ),
    ),
    "a wav of 60,000 channels": (
        lambda v, clip, to: written(to, wav_header(channels=60000) + bytes(32000)),
        (
            "The file holds no picture or sound that lasts (step: probe). "
            "got: 0 s. "
            "what to do: upload or export the clip again."
        ),
    ),
    "a wav of an unknown codec": (
        lambda v, clip, to: written(to, wav_header(kind=0x9999) + bytes(32000)),
        (
            "The sound of the file is of an unknown kind (step: probe). "
            "got: a WAV file of 32,044 bytes with an unknown codec. "
            "what to do: export the clip as mp4 (H.264 and AAC) or wav and try again."
        ),
    ),
    "a wav of four billion samples a second": (
        lambda v, clip, to: written(to, wav_header(rate_hz=2**32 - 1) + bytes(32000)),
        UNREADABLE.format("a WAV file of 32,044 bytes (Invalid sample rate: -1)"),
    ),
    "an mp4 of an unknown codec": (
        lambda video, clip, to: patched(video, to, b"avc1\0\0\0\0\0\0", 0, b"zzzz"),
        (
            "The picture of the file is of an unknown kind (step: probe). "
            "got: an MP4 or MOV file of 194,660 bytes with an unknown codec. "
            "what to do: export the clip as mp4 (H.264 and AAC) or wav and try again."
        ),
    ),
    "an mp4 whose pictures are noise": (
        lambda video, clip, to: scrambled(clip, to),
        UNDECODABLE.format("Decoding error: Invalid data found when processing input"),
    ),
    "an mp4 without its codec's header": (
        lambda video, clip, to: patched(video, to, b"avcC", 4, bytes(12)),
        UNDECODABLE.format("Decoding error: Invalid data found when processing input"),
    ),
    "a picture of 12 million pixels": (
        lambda v, clip, to: clip(
            "huge.avi", "-f", "lavfi", "-i", "color=black:size=4000x3000:duration=0.04", "-c:v", "mjpeg"
        ),
        (
            "The picture is too large (step: probe). got: 4000 x 3000 pixels. "
            "allowed: up to 8,294,400 pixels (ERC_MAX_PIXELS). what to do: export the clip with a smaller picture."
        ),
    ),
    "a picture of a size without end": (
        lambda v, clip, to: patched(
            clip("r.avi", *VIDEO, "-frames:v", "1", "-c:v", "rawvideo"), to, b"strf", 12, b"\0\0\1\0\0\0\1\0"
        ),
        (
            "The picture of the file has no size (step: probe). "
            "got: an AVI file of 120,986 bytes. "
            "what to do: export the clip as mp4 (H.264 and AAC) and try again."
        ),
    ),
    "two pictures ten hours apart": (
        lambda v, clip, to: clip(
            "apart.mkv", *VIDEO, "-frames:v", "2", "-vf", "setpts=N*36000/TB", "-fps_mode", "vfr", *H264
        ),
        (
            "The clip is too long (step: probe). "
            "got: more than 3600 s. "
            "allowed: up to 3600 s (ERC_MAX_DURATION_S). "
            "what to do: cut the clip into parts."
        ),
    ),
    "hours of silence in little space": (
        lambda v, clip, to: clip("hours.flac", "-f", "lavfi", "-i", "anullsrc=duration=4000:sample_rate=8000"),
        (
            "The clip is too long (step: probe). "
            "got: more than 3600 s. "
            "allowed: up to 3600 s (ERC_MAX_DURATION_S). "
            "what to do: cut the clip into parts."
        ),
    ),
}


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def subtitles(clip: Maker, target: Path) -> Path:
    words = written(target.with_suffix(".vtt"), b"WEBVTT\n\n00:00.000 --> 00:01.000\nhi\n")
    return clip("words.mkv", "-i", words)


def scrambled(clip: Maker, target: Path) -> Path:
    """Return a clip whose index is right and whose pictures are not."""
    content = bytearray(clip("s.mp4", *VIDEO, *H264, "-x264-params", "keyint=1").read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = np.random.default_rng(3).bytes(end - start)
    return written(target, bytes(content))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_refused_with_the_reason(
    video: Path, clip: Maker, tmp_path: Path, settings: Settings, name: str
) -> None:
    make, message = BROKEN[name]
    path = make(video, clip, tmp_path / "broken.mp4")
    with pytest.raises(InputError) as caught:
        probe(path, settings)
    assert str(caught.value) == message


def test_a_file_beyond_the_size_limit_is_refused(video: Path, tmp_path: Path) -> None:
    padded = written(tmp_path / "large.mp4", video.read_bytes() + bytes(1_500_000))
    with pytest.raises(InputError) as caught:
        probe(padded, Settings(data=tmp_path, max_size_mb=1))
    assert str(caught.value) == (
        f"The file is too large (step: probe). got: {padded.stat().st_size / 1e6:,.1f} MB. "
        "allowed: up to 1 MB (ERC_MAX_SIZE_MB). what to do: cut the clip or export it with a lower quality."
    )


def test_a_clip_beyond_a_limit_that_was_set_is_refused(video: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match=re.escape("got: more than 1.5 s. allowed: up to 1.5 s (ERC_MAX_DURATION_S)")):
        probe(video, replace(settings, max_duration_s=1.5))
    with pytest.raises(InputError, match=re.escape("got: 320 x 240 pixels. allowed: up to 5,000 pixels")):
        probe(video, replace(settings, max_pixels=5000))


def test_sound_damaged_in_the_middle_is_read_around_the_damage(clip: Maker, tmp_path: Path, settings: Settings) -> None:
    content = bytearray(clip("long.mp3", "-f", "lavfi", "-i", "sine=duration=10").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    path = written(tmp_path / "damaged.mp3", bytes(content))
    audio = read_audio(path, settings)
    assert probe(path, settings).duration_s == pytest.approx(10, abs=0.5)
    assert len(audio) == pytest.approx(160_000, abs=8000)
    assert np.isfinite(audio).all()


def test_a_playlist_never_makes_ffmpeg_look_elsewhere(tmp_path: Path, settings: Settings) -> None:
    secret = tmp_path / "secret.ts"
    os.mkfifo(secret)  # whoever opened it would wait until the time limit
    playlist = written(tmp_path / "clip.mp4", f"#EXTM3U\n#EXTINF:3,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode())
    started = time.monotonic()
    with pytest.raises(InputError, match="a playlist"):
        probe(playlist, settings)
    assert time.monotonic() - started < 20
