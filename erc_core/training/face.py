"""Training the compact face encoder on faces in the wild."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.features.classifier import FaceClassifier
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import accuracy, confusion_matrix, unweighted_recall

Draw = Callable[[tuple[int, ...], float, float], Tensor]
RECIPE = Recipe(epochs=90, rate=2e-3, warmup=0.05, decay=0.05, average=0.999, watch="accuracy")


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What can be tuned.

    Attributes:
        batch: pictures a step
        strength: of the augmentation
        smoothing: of the labels
        mixing: parameter of the beta distribution by which two pictures are mixed; 0 for none
    """

    batch: int = 256
    strength: float = 1.0
    smoothing: float = 0.1
    mixing: float = 0.2


@dataclass(frozen=True, slots=True)
class Faces:
    """Grey pictures ``(N, 48, 48)`` uint8 and label indices ``(N,)``."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def distort(images: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    """Turn, scale, shift, mirror, blur, relight and partly cover a batch of faces ``(N, 48, 48)``."""
    N, side = len(images), images.shape[-1]

    def draw(shape: tuple[int, ...], low: float, high: float) -> Tensor:
        return torch.rand(shape, generator=generator, device=images.device) * (high - low) + low

    x = images.float()
    angle = draw((N,), -0.3, 0.3) * strength
    size = torch.exp(draw((N,), -0.22, 0.22) * strength)
    mirror = torch.where(draw((N,), 0, 1) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    shift = draw((N, 2), -0.2, 0.2) * strength
    theta = torch.stack(
        [torch.stack([cos * mirror, -sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)], 1
    )
    grid = F.affine_grid(theta, [N, 1, side, side], align_corners=False)
    x = F.grid_sample(x.unsqueeze(1), grid, padding_mode="reflection", align_corners=False).squeeze(1)
    x = _softened(x, draw((N,), 0, 1) < 0.25 * strength)
    middle = x.mean((1, 2), keepdim=True)
    x = (x - middle) * torch.exp(draw((N, 1, 1), -0.4, 0.4) * strength) + middle
    ramp = torch.linspace(-1, 1, side, device=x.device)
    x = x + draw((N, 1, 1), -40, 40) * strength * ramp[None, None, :]  # light from the side
    x = x + draw((N, 1, 1), -20, 20) * strength * ramp[None, :, None]
    x = x + torch.randn(x.shape, generator=generator, device=x.device) * draw((N, 1, 1), 0, 8) * strength
    return _covered(x.clamp(0, 255), draw, strength)


def _softened(x: Tensor, use: Tensor) -> Tensor:
    """Halve and enlarge the pictures where ``use``: a far or unsharp face."""
    small = F.interpolate(x.unsqueeze(1), scale_factor=0.5, mode="bilinear", antialias=True)
    blurred = F.interpolate(small, size=x.shape[-2:], mode="bilinear").squeeze(1)
    return torch.where(use[:, None, None], blurred, x)


def _covered(x: Tensor, draw: Draw, strength: float) -> Tensor:
    """Cover a random rectangle of up to a quarter of half the pictures by grey."""
    N, side = len(x), x.shape[-1]
    use = draw((N,), 0, 1) < 0.5 * strength
    height, width = draw((N,), 0.1, 0.5) * side, draw((N,), 0.1, 0.5) * side
    top, left = draw((N,), 0, 1) * (side - height), draw((N,), 0, 1) * (side - width)
    at = torch.arange(side, device=x.device)[None, :]
    rows = (at >= top[:, None]) & (at < (top + height)[:, None])
    columns = (at >= left[:, None]) & (at < (left + width)[:, None])
    hidden = rows[:, :, None] & columns[:, None, :] & use[:, None, None]
    return torch.where(hidden, draw((N, 1, 1), 0, 255), x)


def face_probabilities(model: nn.Module, images: Tensor, batch: int = 1024) -> Tensor:
    """Return probabilities ``(N, C)`` on the CPU, the mean over each picture and its mirror image."""
    parts = []
    for piece in torch.split(images, batch):
        both = model(piece).softmax(-1) + model(piece.flip(-1)).softmax(-1)
        parts.append((both / 2).float().cpu())
    return torch.cat(parts)


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
    classes = model.head.out_features
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images, labels = train.images.to(device), train.labels.to(device)

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor, float]]:
        rng = np.random.default_rng(recipe.seed * 1009 + epoch)
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        order = torch.from_numpy(rng.permutation(len(train))).to(device)
        for index in torch.split(order, options.batch):
            x = distort(images[index], generator, options.strength)
            share = float(rng.beta(options.mixing, options.mixing)) if options.mixing else 1.0
            other = torch.randperm(len(index), generator=generator, device=device)
            yield share * x + (1 - share) * x[other], labels[index], labels[index][other], share

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor, Tensor, float]) -> Tensor:
        x, first, second, share = batch
        logits = model(x)
        one = F.cross_entropy(logits, first, label_smoothing=options.smoothing)
        two = F.cross_entropy(logits, second, label_smoothing=options.smoothing)
        return share * one + (1 - share) * two

    def evaluate(model: nn.Module) -> Figures:
        found = face_probabilities(model, inner.images.to(device)).argmax(-1)
        confusion = confusion_matrix(inner.labels.numpy(), found.numpy(), classes)
        return {"accuracy": accuracy(confusion), "uar": unweighted_recall(confusion)}

    def groups(model: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return [(list(model.parameters()), 1.0)]

    steps = -(-len(train) // options.batch)
    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()
