"""The comparisons of the LMAM paper, on any corpus that a training can be run on.

A table is a list of entries, each a model with a configuration; every entry is trained once for each seed, and rows
are means over seeds. Tables share entries, and a :class:`Runner` trains each only once.

Source: Shou et al. 2024 (arXiv:2306.17799v2), Tables II, III, V to XII and Fig. 5.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch

from erc_core.errors import UnknownNameError
from erc_core.models.base import model_class
from erc_core.types import MODALITIES, LabelSet, Modality

BACKBONES = ("text_cnn", "bc_lstm", "dialogue_rnn", "dialogue_gcn", "mm_dfn", "m2fnet", "emocaps")
WIDENED = ("bc_lstm", "mm_dfn", "m2fnet", "emocaps")  # of Tables V and XI
RANKS = (5, 15, 25, 35, 45, 55, 65, 75)
SUBSETS: tuple[tuple[Modality, ...], ...] = (
    ("t",), ("a",), ("v",), ("t", "a"), ("t", "v"), ("v", "a"), ("t", "a", "v"),
)  # fmt: skip
FUSION_METHODS = ("add", "concatenate", "tfn", "lmf", "mult", "mbt", "single_stream", "self_attention", "lmam")
LMAM = {"fusion": "lmam"}  # where the backbone wants it
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one training reached on the split that is measured.

    Attributes:
        accuracy: share of right predictions
        weighted_f1: mean of the classes' F1 weighted by support
        class_f1: F1 of each class in label order
        parameters: weights of the model without its frozen encoders
        epoch_s: seconds of one pass over the training data
    """

    accuracy: float
    weighted_f1: float
    class_f1: tuple[float, ...]
    parameters: int
    epoch_s: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table.

    Attributes:
        title: unlike all others of its table
        model: a registered name
        config: what differs from the model's defaults
        against: title of the entry that this one is tested against; empty for none
        modalities: those that are read, in training and in measuring
    """

    title: str
    model: str
    config: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""
    modalities: tuple[Modality, ...] = MODALITIES


TrainAndScore = Callable[[Entry, int], Outcome]


class Runner:
    """Trains entries and remembers their outcomes, in a file if one is given, so that a stopped comparison goes on.

    Args:
        train_and_score: trains an entry with a seed and measures it
        memory: a JSON file; what it holds must be of the same corpus and recipe
    """

    def __init__(self, train_and_score: TrainAndScore, memory: Path | None = None) -> None:
        self.train_and_score, self.memory = train_and_score, memory
        self.known: dict[str, Outcome] = {}
        if memory is not None and memory.is_file():
            found = json.loads(memory.read_text())
            self.known = {k: Outcome(**{**v, "class_f1": tuple(v["class_f1"])}) for k, v in found.items()}

    def outcomes(self, entry: Entry, seeds: Sequence[int]) -> tuple[Outcome, ...]:
        """Return an entry's outcome for each seed."""
        return tuple(self._outcome(entry, seed) for seed in seeds)

    @staticmethod
    def key(entry: Entry, seed: int) -> str:
        """Return under which name a training is remembered: that of the entry plays no part."""
        return json.dumps([entry.model, dict(entry.config), entry.modalities, seed], sort_keys=True)

    def _outcome(self, entry: Entry, seed: int) -> Outcome:
        key = self.key(entry, seed)
        if key not in self.known:
            self.known[key] = self.train_and_score(entry, seed)
            if self.memory is not None:
                self.memory.parent.mkdir(parents=True, exist_ok=True)
                self.memory.write_text(json.dumps({k: asdict(v) for k, v in self.known.items()}, indent=1) + "\n")
        return self.known[key]


def weights_of(model: str, config: Mapping[str, Any], labels: LabelSet) -> int:
    """Count a model's weights without its frozen encoders, without making them."""
    with torch.device("meta"):
        built = model_class(model)(labels, {**config, "encoders": False})
    return sum(parameter.numel() for parameter in built.parameters())


def widened(model: str, target: int, labels: LabelSet, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration of ``model`` whose width brings it nearest to ``target`` weights.

    Widths go in steps of four, which the attention heads divide.
    """

    def off(width: int) -> int:
        return weights_of(model, {**base, "width": width}, labels) - target

    low, high = 4, 256  # in steps: widths of 16 and 1,024
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if off(4 * middle) <= 0 else (low, middle)
    return {**base, "width": min((4 * low, 4 * high), key=lambda width: abs(off(width)))}


def title_of(model: str) -> str:
    """Return a model's title."""
    return model_class(model).card.title


def with_and_without(backbones: Sequence[str], base: Mapping[str, Any]) -> list[Entry]:
    """Return each backbone without the module and with it."""
    entries = []
    for model in backbones:
        entries += [
            Entry(title_of(model), model, base),
            Entry(f"{title_of(model)} + LMAM", model, {**base, **LMAM}, against=title_of(model)),
        ]
    return entries


def main_table(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Tables II, III, VI, VII and VIII: all backbones without and with the module, bc-LSTM with attention besides."""
    attention = Entry(
        "bc-LSTM + self-attention", "bc_lstm", {**base, **LMAM, "fusion": "self_attention"}, against="bc-LSTM"
    )
    return [*with_and_without(BACKBONES, base), attention]


def equal_parameters(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Table V: the module against a backbone made wider until it has as many weights."""
    entries = []
    for model in WIDENED:
        plain, full = with_and_without((model,), base)
        wide = widened(model, weights_of(model, full.config, labels), labels, base)
        title = f"{plain.title}, as large as with LMAM"
        entries += [plain, Entry(title, model, wide, plain.title), Entry(full.title, model, full.config, title)]
    return entries


def fusion_methods(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Table IX: ways to fuse modalities inside EmoCaps."""
    entries = []
    for name in FUSION_METHODS:
        title = "LMAM" if name == "lmam" else title_of(f"fusion_{name}")
        entries.append(Entry(title, "emocaps", {**base, "fusion": name, "embedding": "late"}))
    return [*(Entry(e.title, e.model, e.config, "LMAM") for e in entries[:-1]), entries[-1]]


def modality_subsets(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Table X: EmoCaps with the module on every subset of modalities, each trained for itself."""
    return [Entry("+".join(subset), "emocaps", {**base, **LMAM}, modalities=subset) for subset in SUBSETS]


def embedding_ways(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Table XI: before the backbone, before it with a residual, and behind its feature extraction."""
    entries = []
    for model in WIDENED:
        name = title_of(model)
        for way, words in (("early", "early"), ("early_residual", "early with residual"), ("late", "late")):
            against = "" if way == "early" else f"{name}, early"
            entries.append(Entry(f"{name}, {words}", model, {**base, **LMAM, "embedding": way}, against))
    return entries


def against_self_attention(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Table XII: EmoCaps with the module and with self-attention in its place."""
    return [
        Entry("EmoCaps + self-attention", "emocaps", {**base, **LMAM, "fusion": "self_attention"}),
        Entry("EmoCaps + LMAM", "emocaps", {**base, **LMAM}, against="EmoCaps + self-attention"),
    ]


def rank_sweep(base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Fig. 5: the rank of the query weights."""
    width = int(base.get("width", 128))
    return [Entry(f"rank {rank}", "emocaps", {**base, **LMAM, "rank": rank}) for rank in RANKS if rank <= width + 1]


TABLES: Mapping[str, Callable[[Mapping[str, Any], LabelSet], list[Entry]]] = {
    "backbones": main_table,
    "equal_parameters": equal_parameters,
    "fusion_methods": fusion_methods,
    "modalities": modality_subsets,
    "embedding": embedding_ways,
    "self_attention": against_self_attention,
    "rank": rank_sweep,
}
NUMBERS = {
    "backbones": "Tables II, III, VI, VII and VIII",
    "equal_parameters": "Table V",
    "fusion_methods": "Table IX",
    "modalities": "Table X",
    "embedding": "Table XI",
    "self_attention": "Table XII",
    "rank": "Fig. 5",
}


def entries_of(table: str, base: Mapping[str, Any], labels: LabelSet) -> list[Entry]:
    """Return the lines of a table.

    Args:
        table: its name in :data:`TABLES`
        base: configuration that all entries share
        labels: the corpus's labels

    Raises:
        UnknownNameError: there is no such table
    """
    if table not in TABLES:
        raise UnknownNameError("There is no such comparison for LMAM", got=table, allowed=", ".join(TABLES))
    return TABLES[table](base, labels)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a finished table.

    Attributes:
        entry: what was trained
        outcomes: one for each seed
        p: of a paired t-test over seeds of the weighted F1 against the other entry; None where there is none to test
        class_p: the same of each class's F1
        difference: mean weighted F1 minus the other entry's; None without one
        spread: standard deviation of that difference over seeds
    """

    entry: Entry
    outcomes: tuple[Outcome, ...]
    p: float | None = None
    class_p: tuple[float | None, ...] = ()
    difference: float | None = None
    spread: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the entry is as good as the other one, within the spread over seeds."""
        if self.difference is None:
            return ""
        if self.difference >= 0:
            return "at least as good"
        return "as good within the spread" if -self.difference <= (self.spread or 0.0) else "worse"


def paired_p(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the two-sided p-value of a paired t-test; None with under two pairs, or where all differ by the same."""
    from scipy.stats import ttest_rel

    differences = [a - b for a, b in zip(first, second, strict=True)]
    if len(differences) < 2 or stdev(differences) == 0:
        return None
    return float(ttest_rel(first, second).pvalue)


def finish(entries: Sequence[Entry], runner: Runner, seeds: Sequence[int]) -> tuple[Line, ...]:
    """Train all entries and test each against its other one, seed by seed."""
    found = {entry.title: runner.outcomes(entry, seeds) for entry in entries}
    lines = []
    for entry in entries:
        mine = found[entry.title]
        if not entry.against:
            lines.append(Line(entry, mine))
            continue
        other = found[entry.against]
        differences = [a.weighted_f1 - b.weighted_f1 for a, b in zip(mine, other, strict=True)]
        classes = range(len(mine[0].class_f1))
        lines.append(
            Line(
                entry,
                mine,
                paired_p([o.weighted_f1 for o in mine], [o.weighted_f1 for o in other]),
                tuple(paired_p([o.class_f1[c] for o in mine], [o.class_f1[c] for o in other]) for c in classes),
                fmean(differences),
                stdev(differences) if len(differences) > 1 else 0.0,
            )
        )
    return tuple(lines)


def markdown(table: str, lines: Sequence[Line], labels: LabelSet) -> str:
    """Return a finished table as Markdown: mean and standard deviation over seeds, tests against the other entry."""
    count = len(lines[0].outcomes)
    seeds = f"{count} seed{'s' if count > 1 else ''}"
    head = f"| {NUMBERS[table]}, {seeds} | accuracy | weighted F1 | weights (M) | epoch (s) | against |"
    text = [head, "| --- | --- | --- | --- | --- | --- |"]
    text += [f"| {line.entry.title} | {_figures(line)} | {_against(line)} |" for line in lines]
    tested = [line for line in lines if any(p is not None for p in line.class_p)]
    if table == "backbones" and tested:
        text += ["", "p-values of paired t-tests of each emotion's F1 over seeds:", ""]
        text += [f"| | {' | '.join(labels)} |", "| --- |" + " --- |" * len(labels)]
        text += [f"| {line.entry.title} | {' | '.join(map(_p, line.class_p))} |" for line in tested]
    return "\n".join(text) + "\n"


def _figures(line: Line) -> str:
    accuracy = [outcome.accuracy for outcome in line.outcomes]
    f1 = [outcome.weighted_f1 for outcome in line.outcomes]
    parameters = line.outcomes[0].parameters / 1e6
    epoch_s = fmean(outcome.epoch_s for outcome in line.outcomes)
    return f"{_mean(accuracy)} | {_mean(f1)} | {parameters:.3f} | {epoch_s:.2f}"


def _mean(values: Sequence[float]) -> str:
    return f"{fmean(values):.4f} ± {stdev(values):.4f}" if len(values) > 1 else f"{values[0]:.4f}"


def _against(line: Line) -> str:
    if line.difference is None:
        return ""
    sure = "" if line.p is None else f", p = {_p(line.p)}{'' if line.p < ALPHA else ' (not significant)'}"
    return f"{line.difference:+.4f} to {line.entry.against}: {line.verdict}{sure}"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
