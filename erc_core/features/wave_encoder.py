"""Pre-trained speech encoders of the WavLM kind, with every layer exposed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import MissingResourceError
from erc_core.features.wave import STEP

WAVLM_BASE: dict[str, Any] = {"model_type": "wavlm"}  # transformers' defaults are microsoft/wavlm-base
WAVLM_LARGE: dict[str, Any] = {
    "model_type": "wavlm",
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "conv_bias": False,
    "do_stable_layer_norm": True,
}
WINDOW = 400  # samples that the first position sees


class WaveEncoder(nn.Module):
    """Raw sound to hidden states of every layer, a position every 20 ms.

    Args:
        config: a `transformers` configuration as a mapping with its ``model_type``
    """

    def __init__(self, config: Mapping[str, Any] = WAVLM_BASE) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModel

        values = {**config, "apply_spec_augment": False, "layerdrop": 0.0}
        built = AutoConfig.for_model(values.pop("model_type"), **values)
        self.backbone = AutoModel.from_config(built)
        # The convolutions stay as pre-trained, as is usual where they are fine-tuned on little speech.
        self.backbone.feature_extractor.requires_grad_(False)
        if hasattr(self.backbone, "masked_spec_embed"):
            self.backbone.masked_spec_embed.requires_grad_(False)
        self.width: int = built.hidden_size
        self.depth: int = built.num_hidden_layers

    @classmethod
    def pretrained(cls, source: str | Path) -> WaveEncoder:
        """Load pre-trained weights by hub name or local folder.

        Raises:
            MissingResourceError: they cannot be loaded
        """
        from transformers import AutoConfig, AutoModel

        if isinstance(source, Path) and not source.is_dir():
            raise MissingResourceError("The acoustic encoder's folder is not there", got=source, do="give its folder")
        try:
            config = AutoConfig.from_pretrained(source).to_dict()
            weights = AutoModel.from_pretrained(source).state_dict()
        except (OSError, ValueError) as error:
            raise MissingResourceError(
                "The acoustic encoder cannot be loaded",
                got=source,
                allowed="a local folder in the layout of transformers, or a hub name where a hub can be reached",
                do="download the encoder and give its folder",
            ) from error
        encoder = cls(config)
        encoder.backbone.load_state_dict(weights, strict=True)
        return encoder

    def forward(self, rows: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """Encode utterances one by one: some of these encoders normalise over time, so padding would change them.

        Args:
            rows: sound in steps, ``(N, L, 320)``
            mask: real steps, ``(N, L)``; at least one in each row

        Returns:
            the hidden states after each layer, each ``(N, L, D)``, and ``mask``
        """
        L = rows.shape[1]
        found: list[list[Tensor]] = []
        for row, real in zip(rows, mask, strict=True):
            sound = F.pad(row[real].reshape(1, -1), (0, WINDOW - STEP))  # as many positions as steps
            states = self.backbone(input_values=sound, output_hidden_states=True).hidden_states[1:]
            found.append([F.pad(state[0], (0, 0, 0, L - state.shape[1])) for state in states])
        return [torch.stack(layer) for layer in zip(*found, strict=True)], mask
