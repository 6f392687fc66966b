"""AMuSE: sequences of each mode attend to each other's, are interpolated in closed form, and read in two contexts.

Source: Anand et al., *AMuSE: Adaptive Multimodal Analysis for Speaker Emotion Recognition in Group Conversations*,
2024; equation numbers are the paper's. Feature mixing: Parvaneh et al., *Active Learning by Feature Mixing*, 2022.

Axis letters: B dialogues, T utterances, N utterances of a batch that are real, M modes (t, a, v), L positions of a
mode's sequence, K keyframes, D width, C classes, H heads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.features.visual_layout import TELLING
from erc_core.models._layers import join_padded, masked_mean, run_by_speaker, run_lstm
from erc_core.models._losses import focal_loss, noise_contrast
from erc_core.models._sequences import SequenceModel, split_frames
from erc_core.models._traces import traced
from erc_core.models._utterance import EXTRACTORS, TINY
from erc_core.models.base import MODELS, Batch, ModelCard, ModelOutput, spread
from erc_core.types import MODALITIES, LabelSet, Modality, TraceArray, frozen_array

DEFAULTS: dict[str, Any] = {
    "width": 128,
    "own_layers": 2,  # the M of III-A
    "layers": 4,  # the h of III-B; Table V compares 1, 3, 4, 5
    "heads": 2,
    "segments": 8,
    "context": 96,  # width of one direction of each context BiLSTM
    "dropout": 0.3,
    "fusion": "adaptive",  # Table III: "random" (Test-1), "equal" (Test-2); "concat": without AF
    "cap": 0.2,  # epsilon is cap / sqrt(D), as in Parvaneh et al.
    "gamma": 1.0,  # of the focal loss; Table IV
    "nce": 0.1,  # weight of eq. 3; zero leaves it out
    "temperature": 0.2,
}
FUSIONS = ("adaptive", "random", "equal", "concat")
CHUNK = 64  # utterances whose sequences are in memory at once outside training


def interpolation(first: Tensor, second: Tensor, gradient: Tensor, cap: float) -> Tensor:
    """Return how much of ``first`` to mix into ``second``, each dimension by itself and clipped to [0, 1].

    Args:
        first: ``(N, D)``
        second: ``(N, D)``
        gradient: of the second's central network's loss with respect to ``second``, ``(N, D)``
        cap: epsilon times the square root of D

    Source:
        AMuSE, eq. 6; the division by the difference is guarded.
    """
    difference = first - second
    size = difference.norm(dim=-1, keepdim=True) / gradient.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    safe = torch.where(difference.abs() < 1e-6, torch.full_like(difference, 1e-6), difference)
    share: Tensor = cap / math.sqrt(first.shape[-1]) * size * gradient / safe
    return share.clamp(0, 1)


def coefficients(descriptors: Tensor, gradients: Tensor, present: Tensor, cap: float) -> Tensor:
    """Return the modes' coefficients in closed form.

    Args:
        descriptors: ``(N, M, D)``
        gradients: ``(N, M, D)``
        present: ``(N, M)``
        cap: see :func:`interpolation`

    Returns:
        ``(N, M, D)``, zero where absent; they sum to one over the modes that are there. The pairwise approximation
        favours the last mode, so it is averaged over all orders.

    Source:
        AMuSE, III-E2: alpha_1 = a1' a2', alpha_2 = a2' (1 - a1'), alpha_3 = 1 - a2'.
    """
    M = descriptors.shape[1]
    total = torch.zeros_like(descriptors)
    orders = list(permutations(range(M)))
    for order in orders:
        kept, mixed, some = torch.zeros_like(descriptors), descriptors[:, order[0]], present[:, order[0], None]
        kept[:, order[0]] = 1.0
        for mode in order[1:]:
            there = present[:, mode, None]
            share = interpolation(mixed, descriptors[:, mode], gradients[:, mode], cap)
            share = torch.where(there & some, share, (~there).to(share.dtype))  # all of what is there
            kept = kept * share.unsqueeze(1)
            kept[:, mode] = 1 - share
            mixed = share * mixed + (1 - share) * descriptors[:, mode]
            some = some | there
        total = total + kept
    return total / len(orders) * present.unsqueeze(-1)


def adaptive_fusion(descriptors: Tensor, alpha: Tensor, present: Tensor) -> Tensor:
    """Interpolate each mode with the others and lay the modes side by side.

    Args:
        descriptors: ``(N, M, D)``
        alpha: ``(N, M, D)``
        present: ``(N, M)``

    Returns:
        ``(N, M, D)``: the mean, over the modes there, of the other modes' mixtures with this one; an utterance's only
        mode stays as it is, an absent one is zero

    Source:
        AMuSE, eq. 2.
    """
    there = present.unsqueeze(-1).to(descriptors.dtype)
    shares, pulled = alpha * there, alpha * descriptors * there
    others = pulled.sum(1, keepdim=True) - pulled
    kept = (there - shares).sum(1, keepdim=True) - (there - shares)
    count = there.sum(1, keepdim=True).clamp_min(1)
    mixed = (others + kept * descriptors) / count
    return torch.where(count > 1, mixed, descriptors) * there


class OwnAttention(nn.Module):
    """A BiLSTM and layers of plain self-attention over one mode.

    Source:
        AMuSE, III-A: ``linear(softmax(w w^T / sqrt(d)) w)``.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(layers)])

    def forward(self, w: Tensor, mask: Tensor) -> Tensor:
        """Attend within ``w`` ``(N, L, D)`` over the real positions ``(N, L)``."""
        low = torch.finfo(torch.float32).min
        for layer in self.layers:
            scores = (w @ w.transpose(1, 2)).float() / math.sqrt(w.shape[-1])
            weights = scores.masked_fill(~mask.unsqueeze(1), low).softmax(-1).to(w.dtype)
            w = layer(weights @ w) * mask.unsqueeze(-1)
        return w


class CentralLayer(nn.Module):
    """One layer of a central network: keys and values of the peripheral modes are injected into its queries.

    Source:
        AMuSE, eq. 1: a scale for each head stands for its "linear" within the softmax, as scores have no fixed width.
    """

    def __init__(self, sources: Sequence[Modality], width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.keys = nn.ModuleDict({m: nn.Linear(width, heads * width, bias=False) for m in sources})
        self.values = nn.ModuleDict({m: nn.Linear(width, heads * width, bias=False) for m in sources})
        self.scale = nn.ParameterDict({m: nn.Parameter(torch.ones(heads)) for m in sources})
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, g: Tensor, sources: Mapping[Modality, tuple[Tensor, Tensor]], modes: Tensor
    ) -> tuple[Tensor, dict[Modality, Tensor]]:
        """Inject the sources.

        Args:
            g: states of the central mode, ``(N, Q, D)``
            sources: features ``(N, L, D)`` and mask ``(N, L)`` of each peripheral mode
            modes: how many modes each utterance has, ``(N,)``

        Returns:
            the next states, and by source the attention averaged over heads ``(N, Q, L)``
        """
        N, _, D = g.shape
        total, looked = torch.zeros_like(g), {}
        for m, (features, mask) in sources.items():
            key, value = (
                net[m](features).view(N, -1, self.heads, D).transpose(1, 2) for net in (self.keys, self.values)
            )  # (N, H, L, D)
            scores = (g.unsqueeze(1) @ key.transpose(-1, -2)).float() / math.sqrt(D) * self.scale[m][:, None, None]
            scores = scores.masked_fill(~mask[:, None, None], torch.finfo(torch.float32).min)
            weights = scores.softmax(-1) * mask[:, None, None]  # (N, H, Q, L)
            total = total + (self.dropout(weights).to(value.dtype) @ value).mean(1)
            looked[m] = weights.mean(1)
        x = g + total / modes.clamp_min(1)[:, None, None]  # eq. 1
        return self.norm(x + self.dropout(F.relu(self.dense(x)))), looked


@MODELS.add("amuse")
class Amuse(SequenceModel):
    """AMuSE over the shared encoders' token states, sound segments and keyframes."""

    card = ModelCard(
        name="amuse",
        title="AMuSE",
        paper="Anand et al. 2024, AMuSE: Adaptive Multimodal Analysis for Speaker Emotion Recognition in Group "
        "Conversations",
        modalities=MODALITIES,
        extractors=EXTRACTORS,
        picture=("action_units", "background"),
        sees_future=True,
        whole_dialogue=True,
        licence="Apache-2.0 (code); the weights follow their training data, see the checkpoint's card",
        deviations=(
            "Words are token states of the shared text encoder instead of MPNet's, sound is segments of the shared "
            "acoustic encoder instead of PaSST's, action units are estimated from landmarks instead of by JAA-Net, "
            "those that all speech moves (25, 26, 45) are not read, and a keyframe on which none can be measured "
            "counts as one without a face; pictures behind faces pass a small network of their own.",
            "Eq. 1: keys and values come from III-A's features; each layer's dense part is a residual with a norm; the "
            "linear map inside the softmax is a scale for each head; |M| counts the modes that are there.",
            "Eq. 6 divides element by element: a coefficient is a vector, shown by its mean after clipping; the "
            "division is guarded; epsilon is 0.2 / sqrt(D), from the source that the paper cites.",
            "The pairwise order is not given and favours the last mode: the mean over all orders is taken. u1' + u2' "
            "does not give the coefficients listed: those listed are used, in eq. 2's concatenation.",
            "The label in eq. 6 is the central network's own prediction in training too: with the true one the "
            "coefficients would tell it.",
            "No informative samples are taken from the validation pool. The loss of eq. 3 weighs 0.1, not 1. Eq. 4's "
            "negative term has log(1 - ...), eq. 5 its logarithm; the negatives are the batch's others.",
            "Focal losses train the final answer too, and heads on III-A's features: what a mode thinks alone.",
            "An absent mode is masked; one alone stays as it is (eq. 2). Minority classes weigh more.",
        ),
        finding="Composite dev: alpha does not tell what is informative from what is not (AUROC 0.48 to 0.54). It "
        "reads faces by their action units alone, as in its paper: worse than others from pictures, but it says why.",
    )

    tiny: ClassVar[Mapping[str, Any]] = {**TINY, "width": 8, "layers": 2, "context": 4, "segments": 3}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {  # the paper's Tables I, III, IV and V
        "concat": {"fusion": "concat"},
        "random_alpha": {"fusion": "random"},
        "equal_alpha": {"fusion": "equal"},
        **{f"gamma_{str(g).replace('.', '_')}": {"gamma": g} for g in (0.5, 0.75, 1.25)},
        **{f"layers_{n}": {"layers": n} for n in (1, 3, 5)},
        "no_nce": {"nce": 0.0},
    }
    class_weights: Tensor
    drawn: Tensor

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **config})
        c = self.config
        if c["fusion"] not in FUSIONS:
            raise InputError("AMuSE has no such fusion", got=c["fusion"], allowed=", ".join(FUSIONS))
        D, C = c["width"], len(labels)
        widths = {"t": self.widths["t"], "a": self.widths["a"], "face": 2 * len(TELLING), "back": D}
        self.read = nn.ModuleDict({n: nn.Sequential(nn.Linear(w, D), nn.GELU()) for n, w in widths.items()})
        self.recur = nn.ModuleDict({n: nn.LSTM(D, D // 2, batch_first=True, bidirectional=True) for n in widths})
        self.look = nn.Sequential(
            *(part for i, o in ((3, 8), (8, 16), (16, D)) for part in (nn.Conv2d(i, o, 3, 2, 1), nn.ReLU()))
        )
        self.own = nn.ModuleDict({m: OwnAttention(D, c["own_layers"]) for m in MODALITIES})
        self.alone = nn.ModuleDict({m: nn.Linear(D, C) for m in MODALITIES})
        self.central = nn.ModuleDict(
            {m: nn.ModuleList([self._layer(m) for _ in range(c["layers"])]) for m in MODALITIES}
        )
        self.judge = nn.ModuleDict({m: nn.Linear(D, C) for m in MODALITIES})  # the central networks' softmax
        self.context = nn.ModuleDict(
            {n: nn.LSTM(3 * D, c["context"], batch_first=True, bidirectional=True) for n in ("dialogue", "speaker")}
        )
        self.predict = nn.Linear(4 * c["context"], C)
        self.dropout = nn.Dropout(c["dropout"])
        self.register_buffer("class_weights", torch.ones(C))
        self.register_buffer("drawn", torch.rand(3, generator=torch.Generator().manual_seed(0)), persistent=False)

    def _layer(self, central: Modality) -> CentralLayer:
        sizes = (self.config[name] for name in ("width", "heads", "dropout"))
        return CentralLayer([m for m in MODALITIES if m != central], *sizes)

    def decode(self, encoded: Batch) -> ModelOutput:
        """Attend within and across modes, interpolate, read both contexts and predict."""
        (row, slot), (b, t, place) = encoded.utterances.nonzero().unbind(1), encoded.different()
        chunk = len(b) if self.training else CHUNK
        parts = [self._spatial(encoded, b[i : i + chunk], t[i : i + chunk]) for i in range(0, len(b), chunk)]
        joined = {name: join_padded([part[name] for part in parts])[place] for name in parts[0]}
        found = {name: spread(values, row, slot, encoded) for name, values in joined.items()}
        unimodal: dict[Modality, Tensor] = {m: found.pop(f"alone/{m}") for m in MODALITIES}
        whole = self.dropout(self._contexts(found["fused"].flatten(2), encoded))
        return ModelOutput(self.predict(whole).float(), unimodal, found)

    def _spatial(self, encoded: Batch, b: Tensor, t: Tensor) -> dict[str, Tensor]:
        """Do all that looks at one utterance alone, for utterances at ``b``, ``t``."""
        present = encoded.present[b, t]  # (N, M)
        features = {m: self._own(encoded, m, b, t, present[:, k]) for k, m in enumerate(MODALITIES)}
        present = torch.stack([mask.any(-1) for _, mask in features.values()], -1)
        modes = present.sum(-1)
        found, crossed = {"present": present}, []
        for m, (own, mask) in features.items():
            found[f"alone/{m}"] = self.alone[m](self.dropout(masked_mean(own, mask))).float()
            sources, g, looked = {s: features[s] for s in MODALITIES if s != m}, own, []
            for layer in self.central[m]:  # type: ignore[attr-defined]
                g, weights = layer(g, sources, modes)
                looked.append({s: masked_mean(w, mask) for s, w in weights.items()})
            for s in sources:
                found[f"man_attention/{m}-{s}"] = torch.stack([step[s] for step in looked], 1)  # (N, layers, L)
            crossed.append(masked_mean(g, mask))
        descriptors = torch.stack(crossed, 1)  # (N, M, D)
        judged = torch.stack([self.judge[m](self.dropout(descriptors[:, k])) for k, m in enumerate(MODALITIES)], 1)
        alpha = self._alpha(descriptors, present)
        fused = descriptors if alpha is None else adaptive_fusion(descriptors, alpha, present)
        found |= {"fused": fused, "descriptors": descriptors, "judged": judged.float()}
        return found if alpha is None else {**found, "alpha": alpha}

    def _own(self, encoded: Batch, m: Modality, b: Tensor, t: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Return a mode's features of III-A ``(N, L, D)`` and their mask ``(N, L)``."""
        if m not in encoded.inputs:
            empty = torch.zeros(len(b), 1, self.config["width"], device=b.device)
            return empty, torch.zeros(len(b), 1, dtype=torch.bool, device=b.device)
        mask = encoded.inputs[m].mask[b, t] & there[:, None]
        length = max(1, int(mask.sum(-1).max()))
        values, mask = encoded.inputs[m].values[b, t][:, :length], mask[:, :length]
        if m != "v":
            w = run_lstm(self.recur[m], self.dropout(self.read[m](values)), mask)  # type: ignore[arg-type]
            return self.own[m](w, mask), mask
        frames = split_frames(values, mask)
        looked = self.look(frames.picture).mean((2, 3)).view(*mask.shape, -1)
        seen = (("face", frames.units, frames.facing), ("back", looked, frames.behind))
        kept = torch.cat([frames.facing, frames.behind], 1)  # (N, 2K)
        parts = []
        for name, x, there in seen:
            x = self.dropout(self.read[name](x)) * there.unsqueeze(-1)
            parts.append(run_lstm(self.recur[name], x, mask))  # type: ignore[arg-type]
        return self.own[m](torch.cat(parts, 1) * kept.unsqueeze(-1), kept), kept

    def _alpha(self, descriptors: Tensor, present: Tensor) -> Tensor | None:
        """Return the coefficients ``(N, M, D)``, which no gradient passes; None where modes lie side by side."""
        kind = self.config["fusion"]
        if kind == "adaptive":
            with torch.no_grad():
                x = descriptors.detach().float()
                gradients = torch.stack([self._gradient(m, x[:, k]) for k, m in enumerate(MODALITIES)], 1)
                return coefficients(x, gradients, present, self.config["cap"])
        if kind == "concat":
            return None
        share = torch.full_like(self.drawn, 1 / len(MODALITIES)) if kind == "equal" else self.drawn
        return share[None, :, None] * present.unsqueeze(-1) * torch.ones_like(descriptors)

    def _gradient(self, m: Modality, x: Tensor) -> Tensor:
        """Return the gradient of the central network's cross-entropy for its own prediction, by hand ``(N, D)``."""
        judge: nn.Linear = self.judge[m]  # type: ignore[assignment]
        p = judge(x).float().softmax(-1)
        p[torch.arange(len(p)), p.argmax(-1)] -= 1
        return F.linear(p, judge.weight.float().T)

    def _contexts(self, fused: Tensor, encoded: Batch) -> Tensor:
        """Read the dialogue, and each speaker's utterances by themselves; returns ``(B, T, 4 * context)``."""
        dialogue = run_lstm(self.context["dialogue"], fused, encoded.utterances)  # type: ignore[arg-type]
        speaker = run_by_speaker(self.context["speaker"], fused, encoded.speakers, encoded.utterances)  # type: ignore[arg-type]
        return torch.cat([speaker, dialogue], -1)

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the objective over the labelled utterances; III-E."""
        known = batch.utterances & (batch.labels >= 0)
        gamma, weight, labels = self.config["gamma"], self.class_weights, batch.labels
        total = focal_loss(output.logits[known], labels[known], gamma, weight)
        present = output.internals["present"]
        for k, m in enumerate(MODALITIES):
            there = known & present[..., k]
            if there.any():
                judged = output.internals["judged"][..., k, :][there]
                total = total + focal_loss(judged, labels[there], gamma, weight) / len(MODALITIES)  # eq. 5
                total = total + focal_loss(output.unimodal[m][there], labels[there], gamma, weight) / len(MODALITIES)
        if self.config["nce"]:
            total = total + self.config["nce"] * self.contrast_loss(output)
        return total

    def contrast_loss(self, output: ModelOutput) -> Tensor:
        """Return the noise contrast of every ordered pair of modes; eq. 3."""
        present, found = output.internals["present"], output.internals["descriptors"]
        total = found.new_zeros(())
        for i, j in permutations(range(len(MODALITIES)), 2):
            both = present[..., i] & present[..., j]
            if both.sum() > 1:
                first, second = (found[..., k, :][both].float() for k in (i, j))
                total = total + noise_contrast(first, second, self.config["temperature"], len(MODALITIES))
        return total / len(MODALITIES)

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Return coefficients, attention between modes and features of a batch of one dialogue."""
        found = {name: values[0] for name, values in output.internals.items()}
        modality = ("modality", MODALITIES)
        dimension = ("dimension", tuple(str(i) for i in range(self.config["width"])))
        arrays = []
        if "alpha" in found:
            meaning = "coefficient of each mode in the fusion (III-E2), 0 where it is absent; mean over the dimensions"
            arrays.append(traced("alpha", utterance_ids, found["alpha"].mean(-1), meaning, modality))
            meaning = "coefficient of each mode and dimension in the fusion (III-E2)"
            arrays.append(traced("alpha_vector", utterance_ids, found["alpha"], meaning, modality, dimension))
        descriptors = found["descriptors"].masked_fill(~found["present"].unsqueeze(-1), torch.nan)
        meaning = "cross-attended descriptor of each mode (III-B); NaN where it is absent"
        arrays.append(traced("features_central", utterance_ids, descriptors, meaning, modality, dimension))
        meaning = "attention of the central mode to positions of a peripheral one, mean over queries and heads"
        for name, values in found.items():
            if name.startswith("man_attention/"):
                kept = frozen_array(values[: len(utterance_ids)].transpose(0, 1).detach().float().cpu().numpy())
                layers, places = (tuple(map(str, range(1, size + 1))) for size in (kept.shape[0], kept.shape[2]))
                ticks = (layers, tuple(utterance_ids), places)
                arrays.append(TraceArray(name, ("layer", "utterance", "attended"), ticks, kept, meaning))
        return tuple(arrays)
