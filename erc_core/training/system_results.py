"""What a comparison of systems is asked for, what it finds of each, and the scores that all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.models.checkpoints import CONFIG
from erc_core.training.calibration import Calibrated
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.mechanisms import Truthfulness
from erc_core.training.metrics import Scores, confusion_matrix, weighted_f1
from erc_core.types import Interval, Modality

LENGTHS = ((1, 5), (6, 10), (11, 15), (16, 1000))  # utterances of a dialogue
SEEDS = 10  # further trainings of one system that are looked for
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


def folder_of(request: Comparison, name: str) -> Path | None:
    """Return the folder of a checkpoint, shipped or trained here; None where it is not there."""
    places = (root / name for root in (request.checkpoints, request.runs / "checkpoints"))
    return next((folder for folder in places if (folder / CONFIG).is_file()), None)


def seeds_of(request: Comparison, name: str, variant: str = "") -> list[Path]:
    """Return the folders of all seeds of a system, or of a variant, that have weights."""
    found = []
    for seed in range(SEEDS):
        suffix = "_".join(part for part in (variant, f"seed{seed}" if seed else "") if part)
        folder = folder_of(request, f"{name}+{suffix}" if suffix else name)
        found += [folder] if folder is not None else []
    return found


def spread_over(whole: Sequence[float], alone: Mapping[Modality, Sequence[float]]) -> Spread | None:
    """Return mean and deviation over seeds; None where there is none.

    Args:
        whole: weighted F1 of each seed of the system
        alone: the same of one modality trained alone
    """
    if not whole:
        return None
    deviation = float(np.std(whole, ddof=1)) if len(whole) > 1 else 0.0
    singles = tuple(NamedScore(m, float(np.mean(one)), len(one)) for m, one in alone.items() if one)
    return Spread(len(whole), float(np.mean(whole)), deviation, singles)


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
    calibration: Calibrated | None = None


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
