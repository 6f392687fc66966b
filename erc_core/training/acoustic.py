"""Training the compact acoustic encoder on acted speech."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from erc_core.data.base import Take
from erc_core.features.acoustic import HOP, RATE_HZ, log_mel, trim
from erc_core.features.classifier import AcousticClassifier, probabilities
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, unweighted_recall, weighted_f1
from erc_core.training.spectral_augment import augment
from erc_core.types import LabelSet

RECIPE = Recipe(epochs=45, rate=1e-3, warmup=0.05, decay=0.05, average=0.99, watch="uar", budget_s=10_800)
LONGEST = int(10 * RATE_HZ / HOP)


@dataclass(frozen=True, slots=True)
class AcousticOptions:
    """What can be tuned.

    Attributes:
        batch: takes a step
        strength: of the augmentation
        smoothing: of the labels
        mixing: parameter of the beta distribution by which two takes are mixed; 0 for none
    """

    batch: int = 16
    strength: float = 0.5
    smoothing: float = 0.1
    mixing: float = 0.0


@dataclass(frozen=True, slots=True)
class Sounds:
    """Log-mel frames ``(N, L, 80)``, their mask ``(N, L)`` and label indices ``(N,)``."""

    mel: Tensor
    mask: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def listen(takes: Sequence[Take], read: Callable[[Path], NDArray[np.float32]], labels: LabelSet) -> Sounds:
    """Read takes, cut their silence and make spectrograms."""
    mels = [log_mel(trim(read(take.path))) for take in takes]
    longest = min(LONGEST, max(len(mel) for mel in mels))
    frames = torch.zeros(len(mels), longest, mels[0].shape[1])
    mask = torch.zeros(len(mels), longest, dtype=torch.bool)
    for i, mel in enumerate(mels):
        kept = mel[:longest]
        frames[i, : len(kept)] = torch.from_numpy(kept)
        mask[i, : len(kept)] = True
    return Sounds(frames, mask, torch.tensor([labels.index(take.label) for take in takes]))


def standardise(model: AcousticClassifier, train: Sounds) -> None:
    """Set the encoder's band means and deviations from the training data."""
    real = train.mel[train.mask]
    model.encoder.mean.copy_(real.mean(0))
    model.encoder.scale.copy_(real.std(0).clamp_min(0.1))


def train_acoustic(
    model: AcousticClassifier,
    train: Sounds,
    inner: Sounds,
    folder: Path,
    recipe: Recipe = RECIPE,
    options: AcousticOptions = AcousticOptions(),
    mixed_precision: str = "no",
) -> Figures:
    """Train on ``train``, keep what is best on ``inner``; the best weights are in ``model`` at the end."""
    classes = model.head.out_features
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    mel, mask, labels = train.mel.to(device), train.mask.to(device), train.labels.to(device)
    counts = torch.bincount(labels, minlength=classes).float()
    weights = counts.sum() / (classes * counts.clamp_min(1))

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, float]]:
        rng = np.random.default_rng(recipe.seed * 1009 + epoch)
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        order = torch.from_numpy(rng.permutation(len(train))).to(device)
        for index in torch.split(order, options.batch):
            length = int(mask[index].sum(-1).max())
            distorted, kept = augment(mel[index, :length], mask[index, :length], generator, options.strength)
            share = float(rng.beta(options.mixing, options.mixing)) if options.mixing else 1.0
            other = torch.randperm(len(index), generator=generator, device=device)
            if share < 1.0:
                mixed = share * distorted.exp() + (1 - share) * distorted[other].exp()
                distorted, kept = mixed.log(), kept | kept[other]
            yield distorted, kept, labels[index], labels[index][other], share

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor, Tensor, Tensor, float]) -> Tensor:
        frames, kept, first, second, share = batch
        logits = model(frames, kept)
        one = F.cross_entropy(logits, first, weight=weights, label_smoothing=options.smoothing)
        two = F.cross_entropy(logits, second, weight=weights, label_smoothing=options.smoothing)
        return share * one + (1 - share) * two

    def evaluate(model: nn.Module) -> Figures:
        found = probabilities(model, inner.mel.to(device), inner.mask.to(device)).argmax(-1)
        confusion = confusion_matrix(inner.labels.numpy(), found.numpy(), classes)
        return {"uar": unweighted_recall(confusion), "weighted_f1": weighted_f1(confusion)}

    def groups(model: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return [(list(model.parameters()), 1.0)]

    steps = -(-len(train) // options.batch)
    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()
