"""The base of models that read a sequence per modality and utterance: tokens, segments of sound, keyframes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from erc_core.features.text import TARGET
from erc_core.features.visual_layout import BACKGROUND, TELLING, UNITS, split_visual
from erc_core.models._layers import join_positions
from erc_core.models._utterance import CHUNK, UtteranceModel
from erc_core.models.base import Batch, ModalityInput, spread
from erc_core.types import MODALITIES, LabelSet, Modality

SEGMENTS = 8
PICTURE = 3 * BACKGROUND * BACKGROUND


@dataclass(frozen=True, slots=True)
class Frames:
    """Encoded keyframes taken apart.

    Attributes:
        units: action units of the speaker's face that speech leaves alone, and which are measured, ``(N, K, 2 R)``
        facing: which keyframes have some, ``(N, K)``
        picture: what is behind, RGB 0 to 1, ``(N * K, 3, 32, 32)``
        behind: which keyframes have a picture of it, ``(N, K)``
    """

    units: Tensor
    facing: Tensor
    picture: Tensor
    behind: Tensor


def split_frames(values: Tensor, mask: Tensor) -> Frames:
    """Take encoded keyframes ``(N, K, W)`` with their mask ``(N, K)`` apart."""
    units, measured, picture, behind = torch.split(values, [UNITS, UNITS, PICTURE, 1], -1)
    units, measured = units[..., TELLING], measured[..., TELLING]
    return Frames(
        torch.cat([units, measured], -1),
        mask & (measured > 0.5).any(-1),
        picture.reshape(-1, 3, BACKGROUND, BACKGROUND),
        mask & (behind[..., 0] > 0.5),
    )


def fade_frames(values: Tensor, share: float) -> Tensor:
    """Shrink the intensities and the pictures of encoded keyframes ``(..., W)``; what was measured stays measured."""
    units, measured, picture, behind = torch.split(values, [UNITS, UNITS, PICTURE, 1], -1)
    return torch.cat([share * units, measured, share * picture, behind], -1)


def segments(states: Tensor, mask: Tensor, parts: int) -> tuple[Tensor, Tensor]:
    """Average states ``(N, L, D)`` over ``parts`` equal parts of the real positions, which come first ``(N, L)``.

    Returns:
        ``(N, parts, D)`` and which parts hold a position ``(N, parts)``; a shorter row keeps each position by itself
    """
    length = mask.sum(-1, keepdim=True)  # (N, 1)
    place = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    part = torch.where(length > parts, place * parts // length.clamp_min(1), place).clamp_max(parts - 1)
    member = (F.one_hot(part, parts) * mask.unsqueeze(-1)).transpose(1, 2).to(states.dtype)  # (N, parts, L)
    count = member.sum(-1, keepdim=True)
    return member @ states / count.clamp_min(1), count[..., 0] > 0


class SequenceModel(UtteranceModel):
    """A model of one sequence per modality and utterance, over the shared frozen encoders or over given sequences.

    ``config["segments"]`` is the number of parts of the sound. Faces are read as action units, not as pictures.
    """

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, config)
        if self.encoders:
            del self.encoders["face"], self.face

    def encode(self, batch: Batch) -> Batch:
        """Return sequences.

        Returns:
            inputs: words ``(B, T, L, D)``, the states of the target utterance's tokens; sound ``(B, T, S, D)``, means
            of equal parts; keyframes ``(B, T, K, W)``, see :func:`split_frames`. A row with nothing counts as absent.
        """
        if not self.encoders:
            return batch
        present = batch.present.clone()
        inputs: dict[Modality, ModalityInput] = {}
        for modality in MODALITIES:
            b, t = batch.rows_with(modality)
            if modality not in batch.inputs or not len(b):
                continue
            found = batch.inputs[modality]
            chunk = len(b) if self.training else CHUNK
            parts = []
            for i in range(0, len(b), chunk):
                mask = found.mask[b[i : i + chunk], t[i : i + chunk]]
                length = int(mask.sum(-1).max())
                values = found.values[b[i : i + chunk], t[i : i + chunk]][:, :length]
                parts.append(self.read_rows(modality, values, mask[:, :length]))
            values, kept = (join_positions([part[k] for part in parts]) for k in (0, 1))
            present[b, t, MODALITIES.index(modality)] = kept.any(-1)
            inputs[modality] = ModalityInput(spread(values, b, t, batch), spread(kept, b, t, batch))
        return replace(batch, inputs=inputs, present=present)

    def faded(self, modality: Modality, values: Tensor, share: float) -> Tensor:
        """Return sequences of which only ``share`` is left; what was measured of a keyframe stays measured."""
        return fade_frames(values, share) if modality == "v" else super().faded(modality, values, share)

    def read_rows(self, modality: Modality, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode rows ``(N, L, W)`` with their mask ``(N, L)``; returns sequences ``(N, L', D)`` and their mask."""
        if modality == "t":
            return self._read_tokens(values, mask)
        if modality == "a":
            states, kept = self.acoustic(values, mask)
            return segments(states[-1], kept, self.config["segments"])
        return self._read_frames(values, mask)

    def _read_tokens(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last layer's states of the target's tokens."""
        return moved_to_front(self.text(tokens, mask)[-1], mask & (tokens[..., 1] == TARGET))

    def _read_frames(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is read of the keyframes that show a face or what is behind."""
        parts = split_visual(rows)
        seen = (parts.has_face & mask).unsqueeze(-1)
        behind = (parts.has_background & mask).unsqueeze(-1)
        measured = parts.measured & seen
        packed = [parts.units * measured, measured, parts.background.flatten(2) * behind, behind]
        return moved_to_front(torch.cat([part.to(rows.dtype) for part in packed], -1), (seen | behind)[..., 0])


def moved_to_front(values: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Leave positions out, so that those that are kept come first, in their order: recurrent networks read them so.

    Args:
        values: ``(N, L, D)``
        kept: which positions stay, ``(N, L)``

    Returns:
        the values ``(N, L', D)``, zero behind those that are kept, and which are real ``(N, L')``; L' is the most that
        a row keeps, at least one
    """
    order = (~kept).long().argsort(dim=-1, stable=True)[:, : max(1, int(kept.sum(-1).max()))]
    moved = values.gather(1, order.unsqueeze(-1).expand(-1, -1, values.shape[-1]))
    real = kept.gather(1, order)
    return moved * real.unsqueeze(-1), real
