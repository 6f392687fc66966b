"""Answers of a model for many changed versions of one dialogue: only what changed is encoded, equal versions once.

Axis letters: S versions, B of them decoded at once, T utterances, L positions of a row, D width, C classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.encodings import Encoding, autocast, encode_rows, padded, row_key
from erc_core.features.acoustic_encoder import STRIDE
from erc_core.features.window_memory import WindowMemory, remembering
from erc_core.inference import turned
from erc_core.models.base import Batch, ModalityInput
from erc_core.models.checkpoints import Loaded
from erc_core.types import MODALITIES, Dialogue, Features, Knob, LabelSet, Modality, Progress, silent

CHUNK = 128  # versions whose rows are in memory at once
DECODE_BYTES = 96 * 2**20  # of the encodings that are decoded at once
DECODE_MOST = 128
Place = tuple[int, Modality]
Row = NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What the model says of the utterance in every version: logits and calibrated probabilities, each ``(S, C)``."""

    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variant:
    """A version of the dialogue.

    Attributes:
        rows: rows that differ, by the utterance's position and the modality; None where it is absent now
        dropped: positions of utterances that are not there at all
    """

    rows: Mapping[Place, Row] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Version:
    """A variant with its rows by key, for the bookkeeping."""

    rows: dict[Place, str | None]
    dropped: frozenset[int]

    @property
    def key(self) -> bytes:
        parts = (sorted((place, key or "") for place, key in self.rows.items()), sorted(self.dropped))
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


class Predictor:
    """Answers for versions of one dialogue, about one of its utterances.

    Memory is bounded whatever the number of versions: rows are made, encoded and decoded in chunks, and only logits
    are kept.

    Args:
        dialogue: the conversation
        features: what the model reads of it
        loaded: the model
        position: index of the utterance that is asked about
        precision: ``float32`` or ``bf16``
        knobs: the model's knobs that differ from their default
    """

    def __init__(
        self,
        dialogue: Dialogue,
        features: Sequence[Features],
        loaded: Loaded,
        position: int,
        precision: str = "float32",
        knobs: tuple[Knob, ...] = (),
    ) -> None:
        self.loaded, self.precision, self.knobs, self.position = loaded, precision, knobs, position
        self.features = tuple(f for f in features if f.modality in loaded.model.card.modalities)
        T = len(dialogue.utterances)
        # A model that does not look from one utterance to another is asked about the one alone.
        self.visible = tuple(range(T)) if loaded.model.card.whole_dialogue else (position,)
        order = {speaker: index for index, speaker in enumerate(dialogue.speakers)}
        self.speakers = tuple(order[u.speaker] for u in dialogue.utterances)
        self.samples = 0
        self._answers: dict[bytes, NDArray[np.float64]] = {}
        self._heard: dict[str, WindowMemory] = {}
        self.encoded = self._encode_base()

    @property
    def labels(self) -> LabelSet:
        """The model's labels."""
        return self.loaded.ref.labels

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self.loaded.device

    @property
    def distinct(self) -> int:
        """How many different versions the model has answered."""
        return len(self._answers)

    def answers(
        self, variants: Iterable[Variant], progress: Progress = silent, step: str = "explain", total: int = 0
    ) -> Answers:
        """Answer every version.

        Args:
            variants: versions, taken as they are needed; those of alike lengths should follow each other
            progress: told between batches, and may stop the work
            step: what the progress is called
            total: number of versions, for the progress
        """
        found: list[NDArray[np.float64]] = []
        source = iter(variants)
        while chunk := list(islice(source, CHUNK)):
            found += self._chunk(chunk)
            self.samples += len(chunk)
            progress(step, min(1.0, len(found) / total) if total else 0.0)
        whole = np.stack(found) if found else np.zeros((0, 2, len(self.labels)))
        return Answers(whole[:, 0], whole[:, 1])

    def _divisor(self, version: _Version, encodings: Mapping[tuple[Modality, str], Encoding]) -> float:
        """Return the temperature for what the model reads of the utterance in a version."""
        there = dict(zip(MODALITIES, self.encoded.present[0, self.visible.index(self.position)].tolist(), strict=True))
        for (t, m), key in version.rows.items():
            if t == self.position:
                there[m] = key is not None and encodings[m, key].values is not None
        return self.loaded.temperatures.of([m for m, read in there.items() if read])

    def _chunk(self, variants: Sequence[Variant]) -> list[NDArray[np.float64]]:
        versions = [
            _Version({p: None if row is None else row_key(row) for p, row in v.rows.items()}, v.dropped)
            for v in variants
        ]
        keys = [version.key for version in versions]
        new: dict[bytes, int] = {}
        for index, key in enumerate(keys):
            if key not in self._answers:
                new.setdefault(key, index)
        if new:
            chosen = list(new.values())
            model = self.loaded.model
            # A GPU convolves faster than windows are told apart.
            heard = remembering(model, self._heard, STRIDE) if self.device.type == "cpu" else nullcontext()
            with turned(model, self.knobs), heard:
                encodings = self._encodings([variants[i] for i in chosen], [versions[i] for i in chosen])
                for key, answer in zip(new, self._decoded([versions[i] for i in chosen], encodings), strict=True):
                    scaled = answer / self._divisor(versions[new[key]], encodings)
                    raised = np.exp(scaled - scaled.max())
                    self._answers[key] = np.stack([answer, raised / raised.sum()])
        return [self._answers[key] for key in keys]

    def _encodings(
        self, variants: Sequence[Variant], versions: Sequence[_Version]
    ) -> dict[tuple[Modality, str], Encoding]:
        rows: dict[Modality, dict[str, NDArray[Any]]] = {}
        for variant, version in zip(variants, versions, strict=True):
            for place, key in version.rows.items():
                row = variant.rows[place]
                if key is not None and row is not None:
                    rows.setdefault(place[1], {})[key] = row
        return {
            (m, key): encoding
            for m, found in rows.items()
            for key, encoding in encode_rows(self.loaded, m, found, self.precision).items()
        }

    def _decoded(
        self, versions: Sequence[_Version], encodings: Mapping[tuple[Modality, str], Encoding]
    ) -> Iterator[NDArray[np.float64]]:
        per_version = 4 * sum(x.values.numel() for x in self.encoded.inputs.values()) + 1
        size = max(1, min(DECODE_MOST, DECODE_BYTES // per_version))
        for start in range(0, len(versions), size):
            part = versions[start : start + size]
            with torch.inference_mode(), autocast(self.device, self.precision):
                output = self.loaded.model.decode(self._assembled(part, encodings))
            at = [self._slots(version).index(self.position) for version in part]
            found = output.logits[torch.arange(len(part)), torch.tensor(at)].double().cpu().numpy()
            yield from found

    def _slots(self, version: _Version) -> list[int]:
        return [t for t in self.visible if t not in version.dropped]

    def _encode_base(self) -> Batch:
        """Encode the dialogue as it is: inputs ``(1, T, L, D)``."""
        T = len(self.visible)
        device = self.device
        present = torch.zeros(1, T, len(MODALITIES), dtype=torch.bool, device=device)
        inputs: dict[Modality, ModalityInput] = {}
        for features in self.features:
            rows = [features.rows[t].values for t in self.visible]
            keys = [None if row is None else row_key(row) for row in rows]
            contents = {key: row for key, row in zip(keys, rows, strict=True) if key is not None and row is not None}
            with turned(self.loaded.model, self.knobs):
                encodings = encode_rows(self.loaded, features.modality, contents, self.precision)
            placed = [None if key is None else encodings[key] for key in keys]
            for slot, one in enumerate(placed):
                there = one is not None and one.values is not None
                present[0, slot, MODALITIES.index(features.modality)] = there
            if (joined := padded(placed)) is not None:
                inputs[features.modality] = ModalityInput(joined[0].unsqueeze(0), joined[1].unsqueeze(0))
        speakers = torch.tensor([[self.speakers[t] for t in self.visible]], device=device)
        utterances = torch.ones(1, T, dtype=torch.bool, device=device)
        return Batch(inputs, utterances, present, speakers, torch.full_like(speakers, -1))

    def _assembled(self, versions: Sequence[_Version], encodings: Mapping[tuple[Modality, str], Encoding]) -> Batch:
        """Put the changed rows' encodings into copies of the encoded dialogue, ``(B, T, L, D)``."""
        slots = [self._slots(version) for version in versions]
        B, T = len(versions), max(len(one) for one in slots)
        index = torch.zeros(B, T, dtype=torch.long)
        real = torch.zeros(B, T, dtype=torch.bool)
        for b, one in enumerate(slots):
            index[b, : len(one)] = torch.tensor([self.visible.index(t) for t in one])
            real[b, : len(one)] = True
        index, real = index.to(self.device), real.to(self.device)
        present = self.encoded.present[0][index] & real.unsqueeze(-1)  # (B, T, M)
        inputs = {}
        for m in MODALITIES:
            changed = [
                (b, slots[b].index(t), None if key is None else encodings[m, key])
                for b, version in enumerate(versions)
                for (t, modality), key in version.rows.items()
                if modality == m and t in slots[b]
            ]
            found = self._spliced(m, index, changed, present)
            if found is not None:
                inputs[m] = found
        speakers = self.encoded.speakers[0][index]
        content = index.clone()  # what differs is different from everything else
        for number, (b, t) in enumerate((b, t) for b, v in enumerate(versions) for t, _ in v.rows if t in slots[b]):
            content[b, slots[b].index(t)] = len(self.visible) + number
        return Batch(inputs, real, present, speakers, torch.full_like(speakers, -1), content)

    def _spliced(
        self, modality: Modality, index: Tensor, changed: Sequence[tuple[int, int, Encoding | None]], present: Tensor
    ) -> ModalityInput | None:
        column = MODALITIES.index(modality)
        rows = [one.values for _, _, one in changed if one is not None and one.values is not None]
        base = self.encoded.inputs.get(modality)
        if base is None and not rows:
            return None
        example = rows[0] if base is None else base.values[0, 0]
        L = max([len(row) for row in rows] + ([] if base is None else [base.values.shape[2]]))
        values = example.new_zeros(*index.shape, L, example.shape[-1])
        mask = torch.zeros(*index.shape, L, dtype=torch.bool, device=index.device)
        if base is not None:
            values[:, :, : base.values.shape[2]] = base.values[0][index]
            mask[:, :, : base.values.shape[2]] = base.mask[0][index]
        for b, t, one in changed:
            values[b, t], mask[b, t] = 0, False
            there = one is not None and one.values is not None
            present[b, t, column] = there
            if one is not None and one.values is not None:
                values[b, t, : len(one.values)] = one.values
                mask[b, t, : len(one.values)] = True if one.mask is None else one.mask
        return ModalityInput(values, mask)
