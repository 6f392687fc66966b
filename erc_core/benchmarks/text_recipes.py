"""What other recipes bring to the text encoder: ``python -m erc_core.benchmarks.text_recipes --root meld=DIR --write``.

Beside the shipped weights stand those of another loss, trained by this command, and the mean of both. All read the same
words, are stopped by the same tenth of train, and have the same size, so any of them could be shipped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.benchmarks.machine import described
from erc_core.data.meld import read_meld
from erc_core.features.classifier import TextClassifier, logits
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import TextEncoder
from erc_core.models.checkpoints import ROOT, load_classifier, read_config
from erc_core.settings import ASSETS
from erc_core.training.encoder_runs import bf16_pays, minilm_folder
from erc_core.training.loop import Recipe
from erc_core.training.metrics import bootstrap, paired_difference, weighted_f1
from erc_core.training.roots import root_of
from erc_core.training.splits import split_dialogues
from erc_core.training.text import RECIPE, TextOptions, Texts, tokenise, train_text
from erc_core.types import MELD7
from erc_core.verb_arguments import roots_of

PAGE = ASSETS.parent / "docs" / "benchmarks" / "text_recipes.md"
SHIPPED, MEAN = "as shipped", "mean of the weights"
OPTIONS: Mapping[str, TextOptions] = {"R-Drop": TextOptions(twice=1.0)}
Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one recipe's weights predict, as label indices: of the part that stops ``(I,)`` and of dev ``(N,)``."""

    recipe: str
    inner: NDArray[np.integer]
    dev: NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Words:
    """Tokenised words: what is trained on, what stops, and what reports."""

    fit: Texts
    inner: Texts
    dev: Texts


def read_words(meld: Path) -> Words:
    """Read MELD as the text encoder's training does, and its dev split."""
    tokenizer = load_tokenizer(ROOT / "text_encoder")
    fit, inner = split_dialogues(read_meld(meld, "train"))
    fit_, inner_, dev = (tokenise(part, tokenizer, MELD7) for part in (fit, inner, read_meld(meld, "dev")))
    return Words(fit_, inner_, dev)


def shipped_model() -> TextClassifier:
    """Return the classifier of the shipped weights."""
    model = TextClassifier(TextEncoder(read_config(ROOT / "text_encoder")["encoder"]), len(MELD7))
    load_classifier(model, ROOT / "text_encoder")
    return model


def trained(options: TextOptions, words: Words, run: Path, recipe: Recipe = RECIPE) -> Weights:
    """Train by other options from the same start and draws as what is shipped; a run that was stopped goes on."""
    torch.manual_seed(recipe.seed)
    model = TextClassifier(TextEncoder.pretrained(minilm_folder()), len(MELD7))
    train_text(model, words.fit, words.inner, run, recipe, options, bf16_pays())
    return {name: value.detach().cpu().float() for name, value in model.state_dict().items()}


def mean_weights(several: Sequence[Weights]) -> Weights:
    """Average weights of the same names.

    Source:
        Wortsman et al. 2022, Model soups, ICML: fine-tuned from one start, their mean is often better than each.
    """
    return {name: torch.stack([weights[name].float() for weights in several]).mean(0) for name in several[0]}


def answered(recipe: str, weights: Weights, words: Words) -> Answers:
    """Let weights answer both parts."""
    model = shipped_model()
    model.load_state_dict(weights)
    model.eval()
    with torch.inference_mode():
        inner, dev = (
            logits(model, part.tokens.long(), part.mask).argmax(-1).numpy() for part in (words.inner, words.dev)
        )
    return Answers(recipe, inner, dev)


def measure(words: Words, runs: Path, recipe: Recipe = RECIPE) -> list[Answers]:
    """Train what is not trained yet and let all recipes answer."""
    found: dict[str, Weights] = {SHIPPED: dict(shipped_model().state_dict())}
    for name, options in OPTIONS.items():
        found[name] = trained(options, words, runs / "text_recipes" / name.lower().replace(" ", "_"), recipe)
    found[MEAN] = mean_weights(list(found.values()))
    return [answered(name, weights, words) for name, weights in found.items()]


def page(found: Sequence[Answers], words: Words) -> str:
    """Return the figures as a Markdown page; the first recipe is what others are compared with."""
    inner, dev = words.inner.labels.numpy(), words.dev.labels.numpy()
    lines = [
        "# What other recipes bring to the text encoder",
        "",
        "Written by `python -m erc_core.benchmarks.text_recipes --root meld=DIR --write` "
        f"{described()}. Weighted F1 with bootstrap intervals over utterances; the last column is the difference to "
        "the first row on the same utterances. R-Drop asks two dropout draws of an utterance to agree (Liang et al. "
        f"2021). A tenth of train stops each run and is what a recipe would be chosen by ({len(inner):,} utterances); "
        f"dev ({len(dev):,}) only reports.",
        "",
        "| recipe | the tenth that stops | MELD dev | difference on dev |",
        "| --- | --- | --- | --- |",
    ]
    for one in found:
        stops = bootstrap(inner, one.inner, len(MELD7), weighted_f1)
        reports = bootstrap(dev, one.dev, len(MELD7), weighted_f1)
        difference = ""
        if one is not found[0]:
            gain = paired_difference(dev, one.dev, found[0].dev, len(MELD7), weighted_f1)
            difference = f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
        cells = [f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]" for value in (stops, reports)]
        lines.append(f"| {one.recipe} | {cells[0]} | {cells[1]} | {difference} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train, measure, print the page, and write it where asked."""
    parser = argparse.ArgumentParser(description="Train the text encoder by other recipes and compare.")
    parser.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help="meld=DIR")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the trainings live")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    words = read_words(root_of(roots_of(options.root), "meld"))
    text = page(measure(words, options.runs), words)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
