"""DF-ERC: features taken apart by modality and utterance, fused by contribution, refused with context where they clash.

Source: Li et al., *Revisiting Disentanglement and Fusion on Modality and Context in Conversational Multimodal Emotion
Recognition*, ACM Multimedia 2023. Equation numbers are the paper's.

Axis letters: B dialogues, T utterances, M modalities (t, a, v), D width, C classes, P pairs of modalities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.models._layers import run_lstm
from erc_core.models._traces import traced
from erc_core.models._utterance import EXTRACTORS, TINY, UtteranceModel
from erc_core.models.base import MODELS, Batch, ModelCard, ModelOutput
from erc_core.types import MODALITIES, LabelSet, TraceArray

DEFAULTS: dict[str, Any] = {
    "width": 128,
    "context": 96,  # width of one direction of the BiLSTM
    "dropout": 0.3,
    "ddm": ("modality", "utterance"),  # levels whose contrastive loss is on
    "fusion": "contribution",  # "mean": without CFM; "attention": the paper's replacement
    "refusion": "similarity",  # "full", "zero": without CRM; "attention": the paper's replacement
    "temperatures": {"modality": 0.5, "utterance": 0.3},
    "margin": 0.1,
    "weights": {"contrast": 0.3, "contribution": 0.8, "similarity": 0.3},  # MELD; IEMOCAP has 0.2, 0.9, 1.0
}
CHOICES = {
    "fusion": ("contribution", "mean", "attention"),
    "refusion": ("similarity", "full", "zero", "attention"),
}
PAIRS = tuple(combinations(range(len(MODALITIES)), 2))
PAIR_NAMES = tuple(f"{MODALITIES[i]}-{MODALITIES[j]}" for i, j in PAIRS)


def contrast(features: Tensor, groups: Tensor, real: Tensor, temperature: float) -> Tensor:
    """Pull features of one group together and push the others away, in each dialogue by itself.

    Args:
        features: the items of each dialogue, ``(B, R, D)``
        groups: which group an item belongs to, ``(R,)``
        real: which items are there, ``(B, R)``
        temperature: divisor of the cosine similarities

    Returns:
        the mean over all pairs of an item and a positive; the paper has the sum. The denominator runs over every
        other item of the dialogue. Zero where no item has a positive.

    Source:
        DF-ERC, eq. 3 and 5.
    """
    unit = F.normalize(features, dim=-1)
    scores = unit @ unit.transpose(1, 2) / temperature  # (B, R, R)
    other = ~torch.eye(features.shape[1], dtype=torch.bool, device=features.device)
    pairs = real.unsqueeze(1) & real.unsqueeze(2) & other
    positive = pairs & (groups.unsqueeze(0) == groups.unsqueeze(1))
    low = torch.finfo(scores.dtype).min
    log_share = scores - scores.masked_fill(~pairs, low).logsumexp(-1, keepdim=True)
    return -(log_share * positive).sum() / positive.sum().clamp_min(1)


def contribution_fusion(features: Tensor, weights: Tensor) -> Tensor:
    """Sum the modalities' features ``(B, T, M, D)`` by their weights ``(B, T, M)``; returns ``(B, T, D)``.

    Source:
        DF-ERC, eq. 16.
    """
    return (features * weights.unsqueeze(-1)).sum(2)


def consistency(aligned: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Measure how alike an utterance's modalities are.

    Args:
        aligned: features beside the prototypes, ``(B, T, M, D)``
        present: which modality each utterance has, ``(B, T, M)``

    Returns:
        the pairs' cosines ``(B, T, P)``, NaN where one of the two is absent, and psi ``(B, T)``: their mean over the
        pairs that are there, in [-1, 1]; one where there is a single modality (no context added), zero where there is
        none (nothing but context)

    Source:
        DF-ERC, eq. 20, which has all three pairs.
    """
    unit = F.normalize(aligned, dim=-1)
    cosines = torch.stack([(unit[:, :, i] * unit[:, :, j]).sum(-1) for i, j in PAIRS], -1)
    both = torch.stack([present[..., i] & present[..., j] for i, j in PAIRS], -1)
    mean = (cosines * both).sum(-1) / both.sum(-1).clamp_min(1)
    psi = torch.where(both.any(-1), mean, present.any(-1).to(mean.dtype))
    return cosines.masked_fill(~both, torch.nan), psi


class Prototypes(nn.Module):
    """The running mean of each emotion's aligned features: no parameters, no gradient."""

    mean: Tensor
    count: Tensor

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(classes, width))
        self.register_buffer("count", torch.zeros(classes, dtype=torch.long))

    @torch.no_grad()
    def update(self, aligned: Tensor, labels: Tensor) -> None:
        """Take in items ``(N, D)`` with their label indices ``(N,)``.

        Source:
            DF-ERC, eq. 18.
        """
        C = len(self.count)
        new = torch.bincount(labels, minlength=C)
        sums = torch.zeros_like(self.mean).index_add_(0, labels, aligned.detach().to(self.mean.dtype))
        total = self.count + new
        self.mean.copy_((self.mean * self.count.unsqueeze(1) + sums) / total.clamp_min(1).unsqueeze(1))
        self.count.copy_(total)

    def margin_loss(self, aligned: Tensor, labels: Tensor, margin: float) -> Tensor:
        """Ask each item to be within ``margin`` (mean squared error) of its prototype.

        Source:
            DF-ERC, eq. 19.
        """
        distance = (self.mean[labels] - aligned).square().mean(-1)
        return F.relu(distance - margin).sum() / max(1, len(labels))


def mlp(wide: int, narrow: int, out: int, dropout: float) -> nn.Sequential:
    """Return a network with one hidden layer."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(wide, narrow), nn.GELU(), nn.Linear(narrow, out))


@MODELS.add("df_erc")
class DFErc(UtteranceModel):
    """DF-ERC: DDM, CFM and CRM, each of which can be switched off or replaced by the configuration."""

    card = ModelCard(
        name="df_erc",
        title="DF-ERC",
        paper="Li et al. 2023, Revisiting Disentanglement and Fusion on Modality and Context in Conversational "
        "Multimodal Emotion Recognition, ACM Multimedia 2023",
        modalities=MODALITIES,
        extractors=EXTRACTORS,
        sees_future=True,
        whole_dialogue=True,
        licence="Apache-2.0 (code); the weights follow their training data, see the checkpoint's card",
        deviations=(
            "Features are those of the shared encoders (words with five utterances of history) or a corpus's own; the "
            "paper has RoBERTa over the dialogue, openSMILE and DenseNet.",
            "Raw features are projected to the common width before eq. 6 to 8, since eq. 16 adds them.",
            "Contrastive losses are means over pairs instead of sums, within a dialogue; the denominator of eq. 3 and "
            "5 runs over every other item, and eq. 5 groups by utterance (its printed indices are off by one).",
            "The TCP target of eq. 14 and the prototypes of eq. 18 are detached: our choice, the paper does not say.",
            "An absent modality has no weight, no loss and no part in psi: the mean is over the pairs that are there. "
            "With one modality psi is 1 (no context is added), with none it is 0.",
            "Minority classes weigh more in the cross-entropies, and modalities are now and then left out in training.",
        ),
        finding=(
            "On the composite dev split the contribution w tells an informative from an uninformative modality (AUROC"
            " 0.90 for sound, 0.86 for words, 0.92 for the face; 0.5 is chance), a misleading one hardly (0.57, 0.68,"
            " 0.56)."
        ),
    )

    tiny: ClassVar[Mapping[str, Any]] = {**TINY, "width": 8, "context": 4}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {  # the paper's Table 2
        "no_ddm": {"ddm": ()},
        "no_utterance_ddm": {"ddm": ("modality",)},
        "no_modality_ddm": {"ddm": ("utterance",)},
        "no_cfm": {"fusion": "mean"},
        "attention_for_cfm": {"fusion": "attention"},
        "full_context": {"refusion": "full"},
        "no_context": {"refusion": "zero"},
        "attention_for_crm": {"refusion": "attention"},
    }
    class_weights: Tensor

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **config})
        c = self.config
        for name, allowed in CHOICES.items():
            if c[name] not in allowed:
                raise InputError(f"DF-ERC has no such {name}", got=c[name], allowed=", ".join(allowed))
        D, drop, C = c["width"], c["dropout"], len(labels)
        names = list(self.widths)
        self.project = nn.ModuleDict({m: nn.Linear(w, D) for m, w in self.widths.items()})
        self.modality = nn.ModuleDict({m: mlp(D, D, D, drop) for m in names})  # eq. 2
        self.utterance = nn.ModuleDict({m: mlp(D, D, D, drop) for m in names})  # eq. 4
        self.classify = nn.ModuleDict({m: mlp(3 * D, D, C, drop) for m in names})  # eq. 10
        if c["fusion"] == "contribution":
            self.contribution = nn.ModuleDict({m: mlp(3 * D, D, 1, drop) for m in names})  # eq. 12
        elif c["fusion"] == "attention":
            self.attend = nn.Linear(3 * D, 1)
        if c["refusion"] == "similarity":
            self.align = nn.ModuleDict({m: mlp(3 * D, D, D, drop) for m in names})  # eq. 17
            self.prototypes = Prototypes(C, D)
        elif c["refusion"] == "attention":
            self.attend_context = nn.Linear(3 * D + 2 * c["context"], 1)
        self.context = nn.LSTM(3 * D, c["context"], batch_first=True, bidirectional=True)
        self.predict = mlp(3 * D + 2 * c["context"], D, C, drop)  # eq. 23
        self.register_buffer("class_weights", torch.ones(C))

    def decode(self, encoded: Batch) -> ModelOutput:
        """Disentangle, fuse, add context and predict."""
        present = encoded.present & encoded.utterances.unsqueeze(-1)
        present[..., [m not in self.widths for m in MODALITIES]] = False
        there = present.unsqueeze(-1)
        vectors = self.vectors(encoded)
        raw = self._each(self.project, vectors) * there  # (B, T, M, D)
        split = {m: raw[:, :, k] for k, m in enumerate(MODALITIES)}
        by_modality = self._each(self.modality, split) * there
        by_utterance = self._each(self.utterance, split) * there
        features = torch.cat([raw, by_modality, by_utterance], -1)  # (B, T, M, 3D), eq. 6 to 8
        split = {m: features[:, :, k] for k, m in enumerate(MODALITIES)}
        unimodal = {m: head(split[m]).float() for m, head in self.classify.items()}  # type: ignore[index]
        internals = {"modality": by_modality, "utterance": by_utterance, "raw": raw, "present": present}
        weights = self._weights(features, split, present)
        fused = contribution_fusion(features, weights)  # (B, T, 3D)
        context = run_lstm(self.context, fused, encoded.utterances)  # eq. 21
        share = self._context_share(fused, context, split, present, internals)
        whole = torch.cat([fused, context * share.unsqueeze(-1)], -1)  # eq. 22
        internals |= {"weights": weights.float(), "context_weight": share.float()}
        return ModelOutput(self.predict(whole).float(), unimodal, internals)  # type: ignore[arg-type]

    def _each(self, networks: nn.ModuleDict, values: Mapping[Any, Tensor]) -> Tensor:
        """Run each modality's network on its features ``(B, T, ...)``; returns ``(B, T, M, D)``."""
        found = {m: network(values[m]) for m, network in networks.items()}
        empty = torch.zeros_like(next(iter(found.values())))
        return torch.stack([found.get(m, empty) for m in MODALITIES], 2)

    def _weights(self, features: Tensor, split: Mapping[Any, Tensor], present: Tensor) -> Tensor:
        """Return each modality's weight ``(B, T, M)``, zero where absent."""
        kind = self.config["fusion"]
        if kind == "contribution":
            foreseen: Tensor = self._each(self.contribution, split).squeeze(-1).sigmoid()  # eq. 12
            return foreseen * present
        if kind == "mean":
            return present / present.sum(-1, keepdim=True).clamp_min(1)
        scores: Tensor = self.attend(features).squeeze(-1)
        return scores.masked_fill(~present, torch.finfo(features.dtype).min).softmax(-1) * present

    def _context_share(
        self,
        fused: Tensor,
        context: Tensor,
        split: Mapping[Any, Tensor],
        present: Tensor,
        internals: dict[str, Tensor],
    ) -> Tensor:
        """Return how much context each utterance takes, ``(B, T)``."""
        kind = self.config["refusion"]
        if kind == "similarity":
            aligned = self._each(self.align, split) * present.unsqueeze(-1)
            cosines, psi = consistency(aligned, present)
            count = present.sum(-1, keepdim=True).clamp_min(1)
            near = F.normalize(aligned.sum(2) / count, dim=-1) @ F.normalize(self.prototypes.mean, dim=-1).T
            internals |= {"aligned": aligned, "similarity": cosines, "psi": psi, "prototype_similarity": near}
            return 1 - psi
        if kind == "attention":
            score: Tensor = self.attend_context(torch.cat([fused, context], -1))
            return score.squeeze(-1).sigmoid()
        return torch.full_like(fused[..., 0], 1.0 if kind == "full" else 0.0)

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the objective over the labelled utterances; in training the prototypes take the batch in.

        Source:
            DF-ERC, eq. 25.
        """
        known = batch.utterances & (batch.labels >= 0)
        weights: dict[str, float] = self.config["weights"]
        total = F.cross_entropy(output.logits[known], batch.labels[known], weight=self.class_weights)  # eq. 24
        total = total + weights["contrast"] * self.contrastive_loss(output)
        total = total + weights["contribution"] * self.contribution_loss(output, batch)
        if self.config["refusion"] == "similarity":
            items = output.internals["present"] & known.unsqueeze(-1)  # (B, T, M)
            labels = batch.labels.unsqueeze(-1).expand_as(items)[items]
            aligned = output.internals["aligned"][items]
            if self.training:
                self.prototypes.update(aligned, labels)
            near: Tensor = self.prototypes.margin_loss(aligned, labels, self.config["margin"])
            total = total + weights["similarity"] * near
        return total

    def contrastive_loss(self, output: ModelOutput) -> Tensor:
        """Return the sum of the losses of the disentanglement's levels that are on; eq. 9."""
        _, T, M = output.internals["present"].shape
        real = output.internals["present"].flatten(1)  # (B, T * M)
        place = torch.arange(T * M, device=real.device)
        groups = {"modality": place % M, "utterance": place // M}
        total = output.logits.new_zeros(())
        for level in self.config["ddm"]:
            items = output.internals[level].flatten(1, 2).float()  # (B, T, M, D) -> (B, T * M, D)
            total = total + contrast(items, groups[level], real, self.config["temperatures"][level])
        return total

    def contribution_loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return each modality's cross-entropy and the error of its contribution against the true class probability.

        Without CFM the unimodal classifiers still learn, as they are shown beside the fused answer.

        Source:
            DF-ERC, eq. 13 to 15, with means over utterances.
        """
        total = output.logits.new_zeros(())
        for index, modality in enumerate(MODALITIES):
            known = output.internals["present"][..., index] & (batch.labels >= 0)
            if modality not in output.unimodal or not known.any():
                continue
            logits, labels = output.unimodal[modality][known], batch.labels[known]
            total = total + F.cross_entropy(logits, labels, weight=self.class_weights)
            if self.config["fusion"] == "contribution":
                tcp = true_class_probability(logits, labels).detach()
                total = total + F.mse_loss(output.internals["weights"][..., index][known], tcp)
        return total

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Return contributions, similarities, context weights and features of a batch of one dialogue."""
        found = {name: values[0] for name, values in output.internals.items()}
        absent = ~found["present"]  # (T, M)
        modality, value = ("modality", MODALITIES), ("value", ("value",))
        arrays = []
        if self.config["fusion"] != "mean":
            meaning = "weight of each modality in the fused feature, 0 where it is absent"
            if self.config["fusion"] == "contribution":
                meaning = (
                    "contribution: how likely the modality alone is right, as the model foresees it (eq. 12); "
                    "0 where it is absent"
                )
            arrays.append(traced("contribution", utterance_ids, found["weights"], meaning, modality))
        weight = found["context_weight"].unsqueeze(-1)
        meaning = "weight of the dialogue's context" + (", 1 - psi" if "psi" in found else "")
        arrays.append(traced("context_weight", utterance_ids, weight, meaning, value))
        if "psi" in found:
            arrays += [
                traced(
                    "similarity",
                    utterance_ids,
                    found["similarity"],
                    "cosine between two modalities beside the prototypes; NaN where one is absent (eq. 20)",
                    ("pair", PAIR_NAMES),
                ),
                traced(
                    "psi",
                    utterance_ids,
                    found["psi"].unsqueeze(-1),
                    "mean of the cosines that are there; 1 with one modality, 0 with none; it can be negative (eq. 20)",
                    value,
                ),
                traced(
                    "prototype_similarity",
                    utterance_ids,
                    found["prototype_similarity"],
                    "cosine of the modalities' mean to each emotion's prototype (eq. 18)",
                    ("label", self.labels.labels),
                ),
            ]
        dimension = ("dimension", tuple(str(i) for i in range(self.config["width"])))
        for name, where in (
            ("raw", "before the disentanglement"),
            ("modality", "after its modality level"),
            ("utterance", "after its utterance level"),
        ):
            values = found[name].masked_fill(absent.unsqueeze(-1), torch.nan)
            meaning = f"features {where}; NaN where the modality is absent"
            arrays.append(traced(f"features_{name}", utterance_ids, values, meaning, modality, dimension))
        return tuple(arrays)


def true_class_probability(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the probability of the true label ``(N,)`` under logits ``(N, C)``; DF-ERC, eq. 10 and 11."""
    return logits.softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
