"""Speakers by a model that the user has: a SpeechBrain speaker encoder, or a pyannote diarisation pipeline.

Neither is installed with the app. A folder with ``hyperparams.yaml`` is SpeechBrain's, one with ``config.yaml``
pyannote's; nothing is fetched from a hub.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError, MissingResourceError
from erc_core.media.diarisation import MIN_VOICE_S, STEP, Turn
from erc_core.media.sound import RATE_HZ
from erc_core.types import Progress, Span, silent

Kind = Literal["speechbrain", "pyannote"]
FILES: dict[Kind, str] = {"speechbrain": "hyperparams.yaml", "pyannote": "config.yaml"}
# Two stretches of one voice have a cosine above this (SpeechBrain's own threshold for ECAPA-TDNN on VoxCeleb).
SAME_VOICE = 0.25
_use = threading.Lock()


def kind_of(folder: str) -> Kind:
    """Return whose model a folder holds.

    Raises:
        MissingResourceError: there is no such folder, or it holds neither
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise _missing(folder, "there is no such folder")
    for kind, name in FILES.items():
        if (path / name).is_file():
            return kind
    raise _missing(folder, "it holds neither " + " nor ".join(FILES.values()))


def turns_by_model(
    audio: NDArray[np.float32],
    speech: Sequence[Span],
    folder: str,
    speakers: int | None = None,
    progress: Progress = silent,
) -> tuple[Turn, ...]:
    """Find who speaks when with the model of a folder.

    Args:
        audio: one channel at 16 kHz, ``(N,)``
        speech: stretches of speech in it; pyannote finds its own
        folder: the model's
        speakers: how many there are; None to estimate it
        progress: told of the steps

    Raises:
        MissingResourceError: the model, or the package that runs it, is not there
        InputError: the model cannot hear this sound
        CancelledError: ``progress`` asks to stop
    """
    kind = kind_of(folder)
    progress(STEP, 0.0)
    model = _load(kind, str(Path(folder).expanduser()))
    with _use:
        try:
            turns = _pyannote(model, audio, speakers) if kind == "pyannote" else _ecapa(model, audio, speech, speakers)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"The voice model cannot hear this sound (step: {STEP})", got=error) from error
    progress(STEP, 1.0)
    return turns


def _pyannote(model: Any, audio: NDArray[np.float32], speakers: int | None) -> tuple[Turn, ...]:
    import torch

    heard = model({"waveform": torch.from_numpy(audio)[None], "sample_rate": RATE_HZ}, num_speakers=speakers)
    # From version 4 on the answer holds more than the turns.
    heard = getattr(heard, "speaker_diarization", heard)
    found = [(Span(part.start, part.end), name) for part, _, name in heard.itertracks(yield_label=True)]
    names = {name: number for number, name in enumerate(dict.fromkeys(name for _, name in found))}
    return tuple(Turn(span, names[name]) for span, name in found if span.duration_s > 0)


def _ecapa(model: Any, audio: NDArray[np.float32], speech: Sequence[Span], speakers: int | None) -> tuple[Turn, ...]:
    import torch

    if not speech:
        return ()
    points = []
    for span in speech:
        sound = audio[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)]
        with torch.inference_mode():
            points.append(model.encode_batch(torch.from_numpy(sound.copy())[None]).reshape(-1).numpy())
    voices = group_by_cosine(np.array(points, dtype=np.float64), speakers)
    return tuple(
        Turn(span, int(voice), span.duration_s >= MIN_VOICE_S) for span, voice in zip(speech, voices, strict=True)
    )


def group_by_cosine(points: NDArray[np.float64], speakers: int | None = None) -> NDArray[np.int64]:
    """Group embeddings ``(N, D)`` by voice with average linkage of cosines; numbers by first appearance, ``(N,)``."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(points) < 2:
        return np.zeros(len(points), dtype=np.int64)
    tree = linkage(points, method="average", metric="cosine")
    found = fcluster(tree, speakers, "maxclust") if speakers else fcluster(tree, 1 - SAME_VOICE, "distance")
    order = {name: number for number, name in enumerate(dict.fromkeys(found.tolist()))}
    return np.array([order[name] for name in found.tolist()], dtype=np.int64)


@lru_cache(maxsize=1)
def _load(kind: Kind, folder: str) -> Any:
    """Load a model once a process."""
    if kind == "speechbrain":
        encoder = _class(folder, "speechbrain.inference.speaker", "EncoderClassifier")
        return _made(folder, lambda: encoder.from_hparams(source=folder, savedir=folder, run_opts={"device": "cpu"}))
    pipeline = _class(folder, "pyannote.audio", "Pipeline")
    model = _made(folder, lambda: pipeline.from_pretrained(str(Path(folder) / FILES["pyannote"])))
    if model is None:
        raise _missing(folder, "pyannote could not read its config.yaml")
    return model


def _class(folder: str, module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        package = module.split(".")[0]
        package = "pyannote.audio" if package == "pyannote" else package
        raise _missing(folder, f"it needs the package {package} ({error}): pip install {package}") from error


def _made(folder: str, make: Any) -> Any:
    try:
        return make()
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
        raise _missing(folder, str(error).strip().split("\n", 1)[0]) from error


def _missing(folder: str, reason: str) -> MissingResourceError:
    return MissingResourceError(
        f"The voice model cannot be loaded (step: {STEP})",
        got=f"{folder!r}, {reason}",
        allowed="a folder with SpeechBrain's hyperparams.yaml and its files, or with pyannote's config.yaml",
        do="correct ERC_VOICE_MODEL, or leave it empty for the app's own way to tell voices apart",
    )
