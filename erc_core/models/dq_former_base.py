"""DQ-Former in the paper's sizes: over BERT and WavLM, which are loaded by name or from a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from erc_core.features.acoustic import RATE_HZ
from erc_core.features.text_encoder import TextEncoder
from erc_core.features.wave import EXTRACTOR, STEP
from erc_core.features.wave_encoder import WAVLM_BASE, WAVLM_LARGE, WaveEncoder
from erc_core.models.base import MODELS
from erc_core.models.dq_former import DQFormer
from erc_core.types import LabelSet

BERT_BASE: dict[str, Any] = {"model_type": "bert", "attention_probs_dropout_prob": 0.0}
BERT_LARGE: dict[str, Any] = {
    **BERT_BASE,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}
BASE: dict[str, Any] = {"layers": 12, "first_layer": 9, "width": 768, "text": BERT_BASE, "acoustic": WAVLM_BASE}
LARGE: dict[str, Any] = {"layers": 24, "first_layer": 17, "width": 1024, "text": BERT_LARGE, "acoustic": WAVLM_LARGE}


@MODELS.add("dq_former_base")
class DQFormerBase(DQFormer):
    """DQ-Former over BERT and WavLM: the paper's base, and its large as a variant."""

    card = replace(
        DQFormer.card,
        name="dq_former_base",
        title="DQ-Former, base",
        extractors=("history_tokens-1", EXTRACTOR),
        deviations=(
            "No weights are shipped: BERT and WavLM cannot be had here. They are read by hub name or from a folder.",
            *DQFormer.card.deviations[1:],
        ),
        role="backbone",
        finding="",  # what was measured was measured on the compact preset
    )
    encoders: Mapping[str, str] = {"text": "bert_encoder", "acoustic": "wavlm_encoder"}
    tiny: ClassVar[Mapping[str, Any]] = {
        **DQFormer.tiny,
        "acoustic": {
            **WAVLM_BASE,
            "hidden_size": 16,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "conv_dim": [8, 8, 8, 8, 8, 8, 8],
            "num_conv_pos_embeddings": 16,
            "num_conv_pos_embedding_groups": 2,
        },
    }
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "large": LARGE,
        "early": {"first_layer": 1},
        "late": {"first_layer": 12},
        "no_priority": {"priority": False},
    }
    rows_a_position: ClassVar[int] = 1
    position_s: ClassVar[float] = STEP / RATE_HZ

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**BASE, **config})

    def acoustic_encoder(self) -> WaveEncoder:
        """Build the encoder of the sound."""
        return WaveEncoder(self.config["acoustic"])

    @classmethod
    def over(cls, labels: LabelSet, text: str | Path, acoustic: str | Path, **config: Any) -> DQFormerBase:
        """Build a model over pre-trained encoders; its fusion is new.

        Args:
            labels: the label set
            text: hub name or folder of a BERT
            acoustic: hub name or folder of a WavLM
            config: what differs from the base

        Raises:
            MissingResourceError: an encoder cannot be loaded
        """
        words, sound = TextEncoder.pretrained(text), WaveEncoder.pretrained(acoustic)
        sizes = {"layers": words.depth, "width": words.width, "first_layer": 2 * words.depth // 3 + 1}
        described = {"text": _described(words), "acoustic": _described(sound)}
        model = cls(labels, {**sizes, **described, **config})
        model.text.load_state_dict(words.state_dict())
        model.acoustic.load_state_dict(sound.state_dict())
        return model


def _described(encoder: TextEncoder | WaveEncoder) -> dict[str, Any]:
    """Return the configuration that builds an encoder again, as JSON takes it."""
    found: dict[str, Any] = encoder.backbone.config.to_diff_dict()
    return {**found, "model_type": encoder.backbone.config.model_type}
