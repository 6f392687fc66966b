"""Fine-tuning the text encoder on a dialogue corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from erc_core.features.classifier import TextClassifier, probabilities
from erc_core.features.text import text_input
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, unweighted_recall, weighted_f1
from erc_core.types import Dialogue, LabelSet

RECIPE = Recipe(epochs=4, rate=1e-4, warmup=0.1, decay=0.01, average=0.99, watch="weighted_f1", budget_s=10_800)


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What can be tuned.

    Attributes:
        batch: utterances a step
        weighting: power of the inverse class frequency in the loss; 0 none, 0.5 square root
        twice: weight of the R-Drop term, which asks two dropout draws to agree
        layer_decay: factor of the learning rate from a layer to the one below it
        window: utterances of history
    """

    batch: int = 32
    weighting: float = 0.5
    twice: float = 0.0
    layer_decay: float = 0.9
    window: int = 5


@dataclass(frozen=True, slots=True)
class Texts:
    """Tokenised utterances ``(N, L, 2)``, their mask ``(N, L)`` and label indices ``(N,)``."""

    tokens: Tensor
    mask: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def tokenise(dialogues: Sequence[Dialogue], tokenizer: Tokenizer, labels: LabelSet, window: int = 5) -> Texts:
    """Tokenise every labelled utterance that has words, with its history, in the corpus's order."""
    found = []
    for dialogue in dialogues:
        for position, utterance in enumerate(dialogue.utterances):
            read = text_input(dialogue, position, tokenizer, window)
            if read is not None and utterance.label is not None:
                found.append((read.values, labels.index(utterance.label)))
    longest = max(len(values) for values, _ in found)
    tokens = torch.zeros(len(found), longest, 2, dtype=torch.int32)
    mask = torch.zeros(len(found), longest, dtype=torch.bool)
    for i, (values, _) in enumerate(found):
        tokens[i, : len(values)] = torch.from_numpy(values)
        mask[i, : len(values)] = True
    return Texts(tokens, mask, torch.tensor([label for _, label in found]))


def class_weights(labels: Tensor, classes: int, power: float) -> Tensor:
    """Return weights ``(C,)`` that fall with a class's frequency, with a mean of one over the items."""
    counts = torch.bincount(labels, minlength=classes).float().clamp_min(1)
    weights = counts ** (-power)
    return weights / (weights[labels].mean())


def buckets(lengths: Tensor, batch: int, seed: int) -> Iterator[Tensor]:
    """Yield indices of batches of alike lengths, in random order."""
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(len(lengths)))
    pieces = []
    for start in range(0, len(order), batch * 50):
        chunk = order[start : start + batch * 50]
        chunk = chunk[lengths[chunk].argsort()]
        pieces += list(torch.split(chunk, batch))
    for i in rng.permutation(len(pieces)):
        yield pieces[i]


def train_text(
    model: TextClassifier,
    train: Texts,
    inner: Texts,
    folder: Path,
    recipe: Recipe = RECIPE,
    options: TextOptions = TextOptions(),
    mixed_precision: str = "no",
) -> Figures:
    """Fine-tune on ``train``, stop by ``inner``; the best weights are in ``model`` at the end.

    Args:
        model: the classifier
        train: what is trained on
        inner: what stops the training; never the split that is reported
        folder: the run's folder
        recipe: how long and how fast
        options: the loss and the batches
        mixed_precision: ``no`` or ``bf16``
    """
    classes = model.head.out_features
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    weights = class_weights(train.labels, classes, options.weighting).to(device)
    lengths = train.mask.sum(-1)

    def batches(epoch: int) -> Iterator[tuple[Tensor, ...]]:
        for index in buckets(lengths, options.batch, recipe.seed * 1009 + epoch):
            length = int(lengths[index].max())
            parts = (train.tokens[index, :length].long(), train.mask[index, :length], train.labels[index])
            yield tuple(part.to(device, non_blocking=True) for part in parts)

    def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        tokens, mask, labels = batch
        if not options.twice:
            return F.cross_entropy(model(tokens, mask), labels, weight=weights)
        logits = model(tokens.repeat(2, 1, 1), mask.repeat(2, 1))
        first, second = logits.chunk(2)
        fit = F.cross_entropy(logits, labels.repeat(2), weight=weights)
        p, q = first.log_softmax(-1), second.log_softmax(-1)
        agree = F.kl_div(p, q, log_target=True, reduction="batchmean") + F.kl_div(
            q, p, log_target=True, reduction="batchmean"
        )
        return fit + options.twice * agree / 2

    def evaluate(model: nn.Module) -> Figures:
        found = probabilities(model, inner.tokens.long().to(device), inner.mask.to(device)).argmax(-1)
        confusion = confusion_matrix(inner.labels.numpy(), found.numpy(), classes)
        return {"weighted_f1": weighted_f1(confusion), "uar": unweighted_recall(confusion)}

    def groups(model: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return layered_rates(model, options.layer_decay)

    steps = -(-len(train) // options.batch)
    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()


def layered_rates(model: nn.Module, factor: float) -> list[tuple[list[nn.Parameter], float]]:
    """Group parameters by depth: the head learns ten times as fast, each layer down slower by ``factor``.

    Source:
        Howard and Ruder 2018 (ULMFiT), discriminative fine-tuning.
    """
    rates: dict[float, list[nn.Parameter]] = {}
    depth = 6
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("head"):
            rate = 10.0
        elif "layer." in name:
            number = int(name.split("layer.")[1].split(".")[0])
            rate = factor ** (depth - 1 - number)
        else:
            rate = factor**depth
        rates.setdefault(rate, []).append(parameter)
    return [(parameters, rate) for rate, parameters in rates.items()]
