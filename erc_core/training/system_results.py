"""What a comparison of systems is asked for, what it finds of each, and the scores that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.mechanisms import Truthfulness
from erc_core.training.metrics import Scores, confusion_matrix, weighted_f1
from erc_core.types import Interval

LENGTHS = ((1, 5), (6, 10), (11, 15), (16, 1000))  # utterances of a dialogue
MISSING = (0.1, 0.3, 0.5, 0.7)  # shares of utterances' modalities that are left out


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        roots: corpus folders by name
        split: measured on
        checkpoints: of the systems that ship, and of the encoders
        runs: its ``checkpoints`` hold variants and further seeds
        models: names; empty for all systems that have weights
        ablations: whether variants are measured
        subsets: whether all subsets of modalities are
        seed: of the pairing
    """

    roots: Mapping[str, Path]
    split: str
    checkpoints: Path
    runs: Path
    models: tuple[str, ...] = ()
    ablations: bool = False
    subsets: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class NamedScore:
    """A weighted F1 under a name."""

    name: str
    weighted_f1: float
    n: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation over seeds; ``alone`` are the same architecture's with one modality in training."""

    seeds: int
    mean: float
    deviation: float
    alone: tuple[NamedScore, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a system costs beside its encoders: parameters, one dialogue of ten forward, an epoch of training."""

    parameters: int
    forward_ms: float
    epoch_s: float


@dataclass(frozen=True, slots=True)
class SystemResult:
    """All that was measured of one system."""

    name: str
    scores: Scores
    cost: Cost
    subsets: tuple[NamedScore, ...]
    missing: tuple[NamedScore, ...]
    lengths: tuple[NamedScore, ...]
    ablations: tuple[NamedScore, ...]
    seeds: Spread | None
    mechanisms: tuple[Truthfulness, ...]
    sigma_tells_error: Interval | None


def weighted(logits: torch.Tensor, truth: NDArray[np.integer]) -> float:
    """Return the weighted F1 of logits ``(N, C)``."""
    return weighted_f1(confusion_matrix(truth, logits.argmax(-1).cpu().numpy(), logits.shape[-1]))


def by_length(logits: torch.Tensor, split: EncodedSplit) -> tuple[NamedScore, ...]:
    """Return the weighted F1 of the utterances in dialogues of some lengths."""
    lengths = torch.repeat_interleave(split.sizes, split.sizes)
    found = []
    for low, high in LENGTHS:
        chosen = (lengths >= low) & (lengths <= high)
        if chosen.any():
            name = f"{low} to {high}" if high < LENGTHS[-1][1] else f"{low} and more"
            found.append(
                NamedScore(name, weighted(logits.cpu()[chosen], split.labels[chosen].numpy()), int(chosen.sum()))
            )
    return tuple(found)
