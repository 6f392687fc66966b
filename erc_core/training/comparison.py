"""The papers' tables on our data: systems side by side, ablations, modality subsets, lengths, mechanisms, cost."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.errors import InputError, MissingResourceError
from erc_core.models._sequences import SequenceModel
from erc_core.models._utterance import UtteranceModel
from erc_core.models.base import MODELS, Batch, model_class
from erc_core.models.checkpoints import WEIGHTS, Temperatures, read_config
from erc_core.settings import Settings
from erc_core.training.calibration import calibrated, divided
from erc_core.training.comparison_dq_former import dq_former_result
from erc_core.training.composite_splits import composite_split
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.mechanisms import MECHANISMS, mechanism_weights, sigma_tells_error, truthfulness, word_flags
from erc_core.training.metrics import score
from erc_core.training.system_results import (
    MISSING,
    Comparison,
    Cost,
    NamedScore,
    Spread,
    SystemResult,
    by_length,
    folder_of,
    seeds_of,
    spread_over,
    weighted,
)
from erc_core.training.system_runs import is_system, load_fusion, own_parameters
from erc_core.training.systems import answers
from erc_core.types import MODALITIES, Modality

DQ_FORMER = "dq_former"
TYPICAL = 10  # utterances of the dialogue whose forward pass is timed
SUBSETS: tuple[tuple[Modality, ...], ...] = tuple(
    subset for size in (1, 2, 3) for subset in combinations(MODALITIES, size)
)


def compare(request: Comparison, settings: Settings) -> tuple[SystemResult, ...]:
    """Measure the systems that stand on the shared encoders.

    Raises:
        InputError: a corpus folder is not given, or a model is none of these systems
        MissingResourceError: no system has weights
    """
    names = request.models or tuple(name for name in MODELS.names() if is_system(name) or name == DQ_FORMER)
    if strange := [n for n in names if not is_system(base := n.partition("+")[0]) and base != DQ_FORMER]:
        allowed = ", ".join(name for name in MODELS.names() if is_system(name) or name == DQ_FORMER)
        raise InputError("Not a system that can be compared", got=", ".join(strange), allowed=allowed)
    found = [(name, folder) for name in names if (folder := folder_of(request, name)) is not None]
    if not found:
        raise MissingResourceError("No system has weights", got=", ".join(names), do="train one")
    split = composite_split(request.split, request.roots, request.runs, request.checkpoints, settings, request.seed)
    words = words_of(split, request.checkpoints)
    results = []
    for name, folder in found:
        if name.partition("+")[0] == DQ_FORMER:
            one = dq_former_result(request, split, words, folder)
            results += [] if one is None else [one]
        else:
            results.append(measured(name, folder, split, words, request))
    return tuple(results)


def words_of(split: EncodedSplit, checkpoints: Path) -> NDArray[np.str_]:
    """Return the words' reliability: what the text encoder's own head says, which never saw this split."""
    from safetensors.torch import load_file

    folder = checkpoints / "text_encoder"
    state = load_file(folder / WEIGHTS)
    logits = split.words.vectors.float() @ state["head.weight"].float().T + state["head.bias"].float()
    probabilities = (logits / float(read_config(folder).get("temperature", 1.0))).softmax(-1).numpy()
    return word_flags(probabilities, split.labels.numpy())


def measured(
    name: str, folder: Path, split: EncodedSplit, words: NDArray[np.str_], request: Comparison
) -> SystemResult:
    """Measure one system on a split.

    Args:
        name: of the system or variant
        folder: its checkpoint
        split: the encoded split
        words: the words' reliability, ``(N,)``
        request: what else is measured, and where variants and seeds lie
    """
    model, config = load_fusion(folder), read_config(folder)
    temperatures = Temperatures(**config["temperatures"])
    epoch_s = float(config.get("training", {}).get("seconds_per_epoch", 0.0))
    logits, _, present = answers(model, split)
    truth = split.labels.numpy()
    probabilities = divided(logits.cpu(), present, temperatures).softmax(-1).numpy()
    scores = score(truth, probabilities, model.labels)
    subsets = SUBSETS if request.subsets else SUBSETS[:3]
    kind = model.card.name
    gaussian = kind == "cmath" and model.config["variational"]
    return SystemResult(
        name=name,
        scores=scores,
        cost=Cost(own_parameters(model), round(forward_ms(model, split), 2), epoch_s),
        subsets=tuple(
            NamedScore("+".join(subset), weighted(answers(model, split, subset)[0], truth), len(truth))
            for subset in subsets
        ),
        missing=tuple(with_missing(model, split, share) for share in MISSING),
        lengths=by_length(logits, split),
        ablations=_ablations(kind, split, request) if request.ablations else (),
        seeds=_spread(kind, split, request),
        mechanisms=tuple(
            one
            for mechanism, weights in (mechanism_weights(model, split).items() if kind in MECHANISMS else ())
            for one in truthfulness(mechanism, weights, {"t": words, "a": split.flags("a"), "v": split.flags("v")})
        ),
        sigma_tells_error=sigma_tells_error(model, split) if gaussian else None,
        calibration=calibrated(truth, logits.cpu(), probabilities),
    )


@torch.no_grad()
def with_missing(model: UtteranceModel, split: EncodedSplit, share: float, seed: int = 0) -> NamedScore:
    """Return the weighted F1 where each modality of each utterance is left out with a probability of ``share``."""
    generator = torch.Generator().manual_seed(seed)
    device, sequences = next(model.parameters()).device, isinstance(model, SequenceModel)
    found = []
    for index in torch.split(torch.arange(len(split)), 32):
        batch = split.batch(index, 0, sequences)
        kept = batch.present & (torch.rand(batch.present.shape, generator=generator) >= share)
        less = Batch(batch.inputs, batch.utterances, kept, batch.speakers, batch.labels).to(device)
        found.append(model.decode(less).logits[less.utterances])
    return NamedScore(f"{share:.0%} missing", weighted(torch.cat(found), split.labels.numpy()), len(split.labels))


def _ablations(kind: str, split: EncodedSplit, request: Comparison) -> tuple[NamedScore, ...]:
    found = []
    for variant in model_class(kind).variants:
        folder = folder_of(request, f"{kind}+{variant}")
        if folder is not None:
            logits, _, _ = answers(load_fusion(folder), split)
            found.append(NamedScore(variant, weighted(logits, split.labels.numpy()), len(split.labels)))
    return tuple(found)


def _spread(kind: str, split: EncodedSplit, request: Comparison) -> Spread | None:
    def scored(variant: str, kept: tuple[Modality, ...]) -> list[float]:
        truth = split.labels.numpy()
        return [weighted(answers(load_fusion(f), split, kept)[0], truth) for f in seeds_of(request, kind, variant)]

    return spread_over(scored("", MODALITIES), {m: scored(f"only_{m}", (m,)) for m in MODALITIES})


@torch.no_grad()
def forward_ms(model: UtteranceModel, split: EncodedSplit, rounds: int = 20) -> float:
    """Return the median time of one forward pass of one dialogue, encodings given, in milliseconds."""
    typical = (split.sizes - TYPICAL).abs().argmin().unsqueeze(0)
    batch = split.batch(typical, 0, isinstance(model, SequenceModel)).to(next(model.parameters()).device)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        model.decode(batch)
        times.append((time.perf_counter() - began) * 1000)
    return float(np.median(times))
