"""Running a model on a dialogue's features: device and precision, pieces, calibration, the trace."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.encodings import autocast, encode_sample
from erc_core.errors import InputError
from erc_core.models.base import ErcModel, Sample, collate
from erc_core.models.checkpoints import Loaded, Temperatures, load_model, model_ref
from erc_core.settings import Settings
from erc_core.types import (
    MODALITIES,
    Dialogue,
    FeatureRow,
    Features,
    FloatArray,
    Knob,
    Missing,
    Modality,
    Prediction,
    Progress,
    Trace,
    TraceArray,
    UnimodalPrediction,
    frozen_array,
    silent,
)

PIECE = 64  # utterances in one forward pass of a model that needs no whole dialogue
OFF = "switched off"
NOTHING_IN_IT: Mapping[Modality, str] = {  # why a model has not read a row that is there
    "t": "there are no words in it",
    "a": "there is no sound in it",
    "v": "the speaker's face is not seen",
}
# Models are shared by the threads of a process, their encoders by models, and knobs and hooks are part of them: one
# thread uses them at a time.
_TURNED = threading.RLock()


@contextmanager
def turned(model: ErcModel, knobs: Sequence[Knob]) -> Iterator[None]:
    """Have a model for oneself, with its knobs turned.

    Raises:
        UnknownNameError: the model has no such knob, or it cannot take that value
    """
    with _TURNED:
        model.turn(knobs)
        yield


def chosen_device(settings: Settings) -> torch.device:
    """Return the device that the settings ask for.

    Raises:
        InputError: there is no such device
    """
    wanted = settings.device
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted != "cpu" and not (wanted.startswith("cuda") and torch.cuda.is_available()):
        allowed = "auto, cpu" + (", cuda, cuda:N" if torch.cuda.is_available() else "; no GPU is seen here")
        raise InputError("The device cannot be used", got=wanted, allowed=allowed, do="change ERC_DEVICE")
    return torch.device(wanted)


def chosen_precision(settings: Settings, device: torch.device) -> str:
    """Return ``float32`` or ``bf16``; automatic is bf16 on a GPU.

    Raises:
        InputError: the settings name another precision
    """
    if settings.precision not in {"auto", "float32", "bf16"}:
        raise InputError(
            "Unknown precision", got=settings.precision, allowed="auto, float32, bf16", do="change ERC_PRECISION"
        )
    if settings.precision == "auto":
        return "bf16" if device.type == "cuda" else "float32"
    return settings.precision


def sampling_precision(settings: Settings, device: torch.device) -> str:
    """Return the precision for many answers that are only compared: bf16 where the device is made for it.

    Raises:
        InputError: the settings name another precision
    """
    chosen = chosen_precision(settings, device)
    return "bf16" if settings.precision == "auto" and device.type == "cpu" and _multiplies_in_bf16() else chosen


def _multiplies_in_bf16() -> bool:
    """Tell whether this CPU has instructions for products in bf16; without them bf16 is slower than float32."""
    asked = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


@lru_cache(maxsize=8)
def _load(name: str, root: Path | None, sha256: str, device: str) -> Loaded:
    return load_model(name, root, device)


def loaded_model(name: str, settings: Settings, root: Path | None = None) -> Loaded:
    """Return a model, loaded once per process for the same weights and device.

    Raises:
        MissingResourceError: its weights are not there
        UnknownNameError: there is no such model
        InputError: the device cannot be used
    """
    return _load(name, root, model_ref(name, root).sha256, str(chosen_device(settings)))


def predict(
    dialogue: Dialogue,
    features: Sequence[Features],
    loaded: Loaded,
    settings: Settings,
    switched_off: Sequence[Modality] = (),
    knobs: Sequence[Knob] = (),
    progress: Progress = silent,
) -> tuple[Prediction, Trace]:
    """Predict every utterance and report what the model tells of itself, from one forward pass.

    Args:
        dialogue: the conversation
        features: the modalities that the model reads; others are ignored
        loaded: the model
        settings: device and precision
        switched_off: modalities to leave out, as a what-if
        knobs: inference knobs that differ from their default
        progress: told of each piece

    Raises:
        UnknownNameError: the model has no such knob, or it cannot take that value
    """
    model = loaded.model
    own = tuple(_without(f, f.modality in switched_off) for f in features if f.modality in model.card.modalities)
    began = time.perf_counter()
    pieces = _pieces(dialogue, own, model.card.whole_dialogue)
    precision = chosen_precision(settings, loaded.device)
    with turned(model, knobs):
        logits, alone, read, arrays = _run(loaded, pieces, precision, progress)
    temperatures = loaded.temperatures
    by_modality = {"t": temperatures.t, "a": temperatures.a, "v": temperatures.v}
    unimodal = tuple(
        UnimodalPrediction(m, _where(_probabilities(values, by_modality[m]), read[m]))
        for m, values in alone.items()
        if read[m].any()
    )
    prediction = Prediction(
        dialogue=dialogue.id,
        model=loaded.ref,
        utterances=tuple(utterance.id for utterance in dialogue.utterances),
        probabilities=_probabilities(logits, _divisors(read, temperatures)),
        calibrated=temperatures.fused != 1.0,
        unimodal=unimodal,
        missing=_missing(own, read),
        switched_off=tuple(m for m in model.card.modalities if m in switched_off),
        knobs=tuple(knobs),
        device=str(loaded.device),
        precision=precision,
        seconds=time.perf_counter() - began,
    )
    return prediction, Trace(dialogue.id, loaded.ref, arrays)


def _missing(features: Sequence[Features], read: Mapping[Modality, NDArray[np.bool_]]) -> tuple[Missing, ...]:
    """Return what the model did not read: what is not there, and rows in which it finds nothing of its own."""
    return tuple(
        Missing(row.utterance, f.modality, row.reason or NOTHING_IN_IT[f.modality])
        for f in features
        for row, there in zip(f.rows, read[f.modality], strict=True)
        if row.reason or not there
    )


def _without(features: Features, off: bool) -> Features:
    if not off:
        return features
    rows = tuple(FeatureRow(row.utterance, None, row.reason or OFF) for row in features.rows)
    return Features(features.dialogue, features.modality, features.extractor, rows)


@torch.inference_mode()
def _run(
    loaded: Loaded, pieces: Sequence[tuple[tuple[str, ...], Sample]], precision: str, progress: Progress
) -> tuple[Tensor, dict[Modality, Tensor], dict[Modality, NDArray[np.bool_]], tuple[TraceArray, ...]]:
    """Return logits ``(T, C)``, those of each modality alone, which modalities were read, each ``(T,)``, and traces."""
    model, device = loaded.model, loaded.device
    logits: list[Tensor] = []
    read: list[Tensor] = []
    alone: dict[Modality, list[Tensor]] = {}
    arrays: list[tuple[TraceArray, ...]] = []
    for number, (ids, sample) in enumerate(pieces):
        batch = collate([sample]).to(device)
        with autocast(device, precision):
            encoded = encode_sample(loaded, sample, batch, precision)
            output = model.decode(encoded)
        read.append(encoded.present[0].cpu())
        logits.append(output.logits[0].float().cpu())
        for modality, values in output.unimodal.items():
            alone.setdefault(modality, []).append(values[0].float().cpu())
        arrays.append(model.trace(output, batch, ids))
        progress("model", (number + 1) / len(pieces))
    empty = torch.zeros(0, len(model.labels))
    joined = torch.cat(logits) if logits else empty
    there = torch.cat(read) if read else torch.zeros(0, len(MODALITIES), dtype=torch.bool)
    by_modality = {m: there[:, index].numpy() for index, m in enumerate(MODALITIES)}
    return joined, {m: torch.cat(parts) for m, parts in alone.items()}, by_modality, _joined(arrays)


def _pieces(dialogue: Dialogue, features: Sequence[Features], whole: bool) -> list[tuple[tuple[str, ...], Sample]]:
    speakers = dialogue.speakers
    index = {speaker: i for i, speaker in enumerate(speakers)}
    T = len(dialogue.utterances)
    size = max(T, 1) if whole else PIECE
    pieces = []
    for start in range(0, T, size):
        part = dialogue.utterances[start : start + size]
        cut = tuple(Features(f.dialogue, f.modality, f.extractor, f.rows[start : start + size]) for f in features)
        sample = Sample(cut, tuple(index[u.speaker] for u in part), tuple(-1 for _ in part))
        pieces.append((tuple(u.id for u in part), sample))
    return pieces


def _joined(parts: Sequence[tuple[TraceArray, ...]]) -> tuple[TraceArray, ...]:
    """Join the pieces' arrays along the utterance axis; arrays of one utterance stay as they are."""
    whole: dict[str, list[TraceArray]] = {}
    for arrays in parts:
        for array in arrays:
            whole.setdefault(array.name, []).append(array)
    return tuple(_concatenated(found) for found in whole.values())


def _concatenated(parts: list[TraceArray]) -> TraceArray:
    first = parts[0]
    if len(parts) == 1:
        return first
    ids = tuple(tick for part in parts for tick in part.ticks[0])
    values = frozen_array(np.concatenate([part.values for part in parts]))
    return TraceArray(first.name, first.axes, (ids, *first.ticks[1:]), values, first.meaning)


def _divisors(read: Mapping[Modality, NDArray[np.bool_]], temperatures: Temperatures) -> Tensor:
    """Return each utterance's temperature ``(T, 1)``: that of its one modality, or that of several."""
    only = {"t": temperatures.only_t, "a": temperatures.only_a, "v": temperatures.only_v}
    count = np.sum(list(read.values()), axis=0)
    found = np.full(len(count), temperatures.fused)
    for modality, there in read.items():
        found[there & (count == 1)] = only[modality]
    return torch.from_numpy(found).unsqueeze(1)


def _probabilities(logits: Tensor, temperature: Tensor | float) -> FloatArray:
    return frozen_array((logits.double() / temperature).softmax(-1).numpy())


def _where(probabilities: FloatArray, present: np.ndarray) -> FloatArray:
    return frozen_array(np.where(present[:, None], probabilities, np.nan))
