"""DQ-Former: query tokens gather emotion cues from the layers of a text and an acoustic encoder.

Source: Jing and Zhao, *DQ-Former: Querying Transformer with Dynamic Modality Priority for Cognitive-aligned Multimodal
Emotion Recognition in Conversation*, ACM Multimedia 2024. Equation numbers are the paper's.

Axis letters: N utterances of a batch that are real, Q query tokens, L tokens or frames, D width, C classes,
I fusion layers, M modalities (t, a).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.features.acoustic import HOP_S
from erc_core.features.acoustic_encoder import STRIDE, AcousticEncoder
from erc_core.features.text import TARGET
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.models._layers import Attention, EncoderLayer, feed_forward, join_padded, masked_mean
from erc_core.models._traces import plain, traced
from erc_core.models._utterance import CHUNK
from erc_core.models.base import MODELS, Batch, ErcModel, KnobSpec, ModalityInput, ModelCard, ModelOutput, spread
from erc_core.types import LabelSet, Modality, TraceArray

PAIR: tuple[Modality, Modality] = ("t", "a")
TAU = 0.1
DEFAULTS: dict[str, Any] = {
    "layers": 6,
    "first_layer": 4,  # fusion starts here, counted from 1: the paper's M + 1; 1 is its "early", the last its "late"
    "width": 384,
    "queries": 16,
    "heads": 8,
    "dropout": 0.1,
    "priority": True,
    "text": COMPACT,
    "acoustic": {},
}


def confidence(raw: Tensor, present: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """Normalise raw confidences over the modalities that are present, then mask those under the threshold.

    Args:
        raw: sigmoid outputs of ConNet, ``(N, M)``
        present: which modality each utterance has, ``(N, M)``
        tau: mask threshold

    Returns:
        the normalised confidences ``(N, M)``, zero where absent, and the same with those under ``tau`` set to zero
        and not renormalised ``(N, M)``: all may be zero

    Source:
        DQ-Former, eq. 7 and 8. The paper's sum runs over both modalities; ours over those that are present.
    """
    available = raw * present
    normalised = available / available.sum(-1, keepdim=True).clamp_min(1e-9)
    return normalised, torch.where(normalised >= tau, normalised, torch.zeros_like(normalised))


@dataclass(frozen=True, slots=True)
class States:
    """One modality's hidden states at the fusion layers.

    Attributes:
        hidden: a tensor ``(N, L, D)`` for each fusion layer
        mask: real positions, which the queries attend to, ``(N, L)``
        pooled: positions that eq. 5, 10 and 11 average over, ``(N, L)``
    """

    hidden: list[Tensor]
    mask: Tensor
    pooled: Tensor


class CrossModalAttention(nn.Module):
    """Queries gather from one modality's hidden states.

    Source:
        DQ-Former, eq. 4: ``LN(Q + F(LN(Q + softmax(QK^T / sqrt(d)) V)))``. The outer residual starts from Q, not from
        the inner normalised sum: so it is printed, so it is built.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.norm_inner = nn.LayerNorm(width)
        self.inner = feed_forward(width, width, dropout)
        self.norm_outer = nn.LayerNorm(width)

    def forward(self, query: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gathered queries ``(N, Q, D)`` and the attention averaged over heads ``(N, Q, L)``."""
        gathered, weights = self.attention(query, memory, mask)
        return self.norm_outer(query + self.inner(self.norm_inner(query + gathered))), weights


class FusionLayer(nn.Module):
    """One layer of the multimodal fusion encoder with dynamic modality priority.

    Source:
        DQ-Former, eq. 2, 3, 5 to 9.
    """

    def __init__(self, width: int, heads: int, dropout: float, priority: bool) -> None:
        super().__init__()
        self.own = EncoderLayer(width, heads, 2 * width, dropout)
        self.cross = nn.ModuleDict({m: CrossModalAttention(width, heads, dropout) for m in PAIR})
        self.connet = nn.ModuleDict({m: nn.Linear(width, 1) for m in PAIR}) if priority else None

    def forward(
        self, query: Tensor, states: Mapping[Modality, tuple[Tensor, Tensor, Tensor]], present: Tensor, tau: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Let the queries gather from both modalities.

        Args:
            query: ``(N, Q, D)``
            states: by modality, hidden states ``(N, L, D)``, their mask and the mask of what is pooled ``(N, L)``
            present: ``(N, M)``
            tau: mask threshold

        Returns:
            the fused queries ``(N, Q, D)`` and what the layer tells of itself
        """
        query = self.own(query)  # eq. 2
        gathered, report, raw = [], {}, []
        for modality in PAIR:
            hidden, mask, pooled = states[modality]
            value, weights = self.cross[modality](query, hidden, mask)  # eq. 3
            gathered.append(value)
            report[f"attention_{modality}"] = weights
            if self.connet is not None:
                score = self.connet[modality](masked_mean(hidden, pooled))  # eq. 5
                raw.append(torch.sigmoid(score.float()).squeeze(-1))  # eq. 6
        # Without priority learning the modalities are summed as they are (the paper's "w/o DMP").
        report["raw_confidence"] = torch.stack(raw, -1) if raw else present.float()
        normal, kept = confidence(report["raw_confidence"], present, tau)
        report["confidence"] = normal
        report["masked"] = ((kept == 0) & present).float()
        shares = kept if raw else present.float()
        stacked = torch.stack(gathered, 1)  # (N, M, Q, D)
        return (shares[:, :, None, None].to(stacked.dtype) * stacked).sum(1), report  # eq. 9


@MODELS.add("dq_former")
class DQFormer(ErcModel):
    """DQ-Former with its two encoders; text and sound only."""

    card = ModelCard(
        name="dq_former",
        title="DQ-Former",
        paper="Jing and Zhao 2024, DQ-Former: Querying Transformer with Dynamic Modality Priority for Cognitive-"
        "aligned Multimodal Emotion Recognition in Conversation, ACM Multimedia 2024",
        modalities=PAIR,
        extractors=("history_tokens-1", "log_mel-1"),
        sees_future=False,
        whole_dialogue=False,
        licence="Apache-2.0 (code); the weights follow their training data, see the checkpoint's card",
        deviations=(
            "Compact preset: 6 layers x 384 for text (from MiniLM) and for sound (log-mel, trained here); fusion from "
            "layer 4. The paper uses BERT and WavLM with 12 x 768 or 24 x 1024.",
            "Eq. 12 is read as h_f = AvgPool(H_q^N): the printed H_a is a slip.",
            "Eq. 5 and 11 average text over the target utterance's tokens; the history is read through attention.",
            "A missing modality is absent and confidences are normalised over what is there; the paper feeds zeros.",
            "Where all present modalities fall under tau, the layer's fused sum is zero, and the trace says so.",
            "The encoders are fine-tuned on their own first and then kept; the paper tunes all at once.",
            "Minority classes weigh more in the loss (inverse square root of their frequency); the paper repeats them.",
            "In training a modality is now and then left out, so that the fused answer stands on either alone.",
            "Speakers are read as letters relative to the one who speaks, not by name.",
        ),
        finding=(
            "On composite dev, where either the voice or the words alone are informative, the confidence hardly tells "
            "which (AUROC 0.59; 0.5 is chance): it shows where the fusion looks, not reliability."
        ),
        knobs=(
            KnobSpec(
                "tau", 0.0, 0.5, TAU, 0.01, "A modality whose normalised confidence is under tau is masked (eq. 8)."
            ),
        ),
    )

    encoders: Mapping[str, str] = {"text": "text_encoder", "acoustic": "acoustic_encoder"}
    tiny: ClassVar[Mapping[str, Any]] = {
        "layers": 3,
        "first_layer": 2,
        "width": 16,
        "queries": 3,
        "heads": 2,
        "text": {
            **COMPACT,
            "hidden_size": 16,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "vocab_size": 97,
        },
        "acoustic": {"width": 16, "layers": 3, "channels": (4, 6, 8, 10)},
    }
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "early": {"first_layer": 1},
        "late": {"first_layer": 6},
        "no_priority": {"priority": False},
    }
    rows_a_position: ClassVar[int] = STRIDE  # of the acoustic encoder
    position_s: ClassVar[float] = STRIDE * HOP_S
    class_weights: Tensor

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **config})
        c = self.config
        if not 1 <= c["first_layer"] <= c["layers"]:
            raise InputError("Fusion cannot start there", got=c["first_layer"], allowed=f"1 to {c['layers']}")
        self.text = TextEncoder(c["text"])
        self.acoustic = self.acoustic_encoder()
        self.query = nn.Parameter(torch.randn(c["queries"], c["width"]) * 0.02)
        self.project = nn.Linear(c["width"], c["width"])  # the M_q of eq. 2
        depth = c["layers"] - c["first_layer"] + 1
        self.fusion = nn.ModuleList(
            [FusionLayer(c["width"], c["heads"], c["dropout"], c["priority"]) for _ in range(depth)]
        )
        self.heads = nn.ModuleDict({m: nn.Linear(c["width"], len(labels)) for m in ("t", "a", "f")})
        self.dropout = nn.Dropout(c["dropout"])
        self.register_buffer("class_weights", torch.ones(len(labels)))

    def acoustic_encoder(self) -> nn.Module:
        """Build the encoder of the sound: log-mel frames and their mask to the layers' states and their mask."""
        return AcousticEncoder(**self.config["acoustic"])

    @property
    def fusion_layers(self) -> tuple[int, ...]:
        """Numbers of the encoder layers at which modalities are fused, counted from 1."""
        return tuple(range(self.config["first_layer"], self.config["layers"] + 1))

    def encode(self, batch: Batch) -> Batch:
        """Return the hidden states at the fusion layers.

        Returns:
            inputs ``(B, T, L, I * D + 1)``: the layers' states side by side; the last channel is one where eq. 5, 10
            and 11 average
        """
        inputs = {m: self._encoded(batch, m) for m in PAIR if m in batch.inputs and len(batch.rows_with(m)[0])}
        return batch.with_inputs(inputs)

    def _encoded(self, batch: Batch, modality: Modality) -> ModalityInput:
        b, t = batch.rows_with(modality)
        values, mask = batch.inputs[modality].values[b, t], batch.inputs[modality].mask[b, t]
        chunk = len(b) if self.training else CHUNK
        parts, kept = [], []
        for i in range(0, len(b), chunk):
            length = int(mask[i : i + chunk].sum(-1).max())
            packed, real = self._packed(modality, values[i : i + chunk, :length], mask[i : i + chunk, :length])
            parts.append(packed)
            kept.append(real)
        L = max(part.shape[1] for part in parts)
        states = torch.cat([F.pad(part, (0, 0, 0, L - part.shape[1])) for part in parts])
        real = torch.cat([F.pad(part, (0, L - part.shape[1])) for part in kept])
        return ModalityInput(spread(states, b, t, batch), spread(real, b, t, batch))

    def _packed(self, modality: Modality, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if modality == "t":
            states, kept = self.text(values, mask), mask
            pooled = mask & (values[..., 1] == TARGET)
        else:
            states, kept = self.acoustic(values, mask)
            pooled = kept
        own = states[-len(self.fusion) :]
        return torch.cat([*own, pooled.unsqueeze(-1).to(own[0].dtype)], -1), kept

    def decode(self, encoded: Batch) -> ModelOutput:
        """Fuse every utterance's hidden states; the loss and the trace need the internals."""
        b, t = encoded.utterances.nonzero().unbind(1)
        chunk = len(b) if self.training else CHUNK
        parts = []
        for i in range(0, len(b), chunk):
            present = encoded.present[b[i : i + chunk], t[i : i + chunk]][:, :2]  # (N, M) for t, a
            states = {m: self._states(encoded.inputs.get(m), b[i : i + chunk], t[i : i + chunk]) for m in PAIR}
            masked = {
                m: States(found.hidden, found.mask & present[:, k, None], found.pooled & present[:, k, None])
                for k, (m, found) in enumerate(states.items())
            }
            parts.append(self.fuse(masked, present))
        spreads = {name: spread(join_padded([part[name] for part in parts]), b, t, encoded) for name in parts[0]}
        unimodal = {m: spreads.pop(f"logits_{m}") for m in PAIR}
        return ModelOutput(spreads.pop("logits_f"), unimodal, spreads)

    def _states(self, found: ModalityInput | None, b: Tensor, t: Tensor) -> States:
        """Unpack the encodings of some utterances."""
        if found is None:
            mask = torch.zeros(len(b), 1, dtype=torch.bool, device=self.query.device)
            empty = torch.zeros(len(b), 1, self.config["width"], device=self.query.device)
            return States([empty for _ in self.fusion], mask, mask)
        mask = found.mask[b, t]
        length = max(1, int(mask.sum(-1).max()))
        values, mask = found.values[b, t][:, :length], mask[:, :length]
        return States(list(torch.split(values[..., :-1], self.config["width"], -1)), mask, mask & (values[..., -1] > 0))

    def fuse(self, states: Mapping[Modality, States], present: Tensor) -> dict[str, Tensor]:
        """Fuse hidden states, which may have been computed before.

        Args:
            states: by modality, the fusion layers' hidden states
            present: which modality each utterance has, ``(N, M)``

        Returns:
            the logits ``logits_f``, ``logits_t`` and ``logits_a`` ``(N, C)``, and what the layers tell of themselves,
            ``(N, I, ...)``
        """
        query = self.project(self.query).expand(len(present), -1, -1)  # (N, Q, D)
        reports: list[dict[str, Tensor]] = []
        for i, layer in enumerate(self.fusion):
            step = {m: (found.hidden[i], found.mask, found.pooled) for m, found in states.items()}
            query, report = layer(query, step, present, self.knobs["tau"])
            reports.append(report)
        result = {name: torch.stack([report[name] for report in reports], 1) for name in reports[0]}  # (N, I, ...)
        result["logits_f"] = self.heads["f"](self.dropout(query.mean(1))).float()  # eq. 12, 13
        for modality, found in states.items():
            summary = masked_mean(found.hidden[-1], found.pooled)  # eq. 10, 11
            result[f"logits_{modality}"] = self.heads[modality](self.dropout(summary)).float()
        return result

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the objective over the labelled utterances of a batch."""
        known = batch.utterances & (batch.labels >= 0)
        logits = {"logits_f": output.logits[known]}
        logits |= {f"logits_{m}": values[known] for m, values in output.unimodal.items()}
        return self.objective(logits, batch.labels[known], batch.present[known][:, :2])

    def objective(self, result: Mapping[str, Tensor], labels: Tensor, present: Tensor) -> Tensor:
        """Cross-entropy of the fused and both unimodal predictions with weight one each.

        Args:
            result: what ``fuse`` returns
            labels: label indices, ``(N,)``
            present: ``(N, M)``; a modality that an utterance does not have teaches nothing

        Source:
            DQ-Former, eq. 14.
        """
        total = F.cross_entropy(result["logits_f"], labels, weight=self.class_weights)
        for index, modality in enumerate(PAIR):
            there = present[:, index]
            if there.any():
                logits = result[f"logits_{modality}"][there]
                total = total + F.cross_entropy(logits, labels[there], weight=self.class_weights)
        return total

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Return confidences, mask flags and query attention of a batch of one dialogue."""
        layers = tuple(str(number) for number in self.fusion_layers)
        meanings = {
            "raw_confidence": "ConNet's output before normalisation, 0 to 1 (eq. 6)",
            "confidence": "share of each modality, normalised over those present, before masking (eq. 7)",
            "masked": "1 where the share is under tau and was set to zero (eq. 8)",
        }
        arrays = [
            traced(name, utterance_ids, output.internals[name][0], meaning, ("layer", layers), ("modality", PAIR))
            for name, meaning in meanings.items()
        ]
        for modality in PAIR:
            arrays += self._attention(output, batch, utterance_ids, modality, layers)
        return tuple(arrays)

    def _attention(
        self,
        output: ModelOutput,
        batch: Batch,
        utterance_ids: Sequence[str],
        modality: Modality,
        layers: tuple[str, ...],
    ) -> list[TraceArray]:
        weights = output.internals[f"attention_{modality}"][0]  # (T, I, Q, L)
        text = modality == "t"
        queries = tuple(str(i + 1) for i in range(weights.shape[2]))
        arrays = []
        for t, name in enumerate(utterance_ids):
            if modality not in batch.inputs or not bool(batch.present[0, t, PAIR.index(modality)]):
                continue
            real = int(batch.inputs[modality].mask[0, t].sum())
            length = real if text else -(-real // self.rows_a_position)
            names = tuple(str(i) if text else f"{i * self.position_s:.2f}" for i in range(length))
            meaning = "attention of each query, averaged over heads; it shows where the model looked, not why"
            arrays.append(
                TraceArray(
                    f"attention_{modality}/{name}",
                    ("layer", "query", "token" if text else "start_s"),
                    (layers, queries, names),
                    plain(weights[t, :, :, :length]),
                    meaning,
                )
            )
        return arrays
