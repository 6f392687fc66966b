"""How long an epoch of each system's training takes: ``python -m erc_core bench train --json``.

The real trainings run on encodings that are drawn at random, in the sizes of the composite corpus: no corpus is needed,
and nothing that takes time depends on the values. A fifth of an epoch is measured and scaled up. The floor is gathering
the batches alone: no system can be trained faster than it is fed.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from erc_core.benchmarks.machine import described
from erc_core.features.visual_layout import UNITS
from erc_core.models._sequences import SEGMENTS, SequenceModel
from erc_core.models.base import ErcModel, model_class
from erc_core.models.dq_former import DQFormer
from erc_core.synthesis.composite import FACES_PER_UTTERANCE, RELIABILITIES
from erc_core.training import dq_former as fusion
from erc_core.training import systems
from erc_core.training.encoded_corpus import Draw, EncodedSplit, Rows
from erc_core.training.encoder_runs import bf16_pays
from erc_core.training.state_pool import StatePool
from erc_core.training.system_runs import own_parameters
from erc_core.types import MELD7

SYSTEMS = ("dq_former", "df_erc", "cmath", "lmam", "amuse")
FIT, INNER = 934, 104  # dialogues of MELD's train split: what trains, and the tenth that stops
SHARE = 5  # one part in so many is measured
EPOCHS = 3
UTTERANCES = 9.6  # of a dialogue of MELD, on average
TOKENS, HISTORY = 11, 55  # of an utterance's words, and of the five before it, about
VOICE = 45  # positions of 80 ms in 3.6 s, which DQ-Former reads; the others read segments
WIDTHS = {"words": 384, "sound": 384, "faces": 342}
ROOMS = 64


@dataclass(frozen=True, slots=True)
class Epoch:
    """One system's epoch on the whole train split.

    Attributes:
        name: of the system
        device: where it is trained
        parameters: that are trained
        seconds: the median epoch, with its evaluation on the inner split
        fastest: the fastest
        slowest: the slowest
        floor: gathering the batches alone
    """

    name: str
    device: str
    parameters: int
    seconds: float
    fastest: float
    slowest: float
    floor: float


def measure(
    names: Sequence[str] = (),
    epochs: int = EPOCHS,
    share: int = SHARE,
    progress: Callable[[str, float], None] | None = None,
) -> tuple[Epoch, ...]:
    """Train the systems, or those named, each in a process of its own, for some epochs and one that warms up.

    Raises:
        UnknownNameError: there is no such system
    """
    chosen = tuple(names) or SYSTEMS
    found = []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for number, name in enumerate(chosen):
            if progress is not None:
                progress(f"train {name}", number / len(chosen))
            found.append(pool.submit(measured, name, epochs, share).result())
    return tuple(found)


def measured(name: str, epochs: int = EPOCHS, share: int = SHARE) -> Epoch:
    """Measure one system in this process.

    Raises:
        UnknownNameError: there is no such system
    """
    with tempfile.TemporaryDirectory(prefix="erc-train-") as folder:
        run = _dq_former if name == "dq_former" else _system
        return run(name, Path(folder), epochs, share)


def _system(name: str, folder: Path, epochs: int, share: int) -> Epoch:
    fit, inner = (drawn_split(max(2, count // share), seed) for seed, count in enumerate((FIT, INNER)))
    recipe = replace(systems.RECIPE, epochs=1 + epochs, patience=0)
    plan = systems.plan_of(name)
    floor_s = _seconds(lambda: _gathered(fit, issubclass(model_class(name), SequenceModel)))
    model, _, _ = systems.train_system(plan, fit, inner, MELD7, folder, recipe)
    return _epoch(name, model, folder, floor_s, share)


def _dq_former(name: str, folder: Path, epochs: int, share: int) -> Epoch:
    train, inner = (drawn_pairs(int(UTTERANCES * max(2, n // share)), seed) for seed, n in enumerate((FIT, INNER)))
    model = DQFormer(MELD7, {})
    places = torch.split(torch.arange(len(train.labels)), fusion.BATCH)
    device = torch.device("cpu")
    floor_s = _seconds(lambda: [pool.take(index, device) for index in places for pool in (train.text, train.sound)])
    recipe = replace(fusion.RECIPE, epochs=1 + epochs, budget_s=0.0)
    fusion.train_fusion(model, train, inner, folder, recipe, bf16_pays())
    return _epoch(name, model, folder, floor_s, share)


def _epoch(name: str, model: ErcModel, folder: Path, floor_s: float, share: int) -> Epoch:
    history = [json.loads(line)["seconds"] for line in (folder / "history.jsonl").read_text().splitlines()]
    each = [share * (after - before) for before, after in pairwise(history)]  # but the first
    device = str(next(model.parameters()).device)
    times = [round(value, 1) for value in (statistics.median(each), min(each), max(each), share * floor_s)]
    return Epoch(name, device, own_parameters(model), *times)


def _gathered(split: EncodedSplit, sequences: bool) -> None:
    for index in torch.split(torch.arange(len(split)), systems.BATCH):
        split.batch(index, 0, sequences)


def _seconds(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


def drawn_split(dialogues: int, seed: int) -> EncodedSplit:
    """Return a split of the composite corpus's sizes with random encodings, for so many dialogues."""
    generator = torch.Generator().manual_seed(seed)
    sizes = _around(UTTERANCES, dialogues, generator)
    N = int(sizes.sum())
    at = torch.arange(N)
    frames = torch.arange(N * FACES_PER_UTTERANCE).view(N, -1)
    flags = torch.randint(0, len(RELIABILITIES), (N,), generator=generator)
    rooms = torch.randint(0, ROOMS, (N, FACES_PER_UTTERANCE), generator=generator)
    lengths: Mapping[str, Tensor] = {
        "words": _around(TOKENS, N, generator),
        "sound": torch.full((N,), SEGMENTS),
        "faces": torch.ones(frames.numel(), dtype=torch.long),
    }
    return EncodedSplit(
        sizes=sizes,
        labels=torch.randint(0, len(MELD7), (N,), generator=generator),
        speakers=torch.randint(0, 3, (N,), generator=generator),
        **{name: _rows(own, WIDTHS[name], generator) for name, own in lengths.items()},
        units=torch.rand(frames.numel(), UNITS, generator=generator),
        rooms=torch.randint(0, 256, (ROOMS, 3, 32, 32), generator=generator, dtype=torch.uint8),
        draws=(Draw(at, frames, rooms, flags, flags),),
    )


def drawn_pairs(utterances: int, seed: int) -> fusion.Pairs:
    """Return DQ-Former's training items with random states, for so many utterances."""
    generator = torch.Generator().manual_seed(seed)
    depth = len(DQFormer(MELD7, {}).fusion_layers)
    text = _pool(_around(TOKENS + HISTORY, utterances, generator), TOKENS, depth, generator)
    sound = _pool(_around(VOICE, utterances, generator), 2 * VOICE, depth, generator)
    at = torch.arange(utterances)
    labels = torch.randint(0, len(MELD7), (utterances,), generator=generator)
    return fusion.Pairs(text, sound, (torch.stack([at, at], 1),), labels)


def _around(mean: float, count: int, generator: torch.Generator) -> Tensor:
    """Draw whole numbers from 1 on with this mean, as unequal as lengths are."""
    return torch.randint(1, int(2 * mean), (count,), generator=generator)


def _rows(lengths: Tensor, width: int, generator: torch.Generator) -> Rows:
    vectors = torch.randn(len(lengths), width, generator=generator).half()
    return Rows(vectors, torch.randn(int(lengths.sum()), width, generator=generator).half(), lengths)


def _pool(lengths: Tensor, last: int, depth: int, generator: torch.Generator) -> StatePool:
    """Draw states of sequences; the last positions of each are those that are averaged."""
    starts = lengths.cumsum(0) - lengths
    values = torch.randn(int(lengths.sum()), depth, WIDTHS["words"], generator=generator).bfloat16()
    left = torch.repeat_interleave(starts + lengths, lengths) - torch.arange(len(values))
    return StatePool(values, left <= last, starts, lengths)


def page(found: Sequence[Epoch]) -> str:
    """Return the figures as a Markdown page."""
    lines = [
        "# An epoch of training",
        "",
        f"Written by `python -m erc_core bench train --write docs/benchmarks/train.md` {described(timed=True)}. "
        f"Seconds for {FIT} dialogues with about {UTTERANCES} utterances each, the train split of MELD but a tenth, "
        f"and the evaluation on that tenth, over encodings that are made once before; the median of {EPOCHS} epochs, "
        f"the fastest and slowest in brackets. One part in {SHARE} was trained on, one system after the other, and "
        "scaled up; values are random, sizes are not. *Floor*: gathering the batches alone.",
        "",
        "| system | on | trained parameters | seconds an epoch | floor | of the floor |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.name} | {one.device} | {one.parameters:,} | {one.seconds:,.1f} [{one.fastest:,.1f}, "
        f"{one.slowest:,.1f}] | {one.floor:,.1f} | {one.seconds / max(one.floor, 0.1):,.0f} times |"
        for one in found
    ]
    return "\n".join(lines) + "\n"
