"""The one place that starts ffmpeg: a child process that a hostile file cannot use for anything else.

The child reads the file through its standard input (ffmpeg's ``fd:`` protocol), and no other protocol is allowed: a
playlist, a list of files or a reference inside a container cannot open anything, and the name of the file plays no
part, so the type comes from the content. Only the demuxers of ``DEMUXERS`` are tried. Memory, processor time and wall
time are limited.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from erc_core.errors import InputError, MissingResourceError
from erc_core.settings import Settings

CHUNK_BYTES = 1 << 16
LOG_BYTES = 1 << 16
MAX_OUTPUT_BYTES = 256 << 20
THREADS = 2
FORMATS = "mp4, mov, webm, mkv, avi, mpg, ts, wmv, flv, wav, aiff, mp3, flac, m4a, aac, amr, ogg"
DEMUXERS = (
    "mov",
    "matroska",
    "avi",
    "mpeg",
    "mpegts",
    "asf",
    "flv",
    "wav",
    "w64",
    "aiff",
    "caf",
    "au",
    "mp3",
    "flac",
    "aac",
    "amr",
    "ogg",
)
GENERAL_COMPLAINTS = (
    "Decode error rate",
    "Error opening",
    "Conversion failed",
    "Last message",
    "Task finished",
    "Terminating",
)
TOO_LARGE = re.compile(r"[Pp]icture size (\d+)x(\d+) exceeds specified max pixel count")
# The shell sets the limits before it becomes ffmpeg, so nothing of the file is read without them, and no Python code
# runs between fork and exec (which is unsafe where there are threads).
LAUNCHER = 'ulimit -c 0 && ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True)
class Finished:
    """What an ffmpeg that ran to its end has written."""

    output: bytes
    log: str


class Ffmpeg:
    """A running ffmpeg whose output is read in parts. Made by `ffmpeg`, which also ends it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        step: str,
        timeout_s: float,
        settings: Settings,
        on_line: Callable[[str], None] | None,
    ) -> None:
        self.step = step
        self.timeout_s = timeout_s
        self.memory_mb = settings.decode_memory_mb
        self.max_pixels = settings.max_pixels
        self.timed_out = False
        self._process = process
        self._on_line = on_line
        self._head = bytearray()
        self._tail = bytearray()
        self._watchdog = threading.Timer(timeout_s, self._expire)
        self._watchdog.daemon = True
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._watchdog.start()
        self._listener.start()

    @property
    def log(self) -> str:
        """The first and the last part of what ffmpeg said."""
        return (bytes(self._head) + bytes(self._tail)).decode("utf-8", "replace")

    def read(self, size: int) -> bytes:
        """Read exactly ``size`` bytes of output, or what is left before its end."""
        stream = self._process.stdout
        return b"" if stream is None else stream.read(size)

    def read_some(self) -> bytes:
        """Read what output there is, waiting for some; nothing at its end."""
        stream = self._process.stdout
        return b"" if stream is None else os.read(stream.fileno(), CHUNK_BYTES)

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Read the output to its end in parts of at most ``size`` bytes."""
        while chunk := self.read(size):
            yield chunk

    def end(self) -> str:
        """Wait for the end, good or bad, and return the log."""
        self._process.wait()
        self._listener.join()
        return self.log

    def finish(self) -> str:
        """Wait for the end and return the log.

        Raises:
            InputError: the child was stopped at a limit, crashed, or could not use the file
        """
        log = self.end()
        status = self._process.returncode
        if self.timed_out or status == -24 or status == 128 + 24:  # SIGXCPU
            raise InputError(
                f"Decoding takes longer than is allowed (step: {self.step})",
                got=f"more than {self.timeout_s:g} s",
                do="use a shorter or simpler clip, or raise ERC_DECODE_TIMEOUT_S",
            )
        picture = TOO_LARGE.search(log)
        if picture:
            raise picture_too_large(int(picture.group(1)), int(picture.group(2)), self.max_pixels, self.step)
        if "Cannot allocate memory" in log or "bad_alloc" in log:
            raise InputError(
                f"Decoding needs more memory than is allowed (step: {self.step})",
                got=f"more than {self.memory_mb} MB",
                do="export the clip with a smaller picture, or raise ERC_DECODE_MEMORY_MB",
            )
        if status:
            raise InputError(
                f"The file cannot be decoded (step: {self.step})",
                got=complaint(log) or f"ffmpeg ended with status {status}",
                allowed=FORMATS,
                do="export the clip as mp4 or wav and try again",
            )
        return log

    def stop(self) -> None:
        """End the child now, whatever it does."""
        self._watchdog.cancel()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _expire(self) -> None:
        self.timed_out = True
        with suppress(ProcessLookupError):
            self._process.kill()

    def _listen(self) -> None:
        stream = self._process.stderr
        if stream is None:
            return
        # Bounded reads: a hostile file can make ffmpeg print a line without end.
        while line := stream.readline(LOG_BYTES):
            if len(self._head) < LOG_BYTES:
                self._head += line
            else:
                self._tail = (self._tail + line)[-LOG_BYTES:]
            if self._on_line is not None:
                self._on_line(line.decode("utf-8", "replace"))


def picture_too_large(width: int, height: int, max_pixels: int, step: str) -> InputError:
    """Return the error of a picture beyond the limit."""
    return InputError(
        f"The picture is too large (step: {step})",
        got=f"{width} x {height} pixels",
        allowed=f"up to {max_pixels:,} pixels (ERC_MAX_PIXELS)",
        do="export the clip with a smaller picture",
    )


def complaint(log: str) -> str:
    """Return the last line in which ffmpeg says what is wrong, without addresses of its memory."""
    for line in reversed(log.splitlines()):
        words = line.rsplit("] ", 1)[-1].strip()
        if words.startswith(GENERAL_COMPLAINTS):
            continue
        if any(sign in words for sign in ("rror", "nvalid", "not found", "nsupported", "orrupt")):
            return words[:200]
    return ""


def ffmpeg_path() -> str:
    """Return the path of the ffmpeg program.

    Raises:
        MissingResourceError: there is none
    """
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MissingResourceError(
            "No ffmpeg program was found", do="run make setup, or set IMAGEIO_FFMPEG_EXE to an ffmpeg"
        ) from error


def input_options(settings: Settings) -> list[str]:
    """Return the options that fence an input in; they stand before ``-i``."""
    return [
        *("-protocol_whitelist", "fd"),
        *("-format_whitelist", ",".join(DEMUXERS)),
        *("-threads", str(THREADS)),
        *("-max_pixels", str(settings.max_pixels)),
    ]


@contextmanager
def ffmpeg(
    output: Sequence[str],
    source: Path,
    settings: Settings,
    step: str,
    before: Sequence[str] = (),
    loglevel: str = "error",
    timeout_s: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Iterator[Ffmpeg]:
    """Run ffmpeg on ``source`` and hand it out for reading; it is ended when the block is left.

    Args:
        output: the arguments after the input: maps, filters, codecs, the output
        source: the file to read
        settings: gives the limits
        step: what is being done, for the messages
        before: further arguments before the input, such as ``-ss``
        loglevel: how much ffmpeg says
        timeout_s: longest run; the setting where it is None
        on_line: called in another thread with each line that ffmpeg says

    Raises:
        InputError: the file cannot be opened
        MissingResourceError: there is no ffmpeg
    """
    timeout_s = settings.decode_timeout_s if timeout_s is None else min(timeout_s, settings.decode_timeout_s)
    limits = [str(settings.decode_memory_mb * 1024), str(int(timeout_s * THREADS) + 1)]
    command = [ffmpeg_path(), "-hide_banner", "-nostdin", "-nostats", "-y", "-v", loglevel, "-filter_threads", "1"]
    command += [*input_options(settings), *before, "-i", "fd:", *output]
    try:
        handle = source.open("rb")
    except OSError as error:
        raise InputError(
            f"The file cannot be opened (step: {step})", got=error.strerror, do="upload it again"
        ) from error
    with handle:
        process = subprocess.Popen(
            ["/bin/sh", "-c", LAUNCHER, "sh", *limits, *command],
            stdin=handle,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
    running = Ffmpeg(process, step, timeout_s, settings, on_line)
    try:
        yield running
    finally:
        running.stop()


def run_ffmpeg(
    output: Sequence[str],
    source: Path,
    settings: Settings,
    step: str,
    before: Sequence[str] = (),
    loglevel: str = "error",
    timeout_s: float | None = None,
) -> Finished:
    """Run ffmpeg to its end and return all it wrote, at most ``MAX_OUTPUT_BYTES``; arguments as in `ffmpeg`.

    Raises:
        InputError: the file cannot be used, or a limit was reached
        MissingResourceError: there is no ffmpeg
    """
    content = bytearray()
    with ffmpeg(output, source, settings, step, before, loglevel, timeout_s) as running:
        for chunk in running.chunks():
            content += chunk
            if len(content) > MAX_OUTPUT_BYTES:
                raise InputError(
                    f"The file decodes to more than is allowed (step: {step})",
                    got=f"more than {MAX_OUTPUT_BYTES >> 20} MB",
                    do="use a shorter clip",
                )
        return Finished(bytes(content), running.finish())


def _environment() -> dict[str, str]:
    """Return the child's environment: nothing of ours but where programs and libraries are."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # Each arena of the allocator reserves address space, which the memory limit counts.
    return {**kept, "LC_ALL": "C", "MALLOC_ARENA_MAX": "2"}
