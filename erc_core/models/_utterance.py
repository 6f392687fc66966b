"""The base of models that read one vector per modality and utterance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from erc_core.errors import ShapeError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import pooled
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import TARGET
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.features.visual_layout import split_visual
from erc_core.models.base import Batch, ErcModel, ModalityInput, spread
from erc_core.types import MODALITIES, LabelSet, Modality

EXTRACTORS = ("history_tokens-1", "log_mel-1", "visual-1")
ENCODERS = {"text": "text_encoder", "acoustic": "acoustic_encoder", "face": "face_encoder"}
DEFAULTS: dict[str, Any] = {
    "inputs": {"t": 384, "a": 384, "v": 342},  # widths of the vectors
    "encoders": True,  # False where the batch's rows are the vectors already, such as a corpus's feature pickle
    "text": COMPACT,
    "acoustic": {},
    "face": {},
}
TINY: dict[str, Any] = {  # encoders for tests
    "inputs": {"t": 16, "a": 16, "v": 12},
    "text": {
        **COMPACT,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "vocab_size": 97,
    },
    "acoustic": {"width": 16, "layers": 2, "channels": (4, 6, 8, 10)},
    "face": {"stem": [4, 4], "growth": [4, 4], "layers": [1, 1], "narrow": [4], "width": 12},
}
CHUNK = 32  # utterances encoded at once outside training, so that memory does not grow with the dialogue


class UtteranceModel(ErcModel):
    """A model of one vector per modality and utterance, over the shared frozen encoders or over given vectors.

    The vector of the words is the mean of the last layer over the target utterance's tokens, that of the sound the
    mean of the last layer over time, that of the picture the mean over the keyframes that show a face.
    """

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **config})
        self.encoders = dict(ENCODERS) if self.config["encoders"] else {}
        if self.encoders:
            self.text = TextEncoder(self.config["text"])
            self.acoustic = AcousticEncoder(**self.config["acoustic"])
            self.face = FaceEncoder(**self.config["face"])

    @property
    def widths(self) -> dict[Modality, int]:
        """Width of each modality's vectors, in the order t, a, v."""
        return {m: int(self.config["inputs"][m]) for m in MODALITIES if m in self.config["inputs"]}

    def encode(self, batch: Batch) -> Batch:
        """Return vectors, inputs ``(B, T, 1, D)``; a visual row without any face counts as absent."""
        if not self.encoders:
            return batch
        present = batch.present.clone()
        inputs: dict[Modality, ModalityInput] = {}
        for modality, read in self._readers().items():
            b, t = batch.rows_with(modality)
            if modality not in batch.inputs or not len(b):
                continue
            vectors, there = _chunked(read, batch.inputs[modality], b, t, len(b) if self.training else CHUNK)
            present[b, t, MODALITIES.index(modality)] = there
            packed = spread(vectors.unsqueeze(1), b, t, batch)  # (B, T, 1, D)
            inputs[modality] = ModalityInput(packed, spread(there.unsqueeze(1), b, t, batch))
        return replace(batch, inputs=inputs, present=present)

    def encoding_name(self, modality: Modality) -> str:
        """Models of this base read the same vectors where they share the encoders and do not encode otherwise."""
        alike = type(self).encode is UtteranceModel.encode
        return f"utterance-1/{modality}" if self.encoders and alike else ""

    def _readers(self) -> dict[Modality, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]]:
        return {"t": self._read_text, "a": self._read_sound, "v": self._read_faces}

    def _read_text(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        target = mask & (tokens[..., 1] == TARGET)
        return pooled(self.text(tokens, mask)[-1], target), target.any(-1)

    def _read_sound(self, mel: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        states, kept = self.acoustic(mel, mask)
        return pooled(states[-1], kept), kept.any(-1)

    def _read_faces(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        parts = split_visual(rows)
        seen = parts.has_face & mask  # (N, K)
        N, K = seen.shape
        vectors = self.face(parts.face.flatten(0, 1)).view(N, K, -1)  # (N * K, D) -> (N, K, D)
        return pooled(vectors, seen), seen.any(-1)

    def vectors(self, encoded: Batch) -> dict[Modality, Tensor]:
        """Return every modality's vectors ``(B, T, D)``, zero where absent.

        Raises:
            ShapeError: the vectors have another width than the configuration's
        """
        found: dict[Modality, Tensor] = {}
        B, T = encoded.utterances.shape
        for index, modality in enumerate(MODALITIES):
            width = self.widths.get(modality)
            if width is None:
                continue
            if modality not in encoded.inputs:
                found[modality] = torch.zeros(B, T, width, device=encoded.utterances.device)
                continue
            values = encoded.inputs[modality].values[:, :, 0]
            if values.shape[-1] != width:
                raise ShapeError(
                    f"The vectors of modality {modality} do not fit {self.card.title}",
                    got=values.shape[-1],
                    allowed=width,
                    do="give the model's config the widths of the corpus's features",
                )
            found[modality] = values * encoded.present[..., index].unsqueeze(-1)
        return found


def _chunked(
    read: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], found: ModalityInput, b: Tensor, t: Tensor, chunk: int
) -> tuple[Tensor, Tensor]:
    vectors, there = [], []
    for i in range(0, len(b), chunk):
        at = (b[i : i + chunk], t[i : i + chunk])
        mask = found.mask[at]
        length = int(mask.sum(-1).max())
        values, real = read(found.values[at][:, :length], mask[:, :length])
        vectors.append(values)
        there.append(real)
    return torch.cat(vectors), torch.cat(there)
