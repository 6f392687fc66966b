"""The trainings of systems, each one call: encode what is not encoded, train, calibrate, write a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from erc_core.data.base import CORPORA
from erc_core.data.feature_pickles import FeatureDialogue
from erc_core.errors import InputError
from erc_core.models._utterance import UtteranceModel
from erc_core.models.base import MODELS, ErcModel, model_class
from erc_core.models.checkpoints import CONFIG, ROOT, WEIGHTS, read_config, save_model
from erc_core.settings import Settings, load_settings
from erc_core.training.composite_splits import ENCODERS, composite_split, how_encoded
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.feature_splits import feature_split
from erc_core.training.folds import check_text_folds
from erc_core.training.loop import Figures
from erc_core.training.roots import root_of
from erc_core.training.splits import split_of_dialogues
from erc_core.training.system_cards import write_system_card
from erc_core.training.systems import RECIPE, plan_of, save_system, train_system
from erc_core.types import MELD7, LabelSet


@dataclass(frozen=True, slots=True)
class SystemOrder:
    """What a training of a system is given.

    Attributes:
        name: of the model
        roots: corpus folders by name; the composite corpus takes ``meld``, ``ravdess`` and ``fer2013``; a corpus of
            features, such as ``meld-features``, is trained on alone
        runs: the runs' folder
        checkpoints: where the encoders lie, and where the checkpoint of the model itself is written
        variant: empty for the model itself; checkpoints of variants and further seeds are written below ``runs``
        seed: of the training
        epochs: passes instead of the recipe's
    """

    name: str
    roots: Mapping[str, Path]
    runs: Path
    checkpoints: Path = ROOT
    variant: str = ""
    seed: int = 0
    epochs: int | None = None


def is_system(name: str) -> bool:
    """Tell whether a model is trained here: one that stands on the shared encoders' vectors or sequences."""
    return name in MODELS.names() and issubclass(model_class(name), UtteranceModel)


def train_one(order: SystemOrder) -> Figures:
    """Train a system and write its checkpoint; a run that was stopped goes on.

    Returns:
        the figures on the inner split

    Raises:
        InputError: a corpus folder is not given, or cannot be read
        MissingResourceError: an encoder is not there
        UnknownNameError: there is no such model or variant
    """
    plan = plan_of(order.name, order.variant, order.seed)
    recipe = RECIPE if order.epochs is None else replace(RECIPE, epochs=order.epochs)
    pickled = [name for name in order.roots if name.endswith("-features")]
    run = order.runs / "systems" / plan.name
    if pickled:
        fit, inner, labels, what = feature_splits(order.roots, pickled[0])
        run = run.with_name(f"{plan.name}+{pickled[0].replace('-', '_')}")
        features: tuple[str, ...] = ("the features are the file's own",)
    else:
        check_text_folds(order.runs)
        settings = load_settings()
        fit, inner = (_composite(order, split, settings) for split in ("fit", "inner"))
        features = how_encoded(order.runs)
        labels, what = MELD7, "composite corpus from MELD train but a tenth, RAVDESS actors 1 to 14, FER2013 train"
    model, figures, temperatures = train_system(plan, fit, inner, labels, run, recipe)
    final = plan.name == order.name and not pickled
    folder = (order.checkpoints if final else order.runs / "checkpoints") / run.name
    if pickled:
        save_model(folder, model, temperatures, order.checkpoints)
    else:
        save_system(model, temperatures, folder, _encoders(order.checkpoints), order.checkpoints)
    facts = {
        "plan": {"variant": order.variant, "seed": plan.seed, "modalities": list(plan.modalities)},
        "recipe": asdict(replace(recipe, seed=plan.seed)),
        "inner_figures": figures,
        "trained_on": {what: len(fit.labels)},
        "draws": len(fit.draws),
        "features": list(features),
        "inner_items": len(inner.labels),
        "seconds_per_epoch": seconds_per_epoch(run),
        "parameters": own_parameters(model),
    }
    _add_facts(folder, facts)
    write_system_card(folder, type(model).card, facts, temperatures)
    return figures


def _composite(order: SystemOrder, split: str, settings: Settings) -> EncodedSplit:
    return composite_split(split, order.roots, order.runs, order.checkpoints, settings)


def _encoders(checkpoints: Path) -> dict[str, Mapping[str, Any]]:
    return {kind: read_config(checkpoints / f"{kind}_encoder").get("encoder", {}) for kind in ENCODERS}


def feature_splits(roots: Mapping[str, Path], corpus: str) -> tuple[EncodedSplit, EncodedSplit, LabelSet, str]:
    """Return a feature pickle's train split, and the tenth of its dialogues that stops and calibrates instead.

    Returns:
        what is trained on, what stops, the corpus's labels, and words for the card

    Raises:
        InputError: the folder is not given, cannot be read, or holds fewer than two dialogues
    """
    reader = CORPORA.get(corpus)()
    labels = reader.card.labels
    every: tuple[FeatureDialogue, ...] = reader.read(root_of(roots, corpus), "train")
    fit, inner = split_of_dialogues(every, lambda item: item.dialogue)
    return feature_split(fit, labels), feature_split(inner, labels), labels, f"{reader.card.title}, train"


def own_parameters(model: ErcModel) -> int:
    """Return how many parameters a model has beside its encoders."""
    return sum(p.numel() for n, p in model.named_parameters() if n.split(".")[0] not in model.encoders)


def seconds_per_epoch(run: Path) -> float:
    """Return how long an epoch of a run took, with its evaluation; 0 where nothing is known."""
    history = run / "history.jsonl"
    if not history.is_file():
        return 0.0
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    return round(lines[-1]["seconds"] / lines[-1]["epoch"], 2) if lines else 0.0


def _add_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, "training": facts}, indent=1, sort_keys=True) + "\n")


def load_fusion(folder: Path) -> UtteranceModel:
    """Load a system without its encoders, as it reads encoded dialogues, in evaluation mode.

    Raises:
        MissingResourceError: it is not there
        InputError: it is no utterance-level system
    """
    from safetensors.torch import load_file

    config = read_config(folder)
    labels = LabelSet(config["labels"]["name"], tuple(config["labels"]["labels"]))
    model = model_class(folder.name)(labels, {**config["config"], "encoders": False})
    if not isinstance(model, UtteranceModel):
        raise InputError(
            "This model does not read encoded dialogues", got=folder.name, allowed="a system over the shared encoders"
        )
    state = {k: v.float() if v.dtype.is_floating_point else v for k, v in load_file(folder / WEIGHTS).items()}
    model.load_state_dict({**model.state_dict(), **state})
    return model.eval().to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
