"""How fast each system is and how large: ``python -m erc_core bench models --json``.

What a model reads of a bundled example is repeated to dialogues of several lengths and batches of several sizes.
*Whole* is rows to answer, as for a clip nobody has seen; *fusion* is encodings to answer, as for a clip whose rows are
known. The floor is the encoders' pass alone: fusion can make the whole no faster than that. Each model is measured in a
process of its own, in bf16 too where there is a GPU.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import torch

from erc_core import pipeline
from erc_core.benchmarks.machine import described
from erc_core.encodings import autocast
from erc_core.features.base import EXTRACTORS
from erc_core.inference import loaded_model
from erc_core.models.base import Batch, ErcModel, Sample, collate
from erc_core.settings import Settings
from erc_core.training.system_runs import own_parameters
from erc_core.types import FeatureRow, Features, silent

EXAMPLE = "the_letter"
SHAPES = ((1, 5), (1, 20), (4, 5))  # dialogues, utterances of each
LARGE = ((32, 10),)  # on a GPU too; a CPU would take minutes a round
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """Utterances per second of one shape of batch, medians over rounds.

    Attributes:
        dialogues: of the batch
        utterances: of each dialogue
        precision: ``float32`` or ``bf16``
        whole: rows to answer
        whole_low: the slowest round
        whole_high: the fastest round
        fusion: encodings to answer
        floor: the encoders alone
    """

    dialogues: int
    utterances: int
    precision: str
    whole: float
    whole_low: float
    whole_high: float
    fusion: float
    floor: float


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One system: parameters in all and beside its encoders, highest resident memory in MiB, and its rates."""

    name: str
    device: str
    parameters: int
    own_parameters: int
    peak_mb: float
    rates: tuple[Rate, ...]


def measure(settings: Settings, models: Sequence[str] = (), rounds: int = ROUNDS) -> tuple[ModelFigures, ...]:
    """Measure the systems that have weights, or those named.

    Raises:
        MissingResourceError: a model's weights are not there
    """
    usable = [s.name for s in pipeline.models() if s.checkpoint is not None and s.card.role == "system"]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        names = [name for name in usable if name in (models or usable)]
        return tuple(pool.submit(measured, name, settings, rounds).result() for name in names)


def measured(
    name: str, settings: Settings, rounds: int = ROUNDS, shapes: Sequence[tuple[int, int]] = ()
) -> ModelFigures:
    """Measure one system in this process."""
    loaded = loaded_model(name, settings)
    model, device = loaded.model, loaded.device
    example = next(one for one in pipeline.examples() if one.name == EXAMPLE)
    features = [EXTRACTORS.get(e)(example.dialogue, example.clip, settings, silent) for e in model.card.extractors]
    precisions = ("float32", "bf16") if device.type == "cuda" else ("float32",)
    shapes = shapes or (SHAPES if device.type == "cpu" else (*SHAPES, *LARGE))
    rates = tuple(
        _rate(model, _batch(features, dialogues, utterances).to(device), precision, rounds)
        for precision in precisions
        for dialogues, utterances in shapes
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    everything = sum(p.numel() for p in model.parameters())
    return ModelFigures(name, str(device), everything, own_parameters(model), round(peak_mb, 1), rates)


def _batch(features: Sequence[Features], dialogues: int, utterances: int) -> Batch:
    """Repeat an example's rows to so many dialogues of so many utterances."""

    def repeated(one: Features) -> Features:
        rows = [one.rows[t % len(one.rows)] for t in range(utterances)]
        named = tuple(FeatureRow(f"u{t}", row.values, row.reason) for t, row in enumerate(rows))
        return Features(one.dialogue, one.modality, one.extractor, named)

    sample = Sample(
        tuple(repeated(one) for one in features), tuple(t % 2 for t in range(utterances)), (-1,) * utterances
    )
    return collate([sample] * dialogues)


@torch.inference_mode()
def _rate(model: ErcModel, batch: Batch, precision: str, rounds: int) -> Rate:
    B, T = batch.utterances.shape
    device = batch.utterances.device
    with autocast(device, precision):
        encoded = model.encode(batch)
        whole = _seconds(lambda: model(batch), device, rounds)
        fusion = _seconds(lambda: model.decode(encoded), device, rounds)
        floor = _seconds(lambda: model.encode(batch), device, rounds)
    count = B * T
    rates = [count / s for s in (statistics.median(whole), max(whole), min(whole))]
    alone = [count / statistics.median(part) for part in (fusion, floor)]
    return Rate(B, T, precision, *(round(value, 1) for value in (*rates, *alone)))


def _seconds(work: Callable[[], object], device: torch.device, rounds: int) -> list[float]:
    """Return the seconds of each round, after one that warms up."""
    found = []
    for number in range(rounds + 1):
        began_s = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if number:
            found.append(time.perf_counter() - began_s)
    return found


def page(found: Sequence[ModelFigures]) -> str:
    """Return the figures as a Markdown page."""
    lines = [
        "# The systems' speed and size",
        "",
        f"Written by `python -m erc_core bench models --write docs/benchmarks/models.md` {described(timed=True)}. "
        f"Utterances per second, medians of {ROUNDS} rounds; rows of the example `{EXAMPLE}`, repeated. *Whole*: rows "
        "to answer, slowest to fastest round in brackets. *Fusion*: encodings to answer. *Floor*: the encoders alone.",
        "",
        "| system | on | parameters | beside the encoders | peak memory, MiB |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {f.name} | {f.device} | {f.parameters:,} | {f.own_parameters:,} | {f.peak_mb:,.0f} |" for f in found]
    lines += [
        "",
        "| system | dialogues x utterances | precision | whole | fusion | floor | whole of the floor |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {figures.name} | {rate.dialogues} x {rate.utterances} | {rate.precision} | {rate.whole:,.1f} "
        f"[{rate.whole_low:,.1f}, {rate.whole_high:,.1f}] | {rate.fusion:,.1f} | {rate.floor:,.1f} | "
        f"{rate.whole / rate.floor:.0%} |"
        for figures in found
        for rate in figures.rates
    ]
    return "\n".join(lines) + "\n"
