"""Models whose explanations are known by hand, and a dialogue for them with words, sound and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from erc_core.explaining import Request, explain_features
from erc_core.explanation import Explanation
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import TARGET, load_tokenizer, text_input
from erc_core.features.visual_layout import Keyframe, pack_visual, split_visual
from erc_core.models.base import Batch, ErcModel, ModalityInput, ModelCard, ModelOutput, spread
from erc_core.models.checkpoints import Loaded, Temperatures
from erc_core.settings import Settings
from erc_core.types import (
    MELD7,
    MODALITIES,
    Dialogue,
    FeatureRow,
    Features,
    LabelSet,
    Modality,
    ModelRef,
    TraceArray,
    Utterance,
    frozen_array,
)

TEXTS = (
    "Good morning, how are you?",
    "I am so happy that you came to the old garden",
    "We lost the keys again",
    "What a wonderful surprise this is for all of us",
)
JOY = MELD7.index("joy")
C = len(MELD7)


class LinearModel(ErcModel):
    """Logits that are sums over words, sound frames, face pixels, action units and background pixels.

    ``config["context"]`` is the share of the neighbours' logits that is added to an utterance's own.
    """

    card: ClassVar[ModelCard] = ModelCard(
        name="linear",
        title="Linear",
        paper="none",
        modalities=MODALITIES,
        extractors=("history_tokens-1", "log_mel-1", "visual-1"),
        sees_future=True,
        whole_dialogue=True,
        licence="Apache-2.0",
        deviations=("all",),
        picture=("face", "action_units", "background"),
    )

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, config)
        self.words = nn.Embedding(30522, C)
        self.bands = nn.Linear(80, C, bias=False)
        self.look = nn.Conv2d(1, 2, 4, stride=4, bias=False)
        self.pixels = nn.Linear(2 * 12 * 12, C, bias=False)
        self.units = nn.Linear(19, C, bias=False)
        self.room = nn.Linear(3 * 32 * 32, C, bias=False)
        self.scale = nn.ParameterDict({m: nn.Parameter(torch.ones(())) for m in MODALITIES})
        self.used = set(self.config.get("used", MODALITIES))

    def encode(self, batch: Batch) -> Batch:
        inputs = {}
        for m in MODALITIES:
            b, t = batch.rows_with(m)
            if m in batch.inputs and len(b):
                values, mask = batch.inputs[m].values[b, t], batch.inputs[m].mask[b, t]
                rows = getattr(self, f"_read_{m}")(values, mask)
                real = torch.ones(len(b), 1, dtype=torch.bool, device=rows.device)
                inputs[m] = ModalityInput(spread(rows.unsqueeze(1), b, t, batch), spread(real, b, t, batch))
        return batch.with_inputs(inputs)

    def _read_t(self, tokens: Tensor, mask: Tensor) -> Tensor:
        target = mask & (tokens[..., 1] == TARGET)
        return (self.words(tokens[..., 0]) * target.unsqueeze(-1)).sum(1)

    def _read_a(self, mel: Tensor, mask: Tensor) -> Tensor:
        return (self.bands(mel) * mask.unsqueeze(-1)).sum(1) / 100

    def _read_v(self, rows: Tensor, mask: Tensor) -> Tensor:
        parts = split_visual(rows)
        N, K = parts.has_face.shape
        looked = self.look(parts.face.reshape(N * K, 1, 48, 48) / 255).reshape(N, K, -1)
        seen = (self.pixels(looked) + self.units(parts.units)) * parts.has_face.unsqueeze(-1)
        return ((seen + self.room(parts.background.flatten(2))) * mask.unsqueeze(-1)).sum(1)

    def decode(self, encoded: Batch) -> ModelOutput:
        B, T = encoded.utterances.shape
        logits = torch.zeros(B, T, C, device=encoded.utterances.device)
        for index, m in enumerate(MODALITIES):
            if m in encoded.inputs and m in self.used:
                own = encoded.inputs[m].values[:, :, 0] * encoded.present[..., index].unsqueeze(-1)
                logits = logits + self.scale[m] * own
        share = self.config.get("context", 0.0)
        logits = logits * encoded.utterances.unsqueeze(-1)
        return ModelOutput(logits + share * (logits.sum(1, keepdim=True) - logits))

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        return output.logits.sum()

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        return ()


class WordsModel(LinearModel):
    """The same with words alone, one utterance at a time."""

    card = ModelCard(
        name="words_only",
        title="Words only",
        paper="none",
        modalities=("t",),
        extractors=("history_tokens-1",),
        sees_future=False,
        whole_dialogue=False,
        licence="Apache-2.0",
        deviations=("all",),
    )


def loaded(kind: type[LinearModel] = LinearModel, seed: int = 0, **config: Any) -> Loaded:
    torch.manual_seed(seed)
    model = kind(MELD7, config).eval()
    with torch.no_grad():
        for parameter in model.pixels.parameters():
            parameter.mul_(0.2)
    name = f"{kind.__name__}{seed}{sorted(config.items())}"
    return Loaded(model, ModelRef("linear", f"{name:0>64}", MELD7), Temperatures())


def dialogue() -> Dialogue:
    utterances = tuple(
        Utterance(f"u{i + 1}", ("Ana", "Ben")[i % 2], text, 2.0 * i, 2.0 * i + 1.8) for i, text in enumerate(TEXTS)
    )
    return Dialogue.of("known", "test", utterances)


def features(of: Dialogue, without: frozenset[tuple[int, Modality]] = frozenset()) -> tuple[Features, ...]:
    rng = np.random.default_rng(0)
    tokenizer = load_tokenizer(TEXT_ENCODER)
    rows: dict[Modality, list[FeatureRow]] = {"t": [], "a": [], "v": []}
    for t, utterance in enumerate(of.utterances):
        words = text_input(of, t, tokenizer)
        assert words is not None
        frames = tuple(
            Keyframe(
                rng.integers(0, 256, (48, 48)).astype(np.uint8),
                rng.uniform(0, 5, 19),
                rng.integers(0, 256, (32, 32, 3)).astype(np.uint8),
            )
            for _ in range(2)
        )
        made = {
            "t": words.values,
            "a": frozen_array(rng.normal(size=(178, 80))),
            "v": frozen_array(pack_visual(frames)),
        }
        for m, values in made.items():
            gone = (t, m) in without
            rows[m].append(FeatureRow(utterance.id, None if gone else values, "left out" if gone else ""))
    names: dict[Modality, str] = {"t": "history_tokens-1", "a": "log_mel-1", "v": "visual-1"}
    return tuple(Features(of.id, m, names[m], tuple(rows[m])) for m in MODALITIES)


def explained(
    method: str,
    model: Loaded,
    position: int = 1,
    label: str = "joy",
    seed: int = 0,
    without: frozenset[tuple[int, Modality]] = frozenset(),
    **params: Any,
) -> Explanation:
    of = dialogue()
    request = Request("linear", of.utterances[position].id, method, {"scale": "logit", **params}, label, seed)
    return explain_features(of, position, features(of, without), model, request, Settings(precision="float32"))


def contributions(
    model: Loaded, position: int, without: frozenset[tuple[int, Modality]] = frozenset()
) -> dict[str, float]:
    """Return what each modality adds to the logit of joy."""
    from erc_core.models.base import Sample, collate

    of = dialogue()
    batch = collate([Sample(features(of, without), (0, 1, 0, 1), (-1,) * 4)])
    with torch.inference_mode():
        whole = model.model(batch).logits[0, position, JOY]
        return {m: float(whole - model.model(batch.without([m])).logits[0, position, JOY]) for m in MODALITIES}
