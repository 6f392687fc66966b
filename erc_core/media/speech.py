"""Where somebody speaks: silero-vad (MIT, weights in its package) on the sound of a clip."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erc_core.media.sound import RATE_HZ
from erc_core.types import Progress, Span, silent

STEP = "speech"
MIN_SPEECH_S = 0.3
MIN_PAUSE_S = 0.4
MAX_SPEECH_S = 15.0
PADDING_S = 0.1
SPLIT_PAUSE_S = 0.1
# The detector keeps its state between calls.
_USE = threading.Lock()


def speech_segments(audio: NDArray[np.float32], progress: Progress = silent) -> tuple[Span, ...]:
    """Find the stretches of speech.

    A pause of ``MIN_PAUSE_S`` ends a stretch; one longer than ``MAX_SPEECH_S`` is cut at its longest pause. Each is
    widened by ``PADDING_S`` where there is room.

    Args:
        audio: one channel at 16 kHz in [-1, 1], ``(N,)``
        progress: is told how far the search is

    Returns:
        stretches in order that do not overlap

    Raises:
        CancelledError: ``progress`` asks to stop
    """
    if len(audio) == 0:
        return ()
    model, find, torch = _detector()
    reported = 0

    def report(percent: float) -> None:
        nonlocal reported
        if int(percent) > reported:
            reported = int(percent)
            progress(STEP, min(percent / 100, 1.0))

    with _USE, _one_thread(torch):
        found = find(
            torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32)),
            model,
            sampling_rate=RATE_HZ,
            min_speech_duration_ms=round(MIN_SPEECH_S * 1000),
            min_silence_duration_ms=round(MIN_PAUSE_S * 1000),
            max_speech_duration_s=MAX_SPEECH_S,
            min_silence_at_max_speech=round(SPLIT_PAUSE_S * 1000),
            speech_pad_ms=round(PADDING_S * 1000),
            progress_tracking_callback=report,
        )
    progress(STEP, 1.0)
    return tuple(Span(piece["start"] / RATE_HZ, piece["end"] / RATE_HZ) for piece in found)


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Compute in one thread: the detector's steps are so small that several would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@lru_cache(maxsize=1)
def _detector() -> tuple[Any, Any, Any]:
    """Load the detector once: the model, its search function, and torch."""
    import torch

    threads = torch.get_num_threads()
    import silero_vad

    # Its import sets one thread for the whole process.
    torch.set_num_threads(threads)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.load.*", category=DeprecationWarning)
        model = silero_vad.load_silero_vad()
    return model, silero_vad.get_speech_timestamps, torch
