"""Words of speech by a Whisper model that the user has: a local folder, or a name on the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import MissingResourceError
from erc_core.media.sound import RATE_HZ
from erc_core.types import Progress, Span, silent

STEP = "words"
# The length of sound that Whisper hears at once.
WINDOW_S = 30
SHORTEST_S = 0.1
MODEL_TYPE = "whisper"


@dataclass(frozen=True, slots=True)
class _Whisper:
    model: Any
    processor: Any
    device: str


def transcribe(
    audio: NDArray[np.float32],
    segments: Sequence[Span],
    model: str,
    progress: Progress = silent,
    device: str = "cpu",
) -> tuple[str, ...]:
    """Write down what is said.

    Args:
        audio: one channel at 16 kHz in [-1, 1], ``(N,)``
        segments: the stretches to listen to
        model: a folder that holds a Whisper model for transformers, or a name on the hub
        progress: is told how far the work is
        device: where the model runs, such as ``cpu`` or ``cuda``

    Returns:
        the words of each stretch, empty where the model heard none

    Raises:
        MissingResourceError: the model cannot be loaded; the message holds the reason
        CancelledError: ``progress`` asks to stop
    """
    whisper = _load(model, device)
    texts = []
    for number, segment in enumerate(segments):
        progress(STEP, number / len(segments))
        sound = audio[round(segment.start_s * RATE_HZ) : round(segment.end_s * RATE_HZ)]
        windows = [sound[start : start + WINDOW_S * RATE_HZ] for start in range(0, len(sound), WINDOW_S * RATE_HZ)]
        heard = [_hear(whisper, window) for window in windows if len(window) >= SHORTEST_S * RATE_HZ]
        texts.append(" ".join(filter(None, heard)))
    progress(STEP, 1.0)
    return tuple(texts)


def _hear(whisper: _Whisper, sound: NDArray[np.float32]) -> str:
    import torch

    inputs = whisper.processor(sound, sampling_rate=RATE_HZ, return_tensors="pt", return_attention_mask=True)
    with torch.inference_mode():
        tokens = whisper.model.generate(
            inputs.input_features.to(whisper.device), attention_mask=inputs.attention_mask.to(whisper.device)
        )
    words: str = whisper.processor.batch_decode(tokens, skip_special_tokens=True)[0]
    return words.strip()


@lru_cache(maxsize=1)
def _load(name: str, device: str) -> _Whisper:
    """Load a model once a process."""
    from safetensors import SafetensorError
    from transformers import AutoConfig, WhisperForConditionalGeneration, WhisperProcessor

    folder = Path(name).expanduser()
    if name.startswith(("/", ".", "~")) and not folder.is_dir():
        raise _missing(name, "there is no such folder")
    source = str(folder) if folder.is_dir() else name
    try:
        kind = AutoConfig.from_pretrained(source).model_type
        if kind != MODEL_TYPE:
            raise _missing(name, f"it is a model of the kind {kind}")
        model = WhisperForConditionalGeneration.from_pretrained(source)
        processor = WhisperProcessor.from_pretrained(source)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise _missing(name, str(error).strip().split("\n", 1)[0]) from error
    return _Whisper(model.to(device).eval(), processor, device)


def _missing(name: str, reason: str) -> MissingResourceError:
    return MissingResourceError(
        f"The Whisper model cannot be loaded (step: {STEP})",
        got=f"{name!r}, {reason}" if name else "no name",
        allowed="a folder with config.json, model.safetensors and its tokenizer, or a name on the hub",
        do="correct ERC_WHISPER, or leave it empty and give the words as a transcript",
    )
