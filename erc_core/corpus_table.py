"""Predictions over many dialogues, utterance by utterance: what the corpus page measures and slices."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from erc_core.errors import InputError, ShapeError
from erc_core.training.metrics import confusion_matrix, paired_difference, weighted_f1
from erc_core.types import (
    MODALITIES,
    Analysis,
    FloatArray,
    Interval,
    LabelSet,
    Modality,
    ModelRef,
    frozen_array,
)

Slicing = Literal["emotion", "speaker", "words", "dialogue length", "modalities", "agreement"]
SLICINGS: tuple[Slicing, ...] = ("emotion", "speaker", "words", "dialogue length", "modalities", "agreement")
MOST_SPEAKERS = 12  # beyond these, speakers are counted together
_WORDS = ((4, "up to 4 words"), (8, "5 to 8"), (14, "9 to 14"), (10**6, "15 and more"))
_LENGTHS = ((6, "up to 6 utterances"), (10, "7 to 10"), (16, "11 to 16"), (10**6, "17 and more"))


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One labelled utterance.

    Attributes:
        dialogue: id of its dialogue
        title: what the dialogue is called
        utterance: its id in the dialogue
        speaker: who says it
        text: its words; empty where they are not known
        length: utterances of the dialogue
        present: the modalities that the model read
    """

    dialogue: str
    title: str
    utterance: str
    speaker: str
    text: str
    length: int
    present: tuple[Modality, ...]


@dataclass(frozen=True, slots=True)
class CorpusTable:
    """A model's predictions of labelled utterances.

    Attributes:
        name: what the corpus is called
        model: which weights predicted
        rows: the utterances, N of them
        truth: label indices, ``(N,)``
        probabilities: calibrated, ``(N, C)``
        alone: what each modality says alone, NaN where it is absent, ``(N, M, C)`` in the order t, a, v
    """

    name: str
    model: ModelRef
    rows: tuple[CorpusRow, ...]
    truth: NDArray[np.int64]
    probabilities: FloatArray
    alone: FloatArray

    def __post_init__(self) -> None:
        N, C = len(self.rows), len(self.model.labels)
        shapes = (self.truth.shape, self.probabilities.shape, self.alone.shape)
        if shapes != ((N,), (N, C), (N, len(MODALITIES), C)):
            raise ShapeError("A corpus table's parts do not fit together", got=shapes, allowed=f"{N} rows, {C} labels")

    @property
    def labels(self) -> LabelSet:
        """The labels, in the order of the probabilities."""
        return self.model.labels

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted label indices, ``(N,)``."""
        found: NDArray[np.int64] = self.probabilities.argmax(1).astype(np.int64)
        return found

    @property
    def digest(self) -> str:
        """A hash of the weights, the rows and the answers: equal tables have equal figures."""
        found = hashlib.sha256(f"{self.model.sha256}/{self.name}".encode())
        for row in self.rows:
            found.update(f"/{row.dialogue}/{row.utterance}".encode())
        found.update(self.truth.tobytes() + self.probabilities.tobytes())
        return found.hexdigest()

    def pick(self, which: NDArray[np.bool_]) -> CorpusTable:
        """Return the rows where ``which`` ``(N,)`` holds."""
        rows = tuple(row for row, kept in zip(self.rows, which, strict=True) if kept)
        return CorpusTable(
            self.name,
            self.model,
            rows,
            frozen_array(self.truth[which], np.int64),
            frozen_array(self.probabilities[which]),
            frozen_array(self.alone[which]),
        )


def corpus_table(name: str, analyses: Iterable[Analysis]) -> CorpusTable:
    """Gather the labelled utterances of analyses by one model; labels that the model does not know are left out.

    Raises:
        InputError: there is no labelled utterance, or the analyses are by several models
    """
    rows: list[CorpusRow] = []
    truth: list[int] = []
    probabilities, alone = [], []
    model: ModelRef | None = None
    for analysis in analyses:
        prediction = analysis.prediction
        if model is not None and model != prediction.model:
            raise InputError("A table is about one model", got=f"{model.name} and {prediction.model.name}")
        model = prediction.model
        gone = {(missing.utterance, missing.modality) for missing in prediction.missing}
        heads = {found.modality: found.probabilities for found in prediction.unimodal}
        for i, u in enumerate(analysis.dialogue.utterances):
            if u.label not in model.labels.labels:
                continue
            there = tuple(m for m in heads if (u.id, m) not in gone and m not in prediction.switched_off)
            title, length = analysis.dialogue.title, len(analysis.dialogue.utterances)
            rows.append(CorpusRow(analysis.dialogue.id, title, u.id, u.speaker, u.text or "", length, there))
            truth.append(model.labels.index(u.label or ""))
            probabilities.append(prediction.probabilities[i])
            empty = np.full(len(model.labels), np.nan)
            alone.append(np.stack([heads[m][i] if m in heads else empty for m in MODALITIES]))
    if model is None or not rows:
        raise InputError(
            "There is nothing to measure",
            got="no utterance whose emotion is known",
            do="give transcripts a label column, or choose another corpus",
        )
    return CorpusTable(
        name, model, tuple(rows), frozen_array(truth, np.int64), frozen_array(probabilities), frozen_array(alone)
    )


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a corpus holds, of the utterances whose emotion is known.

    Attributes:
        utterances: how many
        dialogues: how many
        speakers: how many different names; a name may stand for several people
        longest: utterances of the longest dialogue
        mean_length: utterances of a dialogue, the mean
        mean_words: words of an utterance, the mean over those whose words are known
        read: share of the utterances of which each modality was read
    """

    utterances: int
    dialogues: int
    speakers: int
    longest: int
    mean_length: float
    mean_words: float
    read: tuple[tuple[Modality, float], ...]


def statistics(table: CorpusTable) -> Statistics:
    """Count what a table holds."""
    lengths = {row.dialogue: row.length for row in table.rows}
    words = [len(row.text.split()) for row in table.rows if row.text]
    shares: list[tuple[Modality, float]] = [
        (m, sum(m in row.present for row in table.rows) / len(table.rows)) for m in MODALITIES
    ]
    return Statistics(
        len(table.rows),
        len(lengths),
        len({row.speaker for row in table.rows}),
        max(lengths.values()),
        float(np.mean(list(lengths.values()))),
        float(np.mean(words)) if words else 0.0,
        tuple(shares),
    )


def slices(table: CorpusTable, by: Slicing) -> tuple[tuple[str, NDArray[np.bool_]], ...]:
    """Part a table: the name of each part that has rows, and which rows ``(N,)`` it holds, in a fixed order."""
    names = _NAMING[by](table)
    order = _order(table, by, names)
    held = np.array(names)
    return tuple((name, held == name) for name in order)


def _order(table: CorpusTable, by: Slicing, names: Sequence[str]) -> tuple[str, ...]:
    there = set(names)
    known: dict[Slicing, tuple[str, ...]] = {
        "emotion": table.labels.labels,
        "words": tuple(name for _, name in _WORDS),
        "dialogue length": tuple(name for _, name in _LENGTHS),
        "agreement": ("all modalities agree", "they differ", "fewer than two"),
    }
    if by in known:
        return tuple(name for name in known[by] if name in there)
    counts = Counter(names)
    return tuple(sorted(there, key=lambda name: (name == OTHERS, -counts[name], name)))


OTHERS = "all others"


def _binned(bins: Sequence[tuple[int, str]], value: int) -> str:
    return next(name for most, name in bins if value <= most)


def _speakers(table: CorpusTable) -> list[str]:
    counts = Counter(row.speaker for row in table.rows)
    often = set(sorted(counts, key=lambda name: (-counts[name], name))[:MOST_SPEAKERS])
    return [row.speaker if row.speaker in often else OTHERS for row in table.rows]


def _agreement(alone: FloatArray) -> str:
    rows = alone[~np.isnan(alone).any(1)]
    if len(rows) < 2:
        return "fewer than two"
    return "all modalities agree" if len(set(rows.argmax(1).tolist())) == 1 else "they differ"


_NAMING: dict[Slicing, Callable[[CorpusTable], list[str]]] = {
    "emotion": lambda table: [table.labels.labels[int(label)] for label in table.truth],
    "speaker": _speakers,
    "words": lambda table: [_binned(_WORDS, len(row.text.split())) for row in table.rows],
    "dialogue length": lambda table: [_binned(_LENGTHS, row.length) for row in table.rows],
    "modalities": lambda table: ["+".join(row.present) or "none" for row in table.rows],
    "agreement": lambda table: [_agreement(rows) for rows in table.alone],
}


@dataclass(frozen=True, slots=True)
class Paired:
    """Two models on the same utterances.

    Attributes:
        only_first: utterances that only the first model gets right
        only_second: utterances that only the second gets right
        p_value: exact McNemar test of the two counts, two-sided
        difference: weighted F1 of the first minus that of the second, with its 95% paired bootstrap interval
        kappa: Cohen's kappa between the two models' predictions
    """

    only_first: int
    only_second: int
    p_value: float
    difference: Interval
    kappa: float


def paired(first: CorpusTable, second: CorpusTable, draws: int = 1000, seed: int = 0) -> Paired:
    """Compare two models on the utterances that both predicted.

    Raises:
        InputError: they share no utterance, or their labels differ

    Source:
        McNemar 1947, exact form; Cohen 1960; paired percentile bootstrap over utterances.
    """
    if first.labels != second.labels:
        raise InputError("The models have different labels", got=f"{first.labels.name} and {second.labels.name}")
    place = {(row.dialogue, row.utterance): i for i, row in enumerate(second.rows)}
    both = [(i, place[key]) for i, row in enumerate(first.rows) if (key := (row.dialogue, row.utterance)) in place]
    if not both:
        raise InputError("The two tables share no utterance", do="measure both models on the same corpus")
    at, other = (np.array(column) for column in zip(*both, strict=True))
    truth, one, two = first.truth[at], first.predicted[at], second.predicted[other]
    only_first, only_second = int(((one == truth) & (two != truth)).sum()), int(((one != truth) & (two == truth)).sum())
    count = only_first + only_second
    p_value = float(binomtest(only_first, count).pvalue) if count else 1.0
    return Paired(
        only_first,
        only_second,
        p_value,
        paired_difference(truth, one, two, len(first.labels), weighted_f1, draws, seed),
        _kappa(one, two, len(first.labels)),
    )


def _kappa(one: NDArray[np.int64], two: NDArray[np.int64], classes: int) -> float:
    shared = confusion_matrix(one, two, classes) / max(1, len(one))
    chance = float(shared.sum(1) @ shared.sum(0))
    return 1.0 if chance >= 1 else (float(np.trace(shared)) - chance) / (1 - chance)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions of alike confidence: the bin's bounds, how many, their mean confidence and how many were right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(table: CorpusTable, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Return the bins that hold predictions, by their top probability.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, fig. 1.
    """
    top = table.probabilities.max(1)
    right = table.predicted == table.truth
    at = np.minimum((top * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(
            b / bins, (b + 1) / bins, int(inside.sum()), float(top[inside].mean()), float(right[inside].mean())
        )
        for b in range(bins)
        if (inside := at == b).any()
    )
