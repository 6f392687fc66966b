"""Whether a system's mechanism tells the truth: does the weight of a modality tell when it is informative?

The composite corpus knows which voice and which face is informative, uninformative or misleading. What the words are
worth is observed: a text encoder that never saw them is sure of the true label (informative), sure of another one
(misleading), or of none (uninformative). No training, choice or stopping has read any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.models._utterance import UtteranceModel
from erc_core.models.base import ModelOutput
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.systems import outputs
from erc_core.types import MODALITIES, Interval, Modality

SURE = 0.5  # a label is told where its probability reaches this
DRAWS = 1000
SET_AGAINST: tuple[tuple[Modality, Modality], ...] = (("a", "t"), ("t", "a"), ("v", "t"))
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Truthfulness:
    """How well a modality's weight tells an informative from another utterance; 0.5 is chance.

    Attributes:
        mechanism: what the weight is
        modality: whose weight
        uninformative: AUROC over utterances where exactly one of this modality and the other is informative and the
            one that is not is uninformative
        misleading: the same against a misleading one, which one modality alone cannot reveal
        n: utterances behind each of the two
    """

    mechanism: str
    modality: Modality
    uninformative: Interval
    misleading: Interval
    n: tuple[int, int]


def word_flags(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Strings:
    """Return the words' reliability ``(N,)`` from a text-only model's probabilities ``(N, C)``."""
    told = probabilities.max(1) >= SURE
    right = probabilities[np.arange(len(labels)), labels] >= SURE
    return np.where(right, "informative", np.where(told, "misleading", "uninformative"))


def auroc(positive: NDArray[np.bool_], score: NDArray[np.floating], draws: int = DRAWS) -> Interval:
    """Return the area under the ROC curve with its 95% bootstrap interval; NaN where a class is missing."""
    if positive.all() or not positive.any():
        return Interval(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        pick = rng.integers(len(score), size=len(score))
        if positive[pick].any() and not positive[pick].all():
            found.append(_area(positive[pick], score[pick]))
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(float(_area(positive, score)), float(low), float(high))


def _area(positive: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Return the share of pairs in which the positive one has the higher score; ties count half."""
    from scipy.stats import rankdata

    hits = int(positive.sum())
    ranks = float(rankdata(score)[positive].sum())
    return (ranks - hits * (hits + 1) / 2) / (hits * (len(score) - hits))


def truthfulness(
    mechanism: str, weights: NDArray[np.floating], flags: Mapping[Modality, Strings]
) -> tuple[Truthfulness, ...]:
    """Measure a mechanism.

    Sound is set against words and the other way round; the picture is set against words.

    Args:
        mechanism: its name
        weights: of each modality, ``(N, M)``; NaN where there is none
        flags: reliability of each utterance by modality, empty where it is absent
    """
    found = []
    for modality, other in SET_AGAINST:
        k = MODALITIES.index(modality)
        own, against = flags[modality], flags[other]
        score = weights[:, k]
        known = np.isfinite(score)
        intervals, counts = [], []
        for worse in ("uninformative", "misleading"):
            first = (own == "informative") & (against == worse) & known
            second = (own == worse) & (against == "informative") & known
            chosen = first | second
            intervals.append(auroc(first[chosen], score[chosen]))
            counts.append(int(chosen.sum()))
        found.append(Truthfulness(mechanism, modality, intervals[0], intervals[1], (counts[0], counts[1])))
    return tuple(found)


def _df_erc(output: ModelOutput) -> Tensor:
    return output.internals["weights"]


def _amuse(output: ModelOutput) -> Tensor:
    return output.internals["alpha"].mean(-1)


def _cmath(output: ModelOutput) -> Tensor:
    """Return a source's mean share over the centres that are there."""
    there = output.internals["there"]  # (B, T, M)
    shares = torch.stack([output.internals[f"gate/{m}"] for m in MODALITIES], 2)  # (B, T, centre, S)
    weight = there.unsqueeze(-1).to(shares.dtype)
    return (shares * weight).sum(2) / weight.sum(2).clamp_min(1)


def _cmath_sigma(output: ModelOutput) -> Tensor:
    """Return a modality's certainty: the mean of its deviations, negated."""
    return -output.internals["sigma"].mean(-1)


MECHANISMS: Mapping[str, Mapping[str, Callable[[ModelOutput], Tensor]]] = {
    "df_erc": {"contribution w": _df_erc},
    "cmath": {"gate share": _cmath, "minus sigma": _cmath_sigma},
    "amuse": {"alpha": _amuse},
}


def mechanism_weights(model: UtteranceModel, split: EncodedSplit) -> dict[str, NDArray[np.floating]]:
    """Return every mechanism's weights of a split's utterances, ``(N, M)`` by name; NaN where absent."""
    readers = MECHANISMS.get(model.card.name, {})
    parts: dict[str, list[NDArray[np.floating]]] = {name: [] for name in readers}
    for output, real, present in outputs(model, split):
        for name, read in readers.items():
            weights = read(output).masked_fill(~present, torch.nan)[real]
            parts[name].append(weights.float().cpu().numpy())
    return {name: np.concatenate(found) for name, found in parts.items()}


def sigma_tells_error(model: UtteranceModel, split: EncodedSplit) -> Interval:
    """Return how well CMATH's fused sigma tells wrong from right answers, as an AUROC."""
    scores, wrong = [], []
    place = 0
    for output, real, _ in outputs(model, split):
        answer = output.logits[real].argmax(-1).cpu()
        labels = split.labels[place : place + len(answer)]
        place += len(answer)
        wrong.append((answer != labels).numpy())
        scores.append(output.internals["sigma_fused"].mean(-1)[real].float().cpu().numpy())
    return auroc(np.concatenate(wrong), np.concatenate(scores))
