"""Training the compact face encoder on faces in the wild and a few of the studio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.data.base import FaceImages
from erc_core.features.classifier import FaceClassifier, face_logits
from erc_core.training.face_augment import augment
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, unweighted_recall
from erc_core.types import LabelSet

RECIPE = Recipe(
    epochs=40, cycles=2, rate=2e-3, warmup=0.15, decay=0.05, average=0.999, watch="accuracy", budget_s=10_800
)


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What can be tuned: faces a step, the augmentation's strength, the labels' smoothing."""

    batch: int = 64
    strength: float = 0.7
    smoothing: float = 0.1


@dataclass(frozen=True, slots=True)
class Faces:
    """Grey faces uint8 ``(N, 48, 48)`` and label indices ``(N,)``."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def look(*parts: FaceImages, labels: LabelSet) -> Faces:
    """Join faces of one or more sources."""
    images = np.concatenate([part.images for part in parts])
    return Faces(
        torch.from_numpy(images), torch.tensor([labels.index(label) for part in parts for label in part.labels])
    )


def train_face(
    model: FaceClassifier,
    train: Faces,
    inner: Faces,
    folder: Path,
    recipe: Recipe = RECIPE,
    options: FaceOptions = FaceOptions(),
    mixed_precision: str = "no",
) -> Figures:
    """Train on ``train``, keep what is best on ``inner``; the best weights are in ``model`` at the end."""
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng(recipe.seed * 1009 + epoch)
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        order = torch.from_numpy(rng.permutation(len(train)))
        strength = options.strength * (0.5 if recipe.is_late(epoch, 2) else 1.0)
        for index in torch.split(order, options.batch):
            yield augment(train.images[index].float(), generator, strength).to(device), train.labels[index].to(device)

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(model(batch[0]), batch[1], label_smoothing=options.smoothing)

    def evaluate(model: nn.Module) -> Figures:
        found = face_logits(model, inner.images.to(device)).argmax(-1)
        confusion = confusion_matrix(inner.labels.numpy(), found.numpy(), model.head.out_features)  # type: ignore[union-attr,arg-type]
        accuracy = float((found == inner.labels).float().mean())
        return {"accuracy": accuracy, "uar": unweighted_recall(confusion)}

    def groups(model: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return [(list(model.parameters()), 1.0)]

    steps = -(-len(train) // options.batch)
    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()
