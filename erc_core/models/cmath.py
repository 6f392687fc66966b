"""CMATH: each modality in turn is the centre that the others enrich; Gaussians are fused; the whole teaches its parts.

Source: Zhu et al., *CMATH: Cross-Modality Augmented Transformer with Hierarchical Variational Distillation for
Multimodal Emotion Recognition in Conversation*, 2024. Equation numbers are the paper's.

Axis letters: B dialogues, T utterances, M modalities (t, a, v), D width, C classes, S sources of a centre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.models._layers import Attention, feed_forward, sinusoids
from erc_core.models._traces import traced
from erc_core.models._utterance import EXTRACTORS, TINY, UtteranceModel
from erc_core.models.base import MODELS, Batch, ModelCard, ModelOutput
from erc_core.types import MODALITIES, LabelSet, Modality, TraceArray

DEFAULTS: dict[str, Any] = {
    "width": 192,  # the paper has 500 for IEMOCAP, 400 for MELD
    "heads": 4,
    "kernel": 1,  # of the convolutions over the utterances
    "speakers": 10,  # who appears later shares the last embedding
    "dropout": 0.3,
    "reconstruction": True,  # False: a linear layer in place of the convolutions ("w/o MR")
    "cross": True,  # False: no CMA-Transformer ("w/o CMA-T")
    "variational": True,  # False: the mean of the modalities' features, without any Gaussian
    "distil": ("low", "high"),  # levels of distillation that are on
    "weights": {"low": 1.0, "high": 1.2},  # gamma 1 and 2 for MELD; IEMOCAP has 1.0 and 1.8
}
QUERIES = 512  # queries that attend at once, so that memory grows with the dialogue's length, not with its square
SHOWN = 512  # the longest dialogue whose attention is kept for the trace: it has a square for each pair of modalities


def squared_error(first: Tensor, second: Tensor, real: Tensor) -> Tensor:
    """Return the mean squared error over the real items ``(..., D)``; ``real`` ``(...)``.

    Source:
        CMATH, eq. 3 and 18, with means for the squared norms, so that weights do not depend on the dialogue's length.
    """
    error = (first - second).square().mean(-1)
    return (error * real).sum() / real.sum().clamp_min(1)


def teacher_divergence(teacher: Tensor, student: Tensor) -> Tensor:
    """Return KL(teacher || student) of logits ``(..., C)``, shape ``(...)``; CMATH, eq. 23."""
    p, q = teacher.log_softmax(-1), student.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)


def gate(sources: Tensor, scores: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Mix a centre's sources, each feature dimension by itself.

    Args:
        sources: ``(B, T, S, D)``
        scores: one for each source and dimension, ``(B, T, S, D)``
        there: which sources exist, ``(B, T, S)``

    Returns:
        the mixture ``(B, T, D)`` and the shares ``(B, T, S, D)``, which sum to one over S where any source is there

    Source:
        CMATH, eq. 12, whose gate is not specified: ours is a softmax over the sources.
    """
    allowed = there.unsqueeze(-1)
    shares = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(2) * allowed
    return (shares * sources).sum(2), shares


def fuse_gaussians(mu: Tensor, sigma: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Average the modalities' means and deviations ``(B, T, M, D)`` over those present ``(B, T, M)``.

    Source:
        CMATH, eq. 16, which averages over all three.
    """
    weight = present / present.sum(-1, keepdim=True).clamp_min(1)
    return (mu * weight.unsqueeze(-1)).sum(2), (sigma * weight.unsqueeze(-1)).sum(2)


class CrossModal(nn.Module):
    """One auxiliary modality enriches the centre.

    Source:
        CMATH, eq. 9 and 10.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.norm_attention = nn.LayerNorm(width)
        self.inner = feed_forward(width, 2 * width, dropout)
        self.norm_inner = nn.LayerNorm(width)

    def attend(self, centre: Tensor, source: Tensor, there: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return what the centre ``(B, T, D)`` gathers from the utterances of the source, and where it looked.

        Zero where the dialogue has no utterance with the source. The attention ``(B, T, T)`` is None for long ones.
        """
        T = centre.shape[1]
        parts = [self.attention(centre[:, i : i + QUERIES], source, there) for i in range(0, T, QUERIES)]
        gathered = torch.cat([part[0] for part in parts], 1) * there.any(1)[:, None, None]
        return gathered, parts[0][1] if T <= SHOWN and len(parts) == 1 else None

    def finish(self, gathered: Tensor, centre: Tensor) -> Tensor:
        """Add the centre and pass the feed-forward network."""
        x = self.norm_attention(gathered + centre)
        out: Tensor = self.norm_inner(self.inner(x) + x)
        return out


class CMATransformer(nn.Module):
    """Enriches one central modality by itself and by the others.

    Source:
        CMATH, eq. 9 to 13.
    """

    def __init__(self, centre: Modality, sources: Sequence[Modality], width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.centre, self.order = centre, (centre, *(m for m in sources if m != centre))
        self.blocks = nn.ModuleDict({m: CrossModal(width, heads, dropout) for m in self.order})
        self.gates = nn.ModuleDict({m: nn.Linear(width, width) for m in self.order})

    def forward(self, states: Mapping[Modality, Tensor], there: Mapping[Modality, Tensor]) -> dict[str, Any]:
        """Enrich the centre.

        Args:
            states: ``(B, T, D)`` by modality
            there: which utterances have it, ``(B, T)`` by modality

        Returns:
            ``out`` ``(B, T, D)``, ``shares`` ``(B, T, S, D)`` in the order of :attr:`order`, ``attention`` by source
        """
        centre = states[self.centre]
        gathered, attention = {}, {}
        for m, block in self.blocks.items():
            gathered[m], attention[m] = block.attend(centre, states[m], there[m])  # type: ignore[index, operator]
        total = torch.stack(list(gathered.values())).sum(0)  # eq. 11: the centre's own block takes in the others'
        finished = [
            block.finish(total if m == self.centre else gathered[m], centre)  # type: ignore[operator]
            for m, block in self.blocks.items()
        ]
        scores = [self.gates[m](x) for m, x in zip(self.order, finished, strict=True)]
        exists = torch.stack([there[m].any(1, keepdim=True).expand_as(there[m]) for m in self.order], -1)  # (B, T, S)
        out, shares = gate(torch.stack(finished, 2), torch.stack(scores, 2), exists)
        return {"out": out, "shares": shares, "attention": attention}


@MODELS.add("cmath")
class Cmath(UtteranceModel):
    """CMATH; each of its modules can be left out by the configuration."""

    card = ModelCard(
        name="cmath",
        title="CMATH",
        paper="Zhu et al. 2024, CMATH: Cross-Modality Augmented Transformer with Hierarchical Variational Distillation "
        "for Multimodal Emotion Recognition in Conversation",
        modalities=MODALITIES,
        extractors=EXTRACTORS,
        sees_future=True,
        whole_dialogue=True,
        licence="Apache-2.0 (code); the weights follow their training data, see the checkpoint's card",
        deviations=(
            "Features are those of the shared encoders or a corpus's own; the paper has RoBERTa, openSMILE, DenseNet.",
            "Width 192 instead of 400 (MELD) or 500 (IEMOCAP): the training data are small.",
            "The gate of eq. 12 is not specified: here a softmax over the three sources for each feature dimension, "
            "with a linear layer for each source.",
            "Squared norms (eq. 3, 18) are means, so that their weights do not depend on the dialogue's length.",
            "Sigma is made positive by softplus; the noise of eq. 17 is zero at inference.",
            "The teacher is detached in both distillations.",
            "Nothing in the losses keeps sigma from collapsing: it is an uncertainty only as far as it predicts error, "
            "which `compare` measures.",
            "An absent modality is no centre and has no keys; means are over what is there, and a source that the "
            "whole dialogue lacks has no share in the gate.",
            "Speakers are counted by order of appearance; from the tenth on they share an embedding.",
            "AdamW with warm-up instead of Adam; minority classes weigh more in the cross-entropies, and modalities "
            "are now and then left out in training.",
        ),
        finding=(
            "On the composite dev split the gates' shares do not tell an informative from an uninformative modality "
            "(AUROC 0.46 for sound, 0.41 for words, 0.31 for the face; 0.5 is chance): they show what was mixed, not "
            "what deserves trust. The fused sigma tells wrong answers with 0.60: a weak hint, no uncertainty."
        ),
    )

    tiny: ClassVar[Mapping[str, Any]] = {**TINY, "width": 8, "heads": 2}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {  # the paper's Table 4, and without the Gaussians
        "no_reconstruction": {"reconstruction": False},
        "no_cma_transformer": {"cross": False},
        "no_gaussians": {"variational": False},
        "no_low_distillation": {"distil": ("high",)},
        "no_high_distillation": {"distil": ("low",)},
        "no_distillation": {"distil": ()},
    }
    class_weights: Tensor

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **config})
        c = self.config
        D, drop = c["width"], c["dropout"]
        kernel = c["kernel"] if c["reconstruction"] else 1
        self.down = nn.ModuleDict(
            {m: nn.Conv1d(w, D, kernel, padding=kernel // 2) for m, w in self.widths.items()}
        )  # eq. 1
        if c["reconstruction"]:
            self.up = nn.ModuleDict(
                {m: nn.Conv1d(D, w, kernel, padding=kernel // 2) for m, w in self.widths.items()}
            )  # eq. 2
        self.speaker = nn.Embedding(c["speakers"], D)  # eq. 5
        nn.init.normal_(self.speaker.weight, std=0.1)
        if c["cross"]:
            self.augment = nn.ModuleDict(
                {m: CMATransformer(m, tuple(self.widths), D, c["heads"], drop) for m in self.widths}
            )
        if c["variational"]:
            self.mu = nn.ModuleDict({m: _mlp(D, drop) for m in self.widths})  # eq. 15
            self.sigma = nn.ModuleDict({m: _mlp(D, drop) for m in self.widths})
        self.students = nn.ModuleDict({m: nn.Linear(D, len(labels)) for m in self.widths})  # eq. 19
        self.teacher = nn.Linear(D, len(labels))
        self.dropout = nn.Dropout(drop)
        self.register_buffer("class_weights", torch.ones(len(labels)))

    def decode(self, encoded: Batch) -> ModelOutput:
        """Compress, enrich each modality, fuse and predict."""
        real = encoded.present & encoded.utterances.unsqueeze(-1)
        there = {m: real[..., MODALITIES.index(m)] for m in self.widths}  # (B, T) each
        vectors = self.vectors(encoded)
        internals: dict[str, Tensor] = {}
        small = {m: _over_time(self.down[m], x) * there[m].unsqueeze(-1) for m, x in vectors.items()}
        if self.config["reconstruction"]:
            errors = [squared_error(vectors[m], _over_time(self.up[m], x), there[m]) for m, x in small.items()]
            internals["reconstruction"] = torch.stack(errors).sum()  # eq. 3, 4
        speakers = self.speaker(encoded.speakers.clamp(0, self.config["speakers"] - 1))
        T = encoded.utterances.shape[1]
        extra = speakers + sinusoids(T, self.config["width"], speakers.device).to(speakers.dtype)
        states = {m: self.dropout(x + extra) for m, x in small.items()}  # eq. 8
        rich = self._enriched(states, there, internals)
        present = torch.stack([there[m] for m in self.widths], -1)  # (B, T, M)
        stacked = torch.stack([rich[m] for m in self.widths], 2)  # (B, T, M, D)
        fused = self._fused(rich, stacked, present, internals)
        logits = self.teacher(self.dropout(fused)).float()
        alone = {m: self.students[m](self.dropout(x)).float() for m, x in rich.items()}
        internals |= {"fused": fused, "rich": stacked, "there": present}
        return ModelOutput(logits, alone, internals)

    def _enriched(
        self, states: Mapping[Modality, Tensor], there: Mapping[Modality, Tensor], internals: dict[str, Tensor]
    ) -> dict[Modality, Tensor]:
        """Run a CMA-Transformer for each modality; eq. 13 and 14."""
        if not self.config["cross"]:
            return dict(states)
        rich = {}
        for m in states:
            block: CMATransformer = self.augment[m]  # type: ignore[assignment]
            found = block(states, there)
            rich[m] = found["out"]
            order = [block.order.index(source) for source in self.widths]
            internals[f"gate/{m}"] = found["shares"].mean(-1)[..., order]  # (B, T, S), in the order t, a, v
            internals |= {f"attention/{m}-{s}": a for s, a in found["attention"].items() if a is not None}
        return rich

    def _fused(
        self, rich: Mapping[Modality, Tensor], stacked: Tensor, present: Tensor, internals: dict[str, Tensor]
    ) -> Tensor:
        """Fuse the enriched modalities by their Gaussians, or by their mean; eq. 15 to 17."""
        if not self.config["variational"]:
            return fuse_gaussians(stacked, stacked, present)[0]
        mu = torch.stack([self.mu[m](x) for m, x in rich.items()], 2)
        sigma = torch.stack([F.softplus(self.sigma[m](x)) for m, x in rich.items()], 2)
        centre, spread = fuse_gaussians(mu, sigma, present)
        internals |= {"mu": mu, "sigma": sigma, "sigma_fused": spread}
        return centre + torch.randn_like(centre) * spread if self.training else centre

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the objective over the labelled utterances; reconstruction and distillation need no label.

        Source:
            CMATH, eq. 24.
        """
        internals, weights = output.internals, self.config["weights"]
        known = batch.utterances & (batch.labels >= 0)
        total = F.cross_entropy(output.logits[known], batch.labels[known], weight=self.class_weights)  # eq. 21
        teacher_logits, teacher = output.logits.detach(), internals["fused"].detach()
        for k, logits in enumerate(output.unimodal.values()):
            there = internals["there"][..., k]
            if (labelled := there & known).any():
                total = total + F.cross_entropy(logits[labelled], batch.labels[labelled], weight=self.class_weights)
            if "low" in self.config["distil"]:  # eq. 18
                total = total + weights["low"] * squared_error(teacher, internals["rich"][:, :, k], there)
            if "high" in self.config["distil"]:
                divergence = teacher_divergence(teacher_logits, logits) * there
                total = total + weights["high"] * divergence.sum() / there.sum().clamp_min(1)
        return total + internals["reconstruction"] if self.config["reconstruction"] else total

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Return gate shares, attention, Gaussians and how far each student is from the teacher, of one dialogue."""
        found = {name: values[0] for name, values in output.internals.items() if name != "reconstruction"}
        names = tuple(self.widths)
        absent = ~found["there"]  # (T, M)
        modality = ("modality", names)
        dimension = ("dimension", tuple(str(i) for i in range(self.config["width"])))
        arrays = []
        if self.config["cross"]:
            shares = torch.stack([found[f"gate/{m}"] for m in names], 1)  # (T, centre, S)
            meaning = "share of each source in the enriched central modality, mean over dimensions (eq. 12)"
            shown = shares.masked_fill(absent.unsqueeze(-1), torch.nan)
            meaning += "; NaN where the centre is absent"
            arrays.append(traced("gate", utterance_ids, shown, meaning, ("central", names), ("source", names)))
            arrays += self._attention(found, utterance_ids)
        if self.config["variational"]:
            for name, meaning in (
                ("mu", "mean of each modality's Gaussian (eq. 15)"),
                (
                    "sigma",
                    "deviation of each modality's Gaussian (eq. 15): nothing in the losses makes it a measure of "
                    "uncertainty",
                ),
            ):
                values = found[name].masked_fill(absent.unsqueeze(-1), torch.nan)
                meaning += "; NaN where the modality is absent"
                arrays.append(traced(name, utterance_ids, values, meaning, modality, dimension))
        divergence = torch.stack([teacher_divergence(output.logits[0], output.unimodal[m][0]) for m in names], -1)
        meaning = "divergence of a modality's own answer from the fused one (eq. 23); NaN where absent"
        arrays.append(traced("teacher_kl", utterance_ids, divergence.masked_fill(absent, torch.nan), meaning, modality))
        arrays.append(traced("features_fused", utterance_ids, found["fused"], "the fused feature (eq. 17)", dimension))
        return tuple(arrays)

    def _attention(self, found: Mapping[str, Tensor], utterance_ids: Sequence[str]) -> list[TraceArray]:
        T, ids = len(utterance_ids), tuple(utterance_ids)
        return [
            traced(
                name,
                utterance_ids,
                values[:, :T],
                "attention over the dialogue's utterances, averaged over heads; it shows where the centre looked, "
                "not why",
                ("attended", ids),
            )
            for name, values in found.items()
            if name.startswith("attention/")
        ]


def _mlp(width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width))


def _over_time(convolution: nn.Module, x: Tensor) -> Tensor:
    """Convolve ``(B, T, D)`` over the utterances."""
    out: Tensor = convolution(x.transpose(1, 2)).transpose(1, 2)
    return out
