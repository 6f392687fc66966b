"""Encodings of single rows, computed once: what a frozen encoder makes of a row depends on that row alone.

Axis letters: N rows, B dialogues, T utterances, L positions of a row, D width.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.models.base import Batch, ModalityInput, Sample, collate
from erc_core.models.checkpoints import Loaded
from erc_core.types import MODALITIES, FeatureRow, Features, Modality

LIMIT_BYTES = 256 * 2**20
AT_ONCE = 64  # rows encoded in one go, of alike lengths


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a model's ``encode`` makes of one row: values ``(L, D)``, or None where it counts the row as absent."""

    values: Tensor | None
    mask: Tensor | None = None

    @property
    def size_bytes(self) -> int:
        """Memory that it takes."""
        return 64 if self.values is None else self.values.nbytes


class EncodingCache:
    """Row encodings by content and encoder weights; the longest unused leave first. Safe to share between threads.

    Args:
        limit_bytes: memory of all encodings together
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[str, Encoding] = OrderedDict()
        self._bytes = 0
        self._use = threading.Lock()

    def get(self, key: str) -> Encoding | None:
        """Return an encoding, None where it is not kept."""
        with self._use:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return found

    def put(self, key: str, encoding: Encoding) -> None:
        """Keep an encoding, and give up as many old ones as need to go for it."""
        with self._use:
            before = self._kept.pop(key, None)
            self._bytes += encoding.size_bytes - (before.size_bytes if before else 0)
            self._kept[key] = encoding
            while self._bytes > self.limit_bytes and self._kept:
                self._bytes -= self._kept.popitem(last=False)[1].size_bytes

    def clear(self) -> None:
        """Give up all encodings."""
        with self._use:
            self._kept.clear()
            self._bytes = self.hits = self.misses = 0


CACHE = EncodingCache()


def row_key(row: NDArray[Any]) -> str:
    """Return a name of a row's content."""
    digest = hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16)
    digest.update(f"{row.dtype.str}{row.shape}".encode())
    return digest.hexdigest()


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return the context in which a model computes in ``precision``."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def encode_rows(
    loaded: Loaded,
    modality: Modality,
    rows: Mapping[str, NDArray[Any]],
    precision: str,
    cache: EncodingCache | None = None,
) -> dict[str, Encoding]:
    """Encode rows of one modality, each content once and alike lengths together.

    Args:
        loaded: the model, on its device
        modality: of the rows
        rows: by :func:`row_key`
        precision: ``float32`` or ``bf16``
        cache: where encodings are looked for and kept; None for that of the process

    Returns:
        the encodings by the rows' keys
    """
    kept = CACHE if cache is None else cache
    prefix = f"{loaded.encodes(modality)}/{modality}/{precision}/{loaded.device}/"
    found = {key: encoding for key in rows if (encoding := kept.get(prefix + key)) is not None}
    missing = sorted((key for key in rows if key not in found), key=lambda key: len(rows[key]))
    for start in range(0, len(missing), AT_ONCE):
        part = missing[start : start + AT_ONCE]
        for key, encoding in zip(part, _encode(loaded, modality, [rows[key] for key in part], precision), strict=True):
            kept.put(prefix + key, encoding)
            found[key] = encoding
    return found


@torch.inference_mode()
def _encode(loaded: Loaded, modality: Modality, rows: Sequence[NDArray[Any]], precision: str) -> list[Encoding]:
    device = loaded.device
    batch = collate([_alone(modality, row) for row in rows]).to(device)
    with autocast(device, precision):
        encoded = loaded.model.encode(batch)
    index = MODALITIES.index(modality)
    result = encoded.inputs.get(modality)
    encodings = []
    for n in range(len(rows)):
        if result is None or not bool(encoded.present[n, 0, index]):
            encodings.append(Encoding(None))
            continue
        mask = result.mask[n, 0]
        length = int(mask.nonzero().max()) + 1 if bool(mask.any()) else 1
        encodings.append(Encoding(result.values[n, 0, :length].clone(), mask[:length].clone()))
    return encodings


def _alone(modality: Modality, row: NDArray[Any]) -> Sample:
    return Sample((Features("", modality, "", (FeatureRow("", row),)),), (0,), (-1,))


def encode_sample(loaded: Loaded, sample: Sample, batch: Batch, precision: str) -> Batch:
    """Return what ``loaded.model.encode(batch)`` returns, from the cache where that knows the rows.

    Args:
        loaded: the model
        sample: one dialogue
        batch: the same, collated and on the model's device
        precision: ``float32`` or ``bf16``
    """
    present = torch.zeros_like(batch.present)
    inputs: dict[Modality, ModalityInput] = {}
    for features in sample.features:
        keys = [None if row.values is None else row_key(row.values) for row in features.rows]
        rows = {key: row.values for key, row in zip(keys, features.rows, strict=True) if key and row.values is not None}
        encodings = encode_rows(loaded, features.modality, rows, precision)
        placed = [None if key is None else encodings[key] for key in keys]
        joined = padded(placed)
        for t, encoding in enumerate(placed):
            present[0, t, MODALITIES.index(features.modality)] = encoding is not None and encoding.values is not None
        if joined is not None:
            inputs[features.modality] = ModalityInput(joined[0].unsqueeze(0), joined[1].unsqueeze(0))
    return Batch(inputs, batch.utterances, present, batch.speakers, batch.labels)


def padded(encodings: Sequence[Encoding | None]) -> tuple[Tensor, Tensor] | None:
    """Pad one modality's encodings to values ``(T, L, D)`` and mask ``(T, L)``; None where there is none at all."""
    there = [(t, one.values, one.mask) for t, one in enumerate(encodings) if one is not None and one.values is not None]
    if not there:
        return None
    first = there[0][1]
    L = max(len(values) for _, values, _ in there)
    values = first.new_zeros(len(encodings), L, first.shape[-1])
    mask = torch.zeros(len(encodings), L, dtype=torch.bool, device=first.device)
    for t, row, real in there:
        values[t, : len(row)] = row
        mask[t, : len(row)] = True if real is None else real
    return values, mask
