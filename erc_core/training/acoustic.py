"""Training the compact acoustic encoder on acted speech."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from erc_core.data.base import Take
from erc_core.data.waves import read_wave
from erc_core.features.acoustic import HOP, RATE_HZ, log_mel, trim
from erc_core.features.classifier import AcousticClassifier, probabilities
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, unweighted_recall, weighted_f1
from erc_core.training.spectral_augment import augment
from erc_core.types import LabelSet

RECIPE = Recipe(epochs=34, rate=2e-3, warmup=0.15, decay=0.05, average=0.99, watch="", budget_s=10_800)
LONGEST = int(10 * RATE_HZ / HOP)


@dataclass(frozen=True, slots=True)
class AcousticOptions:
    """What can be tuned.

    Attributes:
        batch: takes a step
        strength: of the augmentation
        smoothing: of the labels
        mixing: parameter of the beta distribution by which two takes are mixed; 0 for none
        piece: frames that are cut out of a take at random; a shorter one is padded
    """

    batch: int = 16
    strength: float = 0.4
    smoothing: float = 0.1
    mixing: float = 0.0
    piece: int = 224


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
    return spectra([read(take.path) for take in takes], [take.label for take in takes], labels)


def trimmed_takes() -> Callable[[Path], NDArray[np.float32]]:
    """Return a reader of recordings without the silence at their ends; each file is read once."""
    return cache(lambda path: trim(read_wave(path)))


def spectra(audio: Sequence[NDArray[np.float32]], names: Sequence[str], labels: LabelSet) -> Sounds:
    """Cut the silence of sounds at 16 kHz, each ``(samples,)``, and make spectrograms."""
    mels = [log_mel(trim(samples)) for samples in audio]
    longest = min(LONGEST, max(len(mel) for mel in mels))
    frames = torch.zeros(len(mels), longest, mels[0].shape[1])
    mask = torch.zeros(len(mels), longest, dtype=torch.bool)
    for i, mel in enumerate(mels):
        kept = mel[:longest]
        frames[i, : len(kept)] = torch.from_numpy(kept)
        mask[i, : len(kept)] = True
    return Sounds(frames, mask, torch.tensor([labels.index(name) for name in names]))


def join(parts: Sequence[Sounds]) -> Sounds:
    """Put sounds of several sources behind one another."""
    longest = max(part.mask.shape[1] for part in parts)
    mel = [F.pad(part.mel, (0, 0, 0, longest - part.mask.shape[1])) for part in parts]
    mask = [F.pad(part.mask, (0, longest - part.mask.shape[1])) for part in parts]
    return Sounds(torch.cat(mel), torch.cat(mask), torch.cat([part.labels for part in parts]))


def standardise(model: AcousticClassifier, train: Sounds) -> None:
    """Set the encoder's band means and deviations from the training data."""
    real = train.mel[train.mask]
    model.encoder.mean.copy_(real.mean(0))
    model.encoder.scale.copy_(real.std(0).clamp_min(0.1))


def pieces(mel: Tensor, mask: Tensor, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cut ``length`` frames out of each spectrogram ``(N, L, 80)`` at a random place; a shorter one is padded."""
    if mel.shape[1] <= length:
        extra = length - mel.shape[1]
        return F.pad(mel, (0, 0, 0, extra)), F.pad(mask, (0, extra))
    spare = (mask.sum(1) - length).clamp_min(0)
    first = (torch.rand(len(mel), generator=generator, device=mel.device) * (spare + 1)).long()
    at = first[:, None] + torch.arange(length, device=mel.device)[None, :]
    return mel.gather(1, at[..., None].expand(-1, -1, mel.shape[2])), mask.gather(1, at)


def train_acoustic(
    model: AcousticClassifier,
    train: Sounds,
    inner: Sounds,
    folder: Path,
    recipe: Recipe = RECIPE,
    options: AcousticOptions = AcousticOptions(),
    mixed_precision: str = "no",
) -> Figures:
    """Train on ``train``; the averaged weights of the last epoch are in ``model`` at the end.

    ``inner`` gives the figures: two actors are too few to choose an epoch by.
    """
    classes = model.head.out_features
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    mel, mask, labels = train.mel.to(device), train.mask.to(device), train.labels.to(device)
    counts = torch.bincount(labels, minlength=classes).float()
    weights = counts.sum() / (classes * counts.clamp_min(1))
    steps = max(1, len(train) // options.batch)  # a last, small batch would upset the running statistics

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, float]]:
        rng = np.random.default_rng(recipe.seed * 1009 + epoch)
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        order = torch.from_numpy(rng.permutation(len(train))).to(device)
        for index in torch.split(order, options.batch)[:steps]:
            length = int(mask[index].sum(-1).max())
            distorted, kept = augment(mel[index, :length], mask[index, :length], generator, options.strength)
            distorted, kept = pieces(distorted, kept, options.piece, generator)
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

    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()
