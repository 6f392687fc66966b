"""Measuring one system on encoded dialogues: the composite corpus, or a feature pickle."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from erc_core.data.base import CORPORA
from erc_core.errors import InputError
from erc_core.models.base import model_class
from erc_core.models.checkpoints import CONFIG, ROOT, Temperatures, read_config
from erc_core.settings import Settings
from erc_core.training.calibration import divided
from erc_core.training.composite_splits import composite_split
from erc_core.training.evaluation import Request, Row
from erc_core.training.feature_splits import feature_split
from erc_core.training.metrics import score
from erc_core.training.roots import root_of
from erc_core.training.system_runs import is_system, load_fusion
from erc_core.training.systems import answers
from erc_core.types import MODALITIES, Modality


def reads_encodings(model: str, corpus: str) -> bool:
    """Tell whether a model is measured here: a system on the composite corpus or on a feature pickle."""
    return is_system(model.partition("+")[0]) and (corpus == "composite" or corpus.endswith("-features"))


def evaluate_system(request: Request, runs: Path, settings: Settings, checkpoints: Path = ROOT) -> tuple[Row, ...]:
    """Measure a system with the modalities asked for, or with all, each alone, and each modality's own head.

    Args:
        request: what to measure
        runs: the runs' folder, where encoded corpora and the checkpoints of variants are
        settings: gives the face finder its models
        checkpoints: of the systems that ship, and of the encoders

    Raises:
        InputError: a folder is not given or does not hold the split, or the model has no weights
    """
    pickled = request.corpus.endswith("-features")
    name = f"{request.model}+{request.corpus.replace('-', '_')}" if pickled else request.model
    folder = next((f for root in (checkpoints, runs / "checkpoints") if (f := root / name / CONFIG).is_file()), None)
    if folder is None:
        raise InputError("The model has no weights for this corpus", got=name, do=f"train {request.model} on it first")
    model, heat = load_fusion(folder.parent), Temperatures(**read_config(folder.parent)["temperatures"])
    if pickled:
        reader = CORPORA.get(request.corpus)()
        split = feature_split(reader.read(root_of(request.roots, request.corpus), request.split), model.labels)
    else:
        split = composite_split(request.split, request.roots, runs, checkpoints, settings, request.seed)
    title, truth = model_class(request.model).card.title, split.labels.numpy()

    def row(what: str, divided_logits: Tensor, chosen: Tensor) -> Row:
        probabilities = divided_logits.cpu().softmax(-1).numpy()[chosen.numpy()]
        return Row(f"{title} ({what})", score(truth[chosen.numpy()], probabilities, model.labels))

    def kept(modalities: tuple[Modality, ...]) -> Row:
        logits, _, present = answers(model, split, modalities)
        everyone = torch.ones(len(present), dtype=torch.bool)
        return row("+".join(modalities), divided(logits, present, heat), everyone)

    if request.modalities:
        return (kept(request.modalities),)
    rows = [kept(MODALITIES), *(kept((m,)) for m in MODALITIES)]
    _, alone, present = answers(model, split)
    for k, m in enumerate(MODALITIES):
        if m in alone and present[:, k].any():
            rows.append(row(f"its own head for {m}", alone[m] / getattr(heat, m), present[:, k].cpu()))
    return tuple(rows)
