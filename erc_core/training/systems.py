"""Training any system on encoded dialogues: one loop, one recipe, one calibration for all of them.

A system is built without its encoders and reads what :mod:`erc_core.training.encoded_corpus` kept; the checkpoint that
is written has them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from erc_core.errors import InputError, UnknownNameError
from erc_core.models._sequences import SequenceModel
from erc_core.models._utterance import UtteranceModel
from erc_core.models.base import Batch, ModelOutput, model_class
from erc_core.models.checkpoints import Temperatures, save_model
from erc_core.training.calibration import fit_temperature
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, weighted_f1
from erc_core.training.text import class_weights
from erc_core.types import MODALITIES, LabelSet, Modality

RECIPE = Recipe(epochs=14, rate=1e-3, warmup=0.1, decay=0.01, average=0.98, patience=5, watch="watched")
BATCH = 16  # dialogues a step
WHOLE = 0.25  # how often a dialogue is trained with some of its modalities left out
SINGLE = 0.1  # how often an utterance is trained without a modality
BALANCE = 0.5  # power of the inverse class frequency in the losses
SEQUENCE_RATE = 0.6  # factor of the learning rate for models that read sequences


@dataclass(frozen=True, slots=True)
class Plan:
    """Which system is trained, and on what.

    Attributes:
        name: of the model, or of a variant of it such as ``df_erc+no_cfm``
        config: what differs from the model's defaults
        modalities: which are read at all; the others are left out everywhere
        seed: of the weights and of everything drawn
    """

    name: str
    config: Mapping[str, Any]
    modalities: tuple[Modality, ...] = MODALITIES
    seed: int = 0


def plan_of(name: str, variant: str = "", seed: int = 0, config: Mapping[str, Any] | None = None) -> Plan:
    """Return the plan of a model's variant.

    Args:
        name: a registered model
        variant: empty, one of the model's own, or ``only_t``, ``only_ta`` and so on: one trained with these alone
        seed: other than 0 gives the checkpoint a name of its own
        config: further settings

    Raises:
        UnknownNameError: there is no such model or variant, or the model is trained otherwise
    """
    kind = model_class(name)
    own = kind.variants
    if not issubclass(kind, UtteranceModel):
        raise UnknownNameError("This model has a training of its own", got=name, allowed="utterance-level systems")
    subset = tuple(m for m in MODALITIES if variant.startswith("only_") and m in variant.removeprefix("only_"))
    if variant and variant not in own and variant != f"only_{''.join(subset)}":
        allowed = ", ".join([*own, "only_t", "only_a", "only_v", "only_ta", "only_tv", "only_av"])
        raise UnknownNameError(f"{kind.card.title} has no such variant", got=variant, allowed=allowed)
    suffix = "_".join(part for part in (variant, f"seed{seed}" if seed else "") if part)
    full = f"{name}+{suffix}" if suffix else name
    settings = {**own.get(variant, {}), **(config or {})}
    return Plan(full, settings, subset or MODALITIES, seed)


def built(plan: Plan, labels: LabelSet, widths: Mapping[Modality, int]) -> UtteranceModel:
    """Build a plan's model without encoders, its weights drawn from the plan's seed."""
    torch.manual_seed(plan.seed)
    model = model_class(plan.name)(labels, {**plan.config, "inputs": dict(widths), "encoders": False})
    if not isinstance(model, UtteranceModel):
        raise InputError("This model has a training of its own", got=plan.name, allowed="utterance-level systems")
    return model


def dropped(batch: Batch, rng: np.random.Generator, kept: Sequence[Modality] = MODALITIES) -> Batch:
    """Leave modalities out at random, of whole dialogues and of single utterances, but never the last one.

    Args:
        batch: a batch of encodings
        rng: draws
        kept: those that are read at all
    """
    shape = tuple(batch.present.shape)
    allowed = np.array([m in kept for m in MODALITIES])
    whole = (rng.random((shape[0], 1, 1)) < WHOLE) & (rng.random((shape[0], 1, shape[2])) < 0.5)
    single = rng.random(shape) < SINGLE
    present = batch.present & torch.from_numpy(allowed)
    left = present & torch.from_numpy(~(whole | single))
    empty = ~left.any(-1, keepdim=True)
    return Batch(batch.inputs, batch.utterances, torch.where(empty, present, left), batch.speakers, batch.labels)


@torch.no_grad()
def answers(
    model: UtteranceModel,
    split: EncodedSplit,
    kept: Sequence[Modality] = MODALITIES,
    draw: int = 0,
    batch: int = 32,
) -> tuple[Tensor, dict[Modality, Tensor], Tensor]:
    """Return logits ``(N, C)``, those of each modality alone, and which modalities there are ``(N, M)``."""
    fused, alone, present = [], [], []
    for output, real, there in outputs(model, split, kept, draw, batch):
        fused.append(output.logits[real])
        alone.append({m: values[real] for m, values in output.unimodal.items()})
        present.append(there[real])
    by_modality = {m: torch.cat([part[m] for part in alone]) for m in alone[0]}
    return torch.cat(fused), by_modality, torch.cat(present)


@torch.no_grad()
def outputs(
    model: UtteranceModel, split: EncodedSplit, kept: Sequence[Modality] = MODALITIES, draw: int = 0, batch: int = 32
) -> Iterator[tuple[ModelOutput, Tensor, Tensor]]:
    """Yield the outputs of a split's dialogues in order, with which utterances are real and what they have."""
    sequences = isinstance(model, SequenceModel)
    device = next(model.parameters()).device
    off = [m for m in MODALITIES if m not in kept]
    for index in torch.split(torch.arange(len(split)), batch):
        found = split.batch(index, draw, sequences).without(off).to(device)
        output = model.decode(found)
        yield output, found.utterances, found.present & found.utterances.unsqueeze(-1)


def train_system(
    plan: Plan, fit: EncodedSplit, inner: EncodedSplit, labels: LabelSet, folder: Path, recipe: Recipe = RECIPE
) -> tuple[UtteranceModel, Figures, Temperatures]:
    """Train a system; a run that was stopped goes on.

    What is watched on the inner split is the mean weighted F1 with all modalities, without the picture, and with the
    words alone: many recordings of users come like that.

    Args:
        plan: what is trained
        fit: what is trained on
        inner: what stops and calibrates, and trains nothing
        labels: the label set
        folder: of the run
        recipe: how long and how fast

    Returns:
        the model with its best weights, in evaluation mode and without encoders; the figures; the temperatures
    """
    widths: dict[Modality, int] = {
        "t": fit.words.vectors.shape[1],
        "a": fit.sound.vectors.shape[1],
        "v": fit.faces.vectors.shape[1],
    }
    model = built(plan, labels, widths)
    sequences = isinstance(model, SequenceModel)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    weights = model.get_buffer("class_weights")
    weights.copy_(class_weights(fit.labels, len(labels), BALANCE))

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        order = torch.from_numpy(rng.permutation(len(fit)))
        for index in torch.split(order, BATCH):
            found = fit.batch(index, epoch % len(fit.draws), sequences)
            yield dropped(found, rng, plan.modalities).to(device)

    def loss(bare: nn.Module, batch: Batch) -> Tensor:
        if not isinstance(bare, UtteranceModel):
            raise InputError("Only a system can be trained here", got=type(bare).__name__)
        return bare.loss(bare.decode(batch), batch)

    def evaluate(bare: nn.Module) -> Figures:
        return _figures(model, inner, plan.modalities)

    def groups(bare: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return [([p for p in bare.parameters() if p.requires_grad], SEQUENCE_RATE if sequences else 1.0)]

    steps = -(-len(fit) // BATCH)
    recipe = replace(recipe, seed=plan.seed)
    figures = Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder).run()
    model.eval()
    return model, figures, calibrate(model, inner, plan.modalities)


def _figures(model: UtteranceModel, inner: EncodedSplit, kept: Sequence[Modality]) -> Figures:
    subsets: dict[str, tuple[Modality, ...]] = {"all": tuple(kept)}
    if tuple(kept) == MODALITIES:
        subsets |= {"t_a": ("t", "a"), "t": ("t",)}
    found = {}
    for name, subset in subsets.items():
        logits, _, _ = answers(model, inner, subset)
        found[name] = score_of(logits, inner.labels)
    return {"weighted_f1": found["all"], **found, "watched": sum(found.values()) / len(found)}


def score_of(logits: Tensor, labels: Tensor) -> float:
    """Return the weighted F1 of logits ``(N, C)``."""
    found = logits.argmax(-1).cpu().numpy()
    return weighted_f1(confusion_matrix(labels.numpy(), found, logits.shape[-1]))


def calibrate(model: UtteranceModel, inner: EncodedSplit, kept: Sequence[Modality] = MODALITIES) -> Temperatures:
    """Fit the temperatures on the inner split: with all modalities, with each alone, and for each modality's head."""
    logits, alone, present = (part if isinstance(part, dict) else part.cpu() for part in answers(model, inner, kept))
    found = {"fused": fit_temperature(logits, inner.labels)}  # type: ignore[arg-type]
    for k, m in enumerate(MODALITIES):
        there = present[:, k]  # type: ignore[index]
        if m not in kept or not there.any():
            continue
        single, _, _ = answers(model, inner, (m,))
        found[f"only_{m}"] = fit_temperature(single[there].cpu(), inner.labels[there])
        if m in alone:
            found[m] = fit_temperature(alone[m][there].cpu(), inner.labels[there])  # type: ignore[index]
    return Temperatures(**found)


def save_system(
    model: UtteranceModel,
    temperatures: Temperatures,
    folder: Path,
    encoders: Mapping[str, Mapping[str, Any]],
    checkpoints: Path,
) -> None:
    """Write a trained system, over the shared encoders again.

    Args:
        model: without its encoders
        temperatures: what calibrates it
        folder: of the checkpoint
        encoders: configuration of the encoders by attribute: text, acoustic, face
        checkpoints: where the encoders' checkpoints lie
    """
    whole = type(model)(model.labels, {**model.config, **encoders, "encoders": True})
    whole.load_state_dict({**whole.state_dict(), **model.state_dict()})
    save_model(folder, whole, temperatures, checkpoints)
