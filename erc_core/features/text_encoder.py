"""The text encoder: a BERT-like Transformer with every layer exposed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from erc_core.errors import MissingResourceError

COMPACT: dict[str, Any] = {
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "attention_probs_dropout_prob": 0.0,  # drawing it takes a third of a training step
}


class TextEncoder(nn.Module):
    """Token ids to hidden states of every layer.

    Args:
        config: a `transformers` configuration as a mapping with its ``model_type``
    """

    def __init__(self, config: Mapping[str, Any] = COMPACT) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModel

        values = dict(config)
        built = AutoConfig.for_model(values.pop("model_type"), **values)
        pooler = {"add_pooling_layer": False} if built.model_type in {"bert", "roberta"} else {}
        self.backbone = AutoModel.from_config(built, attn_implementation="eager", **pooler)
        # The word pieces' vectors stay as pre-trained: few dialogues would only blur those of rare words.
        self.backbone.get_input_embeddings().requires_grad_(False)
        self.segments = built.model_type == "bert"
        self.width: int = built.hidden_size
        self.depth: int = built.num_hidden_layers

    @classmethod
    def pretrained(cls, source: str | Path) -> TextEncoder:
        """Load pre-trained weights by hub name or local folder.

        Raises:
            MissingResourceError: they cannot be loaded
        """
        from transformers import AutoConfig, AutoModel

        try:
            config = AutoConfig.from_pretrained(source, attention_probs_dropout_prob=0.0).to_dict()
            weights = AutoModel.from_pretrained(source).state_dict()
        except (OSError, ValueError) as error:
            raise MissingResourceError(
                "The text encoder cannot be loaded",
                got=source,
                allowed="a local folder in the layout of transformers, or a hub name where a hub can be reached",
                do="download the encoder and give its folder",
            ) from error
        encoder = cls(config)
        known = encoder.backbone.state_dict()
        encoder.backbone.load_state_dict({k: v for k, v in weights.items() if k in known}, strict=True)
        return encoder

    def forward(self, tokens: Tensor, mask: Tensor) -> list[Tensor]:
        """Encode utterances.

        Args:
            tokens: ids and segments, ``(N, L, 2)``
            mask: real tokens, ``(N, L)``

        Returns:
            the hidden states after each layer, each ``(N, L, D)``
        """
        extra = {"token_type_ids": tokens[..., 1]} if self.segments else {}
        out = self.backbone(input_ids=tokens[..., 0], attention_mask=mask.long(), output_hidden_states=True, **extra)
        return list(out.hidden_states[1:])
