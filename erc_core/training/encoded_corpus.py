"""The composite corpus as the frozen encoders see it: encoded once, kept on disk, read by every training of a system.

Training items are encoded by an encoder that never saw them (see :mod:`erc_core.training.folds`). Two encoders of one
kind lay out what they found in other directions, so what a fold's encoder gives is turned into the final encoder's
coordinates by a ridge regression. It is fitted on items that both have seen, or that neither has: there the two differ
by their directions alone, and not because one is surer of what it knows by heart.

Axis letters: N utterances of all dialogues in order, P positions of all sequences, K keyframes, S segments, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from erc_core.errors import MissingResourceError
from erc_core.models.base import Batch, ModalityInput
from erc_core.synthesis.composite import RELIABILITIES
from erc_core.types import MODALITIES, Modality

RIDGE = 1e-2  # penalty, as a share of the mean variance of what is mapped
REFERENCES = 1500  # items on which a map is fitted; a fifth of them tells how well it fits


@dataclass(frozen=True, slots=True)
class Rows:
    """What an encoder makes of some items.

    Attributes:
        vectors: ``(N, D)``
        states: the items' sequences one after the other, ``(P, D)``
        lengths: positions of each item, ``(N,)``
    """

    vectors: Tensor
    states: Tensor
    lengths: Tensor

    @property
    def starts(self) -> Tensor:
        """First position of each item, ``(N,)``."""
        return self.lengths.cumsum(0) - self.lengths

    def take(self, index: Tensor) -> Rows:
        """Return the items at ``index`` ``(n,)``, in that order."""
        starts, lengths = self.starts[index], self.lengths[index]
        at = torch.repeat_interleave(starts - (lengths.cumsum(0) - lengths), lengths) + torch.arange(int(lengths.sum()))
        return Rows(self.vectors[index], self.states[at], lengths)

    def padded(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return sequences ``(n, L, D)`` and their mask ``(n, L)``; a negative index gives an empty one."""
        safe = index.clamp_min(0)
        lengths = torch.where(index >= 0, self.lengths[safe], 0)
        L = max(1, int(lengths.max()))
        mask = torch.arange(L) < lengths.unsqueeze(1)
        states = self.states if len(self.states) else self.states.new_zeros(1, self.states.shape[1])
        at = (self.starts[safe].unsqueeze(1) + torch.arange(L)).clamp_max(len(states) - 1)
        return states[at].float() * mask.unsqueeze(-1), mask


def joined(parts: Sequence[Rows]) -> Rows:
    """Return all items of ``parts``, one part behind the other."""
    return Rows(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Rows)))


@dataclass(frozen=True, slots=True)
class LinearMap:
    """From one encoder's coordinates to another's; ``explained`` is the share of variance on items not fitted on."""

    weight: Tensor
    bias: Tensor
    explained: float

    def __call__(self, values: Tensor) -> Tensor:
        """Map ``(..., D)``."""
        return values.float() @ self.weight + self.bias


def ridge_map(source: Rows, target: Rows) -> LinearMap:
    """Fit a map from ``source`` to ``target``, the same items read by two encoders, on vectors and on states."""
    n = len(source.vectors)
    held = torch.arange(n) % 5 == 0
    parts = [rows.take((~held).nonzero()[:, 0]) for rows in (source, target)]
    x, y = (torch.cat([rows.vectors, rows.states[:: max(1, len(rows.states) // (2 * n))]]).double() for rows in parts)
    mean_x, mean_y = x.mean(0), y.mean(0)
    gram = (x - mean_x).T @ (x - mean_x)
    penalty = RIDGE * gram.diagonal().mean() * torch.eye(x.shape[1], dtype=x.dtype)
    weight = torch.linalg.solve(gram + penalty, (x - mean_x).T @ (y - mean_y))
    fitted = LinearMap(weight.float(), (mean_y - mean_x @ weight).float(), 0.0)
    seen, wanted = source.vectors[held], target.vectors[held].float()
    left = (fitted(seen) - wanted).square().sum() / (wanted - wanted.mean(0)).square().sum()
    return LinearMap(fitted.weight, fitted.bias, float(1 - left))


Read = Callable[[int | None, Tensor], Rows]


def cross_fitted(folds: Tensor, read: Read, seed: int = 0) -> tuple[Rows, tuple[float, ...]]:
    """Read every item by an encoder that has not seen it, in the final encoder's coordinates.

    Args:
        folds: fold of each item, ``(N,)``; -1 where no encoder has seen it, which the final one reads itself
        read: reads the items at some indices by a fold's encoder, or by the final one for None
        seed: of the choice of items on which the maps are fitted

    Returns:
        the rows in the items' order, and how much of the variance each fold's map explains
    """
    generator = torch.Generator().manual_seed(seed)
    parts, places, explained = [], [], []
    fresh = (folds < 0).nonzero()[:, 0]
    if len(fresh):
        parts.append(read(None, fresh))
        places.append(fresh)
    for fold in sorted(set(folds[folds >= 0].tolist())):
        own, others = (folds == fold).nonzero()[:, 0], (folds != fold).nonzero()[:, 0]
        chosen = others[torch.randperm(len(others), generator=generator)[:REFERENCES]]
        mapping = ridge_map(read(fold, chosen), read(None, chosen))
        raw = read(fold, own)
        parts.append(Rows(mapping(raw.vectors).half(), mapping(raw.states).half(), raw.lengths))
        places.append(own)
        explained.append(mapping.explained)
    back = torch.cat(places).argsort()
    return joined(parts).take(back), tuple(explained)


@dataclass(frozen=True, slots=True)
class Draw:
    """One pairing of the words with voices and faces.

    Attributes:
        sound: which item of the sound rows each utterance has, -1 for none, ``(N,)``
        faces: which items of the face rows its keyframes have, -1 for none, ``(N, K)``
        rooms: which picture is behind each keyframe, -1 for none, ``(N, K)``
        heard: position in RELIABILITIES of the voice's flag, -1 for none, ``(N,)``: for measuring alone
        seen: the same for the face
    """

    sound: Tensor
    faces: Tensor
    rooms: Tensor
    heard: Tensor
    seen: Tensor


@dataclass(frozen=True, slots=True)
class EncodedSplit:
    """A split of the composite corpus, encoded.

    Attributes:
        sizes: utterances of each dialogue, ``(Q,)``
        labels: label indices, ``(N,)``
        speakers: by order of appearance in their dialogue, ``(N,)``
        words: of each utterance
        sound: of each voice
        faces: of each picture
        units: action units of each picture, NaN where not measured, ``(F, A)``
        rooms: pictures behind, RGB, uint8 ``(R, 3, 32, 32)``
        draws: the pairings
    """

    sizes: Tensor
    labels: Tensor
    speakers: Tensor
    words: Rows
    sound: Rows
    faces: Rows
    units: Tensor
    rooms: Tensor
    draws: tuple[Draw, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    def flags(self, modality: Modality, draw: int = 0) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Return the reliability of each utterance's voice or face, ``(N,)``; empty where there is none."""
        chosen = self.draws[draw]
        names = np.array([*RELIABILITIES, ""])
        found: np.ndarray[tuple[int], np.dtype[np.str_]] = names[(chosen.heard if modality == "a" else chosen.seen)]
        return found

    def places(self, dialogues: Tensor) -> tuple[Tensor, Tensor]:
        """Return which utterances the dialogues have ``(B, T)``, padded with 0, and which are real ``(B, T)``."""
        sizes = self.sizes[dialogues]
        starts = (self.sizes.cumsum(0) - self.sizes)[dialogues]
        real = torch.arange(int(sizes.max())) < sizes.unsqueeze(1)
        return (starts.unsqueeze(1) + torch.arange(real.shape[1])) * real, real

    def batch(self, dialogues: Tensor, draw: int, sequences: bool) -> Batch:
        """Return dialogues ``(B,)`` as a batch of encodings.

        Args:
            dialogues: their indices
            draw: which pairing
            sequences: sequences, as a SequenceModel reads them, instead of vectors
        """
        at, real = self.places(dialogues)
        chosen = self.draws[draw]
        rows = at[real]  # (n,)
        sound = chosen.sound[rows]
        if sequences:
            tokens, segments = self.words.padded(rows), self.sound.padded(sound)
            found = {"t": tokens, "a": segments, "v": self._frames(rows, chosen)}
        else:
            there = chosen.faces[rows] >= 0
            faces = self.faces.vectors[chosen.faces[rows].clamp_min(0)].float() * there.unsqueeze(-1)
            face = faces.sum(1) / there.sum(1, keepdim=True).clamp_min(1)
            voice = self.sound.vectors[sound.clamp_min(0)].float()
            plain = {"t": self.words.vectors[rows].float(), "a": voice, "v": face}
            had = {"t": self.words.lengths[rows] > 0, "a": sound >= 0, "v": there.any(1)}
            found = {m: (plain[m].unsqueeze(1), had[m].unsqueeze(1)) for m in MODALITIES}
        present = torch.zeros(*real.shape, len(MODALITIES), dtype=torch.bool)
        inputs: dict[Modality, ModalityInput] = {}
        for k, m in enumerate(MODALITIES):
            values, mask = found[m]
            inputs[m] = ModalityInput(_spread(values, real), _spread(mask, real))
            present[..., k][real] = mask.any(-1)
        labels = torch.where(real, self.labels[at], -1)
        return Batch(inputs, real, present, self.speakers[at] * real, labels)

    def _frames(self, rows: Tensor, chosen: Draw) -> tuple[Tensor, Tensor]:
        """Return encoded keyframes ``(n, K, W)`` and their mask, as ``split_frames`` takes them apart."""
        faces = chosen.faces[rows]
        there = faces >= 0
        units = self.units[faces.clamp_min(0)]
        measured = units.isfinite() & there.unsqueeze(-1)
        places = chosen.rooms[rows]
        behind = places >= 0
        pictures = self.rooms[places.clamp_min(0)].flatten(2).float() / 255 * behind.unsqueeze(-1)
        parts = [torch.where(measured, units, 0.0), measured.float(), pictures, behind.unsqueeze(-1).float()]
        return torch.cat(parts, -1), behind | measured.any(-1)


def _spread(values: Tensor, real: Tensor) -> Tensor:
    out = values.new_zeros(*real.shape, *values.shape[1:])
    out[real] = values
    return out


def kept_rows(path: Path, make: Callable[[], tuple[Rows, tuple[float, ...]]]) -> tuple[Rows, tuple[float, ...]]:
    """Return what ``make`` gives: from ``path`` where it was made before, else made and written there."""
    from safetensors.torch import load_file, save_file

    if not path.is_file():
        rows, explained = make()
        flat = {field.name: getattr(rows, field.name).clone() for field in fields(Rows)}
        flat["explained"] = torch.tensor(explained, dtype=torch.float64)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        save_file(flat, draft)
        draft.replace(path)
    found = load_file(path)
    explained = tuple(found.pop("explained").tolist())
    return Rows(**found), explained


def save_split(split: EncodedSplit, path: Path) -> None:
    """Write an encoded split as one file of arrays."""
    from safetensors.torch import save_file

    flat: dict[str, Tensor] = {n: getattr(split, n) for n in ("sizes", "labels", "speakers", "units", "rooms")}
    for name in ("words", "sound", "faces"):
        flat |= {f"{name}.{field.name}": getattr(getattr(split, name), field.name) for field in fields(Rows)}
    for i, draw in enumerate(split.draws):
        flat |= {f"draws.{i}.{field.name}": getattr(draw, field.name) for field in fields(Draw)}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    save_file({name: value.clone(memory_format=torch.contiguous_format) for name, value in flat.items()}, draft)
    draft.replace(path)


def load_split(path: Path) -> EncodedSplit:
    """Read what :func:`save_split` wrote.

    Raises:
        MissingResourceError: it is not there
    """
    from safetensors.torch import load_file

    if not path.is_file():
        raise MissingResourceError("The encoded corpus is not there", got=path, do="run the training again")
    flat = load_file(path)
    rows = {
        name: Rows(*(flat[f"{name}.{field.name}"] for field in fields(Rows))) for name in ("words", "sound", "faces")
    }
    count = len({name.split(".")[1] for name in flat if name.startswith("draws.")})
    draws = tuple(Draw(*(flat[f"draws.{i}.{field.name}"] for field in fields(Draw))) for i in range(count))
    return EncodedSplit(
        flat["sizes"], flat["labels"], flat["speakers"], **rows, units=flat["units"], rooms=flat["rooms"], draws=draws
    )
