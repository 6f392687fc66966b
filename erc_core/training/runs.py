"""The trainings that ship, each one call: read, split, train, calibrate, write a checkpoint with its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.errors import InputError
from erc_core.features.text import load_tokenizer
from erc_core.models.checkpoints import Temperatures, load_encoder, save_model
from erc_core.models.dq_former import DQFormer
from erc_core.training.calibration import fit_temperature
from erc_core.training.cards import write_card
from erc_core.training.dq_former import DRAWS, STRENGTH, Pairs, fused_logits, pair, train_fusion
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
from erc_core.training.loop import Figures
from erc_core.training.roots import root_of
from erc_core.training.splits import split_dialogues
from erc_core.types import MELD7

LAYERS_HELD = 9  # of the voices' states, all pairings together: they fill gigabytes
INNER_SEED = 1000  # of the composite corpus that stops and calibrates; training draws from 0


def train(
    what: str,
    roots: Mapping[str, Path],
    runs: Path,
    checkpoints: Path,
    epochs: int | None = None,
    fold: int | None = None,
) -> Figures:
    """Train one part and write its checkpoint; a run that was stopped goes on.

    Args:
        what: ``text``, ``acoustic``, ``face`` or ``dq_former``
        roots: corpus folders by name
        runs: the runs' folder; this one lives in ``runs/what``, a fold's in ``runs/what_K``
        checkpoints: where checkpoints are read and written; a fold's is written to ``runs/folds/what_K``
        epochs: passes instead of the recipe's
        fold: for an encoder, the fold that is left out, from 0; None to train on all

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
    if name != "dq_former" or (variant and variant not in DQFormer.variants):
        allowed = (*encoders, "dq_former", *(f"dq_former+{one}" for one in DQFormer.variants))
        raise InputError("There is no such training", got=what, allowed=", ".join(allowed))
    return train_dq_former(roots, runs / what, checkpoints, epochs, variant)


def train_dq_former(
    roots: Mapping[str, Path], run: Path, checkpoints: Path, epochs: int | None, variant: str = ""
) -> Figures:
    """Train DQ-Former's fusion, or a variant's, on the composite corpus of MELD's words and RAVDESS's voices.

    The words are read by encoders that never saw them, so that the fusion does not learn to trust them too much.
    A variant that fuses at more layers gets fewer pairings: the states of all its layers are held in memory.

    Raises:
        MissingResourceError: an encoder is not there, the final one or a fold's
    """
    fit, inner = split_dialogues(read_meld(root_of(roots, "meld"), "train"))
    root = root_of(roots, "ravdess")
    check_text_folds(run.parent)
    torch.manual_seed(FUSION_RECIPE.seed)
    model = DQFormer(MELD7, DQFormer.variants[variant] if variant else {})
    for attribute, folder in model.encoders.items():
        load_encoder(model.get_submodule(attribute), checkpoints / folder)
    tokenizer = load_tokenizer(checkpoints / "text_encoder")
    takes, held_takes = read_ravdess(root, ACTORS["train"]), read_ravdess(root, ACTORS["inner"])
    readers = Encoders(checkpoints, run.parent / "folds")
    draws = min(DRAWS, max(1, LAYERS_HELD // len(model.fusion_layers)))
    pairs = pair(model, fit, takes, tokenizer, range(draws), STRENGTH, readers.text)
    held = pair(model, inner, held_takes, tokenizer, [INNER_SEED])
    recipe = FUSION_RECIPE if epochs is None else replace(FUSION_RECIPE, epochs=epochs)
    figures = train_fusion(model, pairs, held, run, recipe, bf16_pays())
    temperatures = calibrate(model, held)
    name = f"dq_former+{variant}" if variant else "dq_former"
    save_model(checkpoints / name, model, temperatures, checkpoints)
    sizes = {"composite corpus from MELD train but a tenth and RAVDESS actors 1 to 14": len(pairs.labels)}
    write_card(checkpoints / name, "dq_former", facts_of(recipe, figures, temperatures.fused, sizes, len(held.labels)))
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
