"""The trainings that ship, each one call: read, split, train, calibrate, write a checkpoint with its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.errors import InputError
from erc_core.features.text import load_tokenizer
from erc_core.models.checkpoints import Temperatures, load_encoder, save_model
from erc_core.models.dq_former import DQFormer
from erc_core.training.calibration import fit_temperature
from erc_core.training.cards import write_card
from erc_core.training.dq_former import DRAWS, STRENGTH, Pairs, fused_logits, pair, train_fusion, without
from erc_core.training.dq_former import RECIPE as FUSION_RECIPE
from erc_core.training.encode_composite import Encoders
from erc_core.training.encoder_runs import (
    Order,
    bf16_pays,
    facts_of,
    train_acoustic_encoder,
    train_face_encoder,
    train_text_encoder,
)
from erc_core.training.folds import FOLDS, check_text_folds
from erc_core.training.loop import Figures, Recipe
from erc_core.training.roots import root_of
from erc_core.training.splits import split_dialogues
from erc_core.types import MELD7, Modality

LAYERS_HELD = 9  # of the voices' states, all pairings together: they fill gigabytes
ALONE: Mapping[str, Modality] = {"only_t": "a", "only_a": "t"}  # trained without the other modality
INNER_SEED = 1000  # of the composite corpus that stops and calibrates; training draws from 0


def train(
    what: str,
    roots: Mapping[str, Path],
    runs: Path,
    checkpoints: Path,
    epochs: int | None = None,
    fold: int | None = None,
    seed: int = 0,
) -> Figures:
    """Train one part and write its checkpoint; a run that was stopped goes on.

    Args:
        what: ``text``, ``acoustic``, ``face``, ``dq_former``, or a variant of it such as ``dq_former+early``
        roots: corpus folders by name
        runs: the runs' folder; this one lives in ``runs/what``, a fold's in ``runs/what_K``
        checkpoints: where checkpoints are read and written; a fold's is written to ``runs/folds/what_K``
        epochs: passes instead of the recipe's
        fold: for an encoder, the fold that is left out, from 0; None to train on all
        seed: of DQ-Former's training

    Returns:
        the figures on the inner split

    Raises:
        InputError: a corpus folder is not given, or cannot be read
        MissingResourceError: an encoder or the MiniLM package is not there
    """
    encoders = {"text": train_text_encoder, "acoustic": train_acoustic_encoder, "face": train_face_encoder}
    if what in encoders and fold is None:
        return encoders[what](Order(roots, runs / what, checkpoints / f"{what}_encoder", epochs))
    if what in encoders and fold in range(FOLDS):
        name = f"{what}_{fold}"
        return encoders[what](Order(roots, runs / name, runs / "folds" / name, epochs, fold))
    if fold is not None:
        raise InputError("There is no such fold", got=f"{what} {fold}", allowed=f"an encoder and 0 to {FOLDS - 1}")
    name, _, variant = what.partition("+")
    if name != "dq_former" or (variant and variant not in (*DQFormer.variants, *ALONE)):
        allowed = (*encoders, "dq_former", *(f"dq_former+{one}" for one in (*DQFormer.variants, *ALONE)))
        raise InputError("There is no such training", got=what, allowed=", ".join(allowed))
    recipe = replace(FUSION_RECIPE, seed=seed, epochs=FUSION_RECIPE.epochs if epochs is None else epochs)
    return train_dq_former(roots, runs, checkpoints, recipe, variant)


def train_dq_former(
    roots: Mapping[str, Path], runs: Path, checkpoints: Path, recipe: Recipe, variant: str = ""
) -> Figures:
    """Train DQ-Former's fusion, or a variant's, on the composite corpus of MELD's words and RAVDESS's voices.

    The words are read by encoders that never saw them, so that the fusion does not learn to trust them too much.
    A variant that fuses at more layers gets fewer pairings: the states of all its layers are held in memory. What only
    measures, a modality alone or a further seed, is written below ``runs``.

    Raises:
        MissingResourceError: an encoder is not there, the final one or a fold's
    """
    parts = (variant, f"seed{recipe.seed}" if recipe.seed else "")
    suffix = "_".join(part for part in parts if part)
    name = f"dq_former+{suffix}" if suffix else "dq_former"
    folder = (runs / "checkpoints" if recipe.seed or variant in ALONE else checkpoints) / name
    fit, inner = split_dialogues(read_meld(root_of(roots, "meld"), "train"))
    root = root_of(roots, "ravdess")
    check_text_folds(runs)
    torch.manual_seed(recipe.seed)
    model = DQFormer(MELD7, DQFormer.variants.get(variant, {}))
    for attribute, encoder in model.encoders.items():
        load_encoder(model.get_submodule(attribute), checkpoints / encoder)
    tokenizer = load_tokenizer(checkpoints / "text_encoder")
    takes, held_takes = read_ravdess(root, ACTORS["train"]), read_ravdess(root, ACTORS["inner"])
    readers = Encoders(checkpoints, runs / "folds")
    draws = min(DRAWS, max(1, LAYERS_HELD // len(model.fusion_layers)))
    pairs = pair(model, fit, takes, tokenizer, range(draws), STRENGTH, readers.text)
    held = pair(model, inner, held_takes, tokenizer, [INNER_SEED])
    if variant in ALONE:
        pairs, held = without(pairs, ALONE[variant]), without(held, ALONE[variant])
    figures = train_fusion(model, pairs, held, runs / name, recipe, bf16_pays(), alone=variant in ALONE)
    temperatures = calibrate(model, held)
    save_model(folder, model, temperatures, checkpoints)
    sizes = {"composite corpus from MELD train but a tenth and RAVDESS actors 1 to 14": len(pairs.labels)}
    write_card(folder, "dq_former", facts_of(recipe, figures, temperatures.fused, sizes, len(held.labels)))
    return figures


def calibrate(model: DQFormer, held: Pairs) -> Temperatures:
    """Fit DQ-Former's temperatures on the inner split: with both modalities, with each alone, and for each head."""
    model.eval()
    with torch.no_grad():
        both, words, voice = (fused_logits(model, held, without) for without in ((), (1,), (0,)))
    read, heard = (held.rows[0] >= 0).unbind(1)

    def fitted(logits: Tensor, there: Tensor) -> float:
        return fit_temperature(logits[there], held.labels[there]) if there.any() else 1.0

    return Temperatures(
        fused=fitted(both["logits_f"], torch.ones_like(read)),
        only_t=fitted(words["logits_f"], read),
        only_a=fitted(voice["logits_f"], heard),
        t=fitted(both["logits_t"], read),
        a=fitted(both["logits_a"], heard),
    )
