"""What a model tells of itself over many dialogues, and the groups that the papers' figures are drawn from.

Axis letters: N labelled utterances, I fusion layers, M modalities, D width, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from erc_core.corpus_table import CorpusTable, corpus_table
from erc_core.errors import UnknownNameError
from erc_core.training.metrics import confusion_matrix, weighted_f1
from erc_core.types import MODALITIES, Analysis, FloatArray, Modality, Trace, TraceArray, frozen_array

# Trace arrays with a row for each utterance and axes that are the same in every dialogue.
POOLED = (
    "confidence",
    "contribution",
    "psi",
    "context_weight",
    "gate",
    "alpha",
    "features_raw",
    "features_modality",
    "features_utterance",
    "features_central",
    "features_fused",
)


@dataclass(frozen=True, slots=True)
class TracePool:
    """Labelled utterances of many dialogues with what the model tells of each.

    Attributes:
        table: the utterances with their predictions
        arrays: by name of the trace array, rows of the utterances in the table's order
    """

    table: CorpusTable
    arrays: tuple[TraceArray, ...]

    def array(self, name: str) -> TraceArray:
        """Return a trace array over all utterances, ``(N, ...)``.

        Raises:
            UnknownNameError: the model reports nothing of that name
        """
        for array in self.arrays:
            if array.name == name:
                return array
        raise UnknownNameError("The model reports nothing of that name", got=name, allowed=", ".join(self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arrays."""
        return tuple(array.name for array in self.arrays)


def trace_pool(name: str, analyses: Sequence[Analysis]) -> TracePool:
    """Gather the labelled utterances of analyses by one model.

    Raises:
        InputError: there is no labelled utterance, or the analyses are by several models
    """
    table = corpus_table(name, analyses)
    rows = tuple(f"{row.dialogue}/{row.utterance}" for row in table.rows)
    known = table.labels.labels
    found = []
    for wanted in POOLED:
        parts = [a for analysis in analyses if (a := _array(analysis, wanted)) is not None]
        if len(parts) != len(analyses):
            continue
        kept = [
            part.values[[i for i, u in enumerate(analysis.dialogue.utterances) if u.label in known]]
            for part, analysis in zip(parts, analyses, strict=True)
        ]
        first = parts[0]
        values = frozen_array(np.concatenate(kept))
        found.append(TraceArray(first.name, first.axes, (rows, *first.ticks[1:]), values, first.meaning))
    return TracePool(table, tuple(found))


def pooled(trace: Trace) -> Trace:
    """Return a trace with only the arrays that are gathered: attention over a large corpus would fill the memory."""
    return replace(trace, arrays=tuple(array for array in trace.arrays if array.name in POOLED))


def _array(analysis: Analysis, name: str) -> TraceArray | None:
    return analysis.trace.array(name) if analysis.trace.has(name) else None


def dominated(table: CorpusTable) -> dict[str, NDArray[np.bool_]]:
    """Return which utterances ``(N,)`` are text-dominated and which audio-dominated.

    The model is right, one modality alone is right, and the other alone is wrong.

    Source:
        DQ-Former, section 5.3.2.
    """
    right = table.predicted == table.truth
    known = np.asarray(np.isfinite(table.alone).all(axis=2))
    says = np.where(known, np.nan_to_num(table.alone).argmax(2), -1)
    text, sound = (says[:, MODALITIES.index(m)] == table.truth for m in ("t", "a"))
    both = known[:, 0] & known[:, 1]
    return {"text-dominated": right & both & text & ~sound, "audio-dominated": right & both & sound & ~text}


def leading_cases(table: CorpusTable, each: int = 2) -> tuple[tuple[str, int], ...]:
    """Return utterances where one modality leads, audio-dominated ones first, the surest of each kind first.

    Args:
        table: of predictions
        each: most of each kind

    Returns:
        the kind of each and its row

    Source:
        DQ-Former, Fig. 5, which shows two sampled utterances of each kind.
    """
    found = []
    sure = true_class_probability(table)
    groups = dominated(table)
    for kind, modality in (("audio-dominated", "a"), ("text-dominated", "t")):
        rows = np.flatnonzero(groups[kind])
        order = np.argsort(-sure[rows, MODALITIES.index(modality)], kind="stable")
        found += [(kind, int(row)) for row in rows[order][:each]]
    return tuple(found)


def true_class_probability(table: CorpusTable) -> FloatArray:
    """Return what each modality alone gives the true label, ``(N, M)``, NaN where it is absent.

    Source:
        DF-ERC, eq. 11 to 13: the target of the contribution.
    """
    found: FloatArray = table.alone[np.arange(len(table.truth)), :, table.truth]
    return found


def cross_entropy(table: CorpusTable) -> FloatArray:
    """Return the cross-entropy of the fused answer, ``(N,)``, in nats."""
    given = table.probabilities[np.arange(len(table.truth)), table.truth]
    return np.asarray(-np.log(np.clip(given, 1e-9, 1)))


def ranked_groups(values: FloatArray, count: int) -> tuple[NDArray[np.intp], ...]:
    """Return the indices of ``count`` groups of equal size, those of the lowest values first; NaN in none of them."""
    order = np.argsort(values, kind="stable")
    return tuple(np.array_split(order[np.isfinite(values[order])], count))


def group_f1(table: CorpusTable, index: NDArray[np.intp]) -> float:
    """Return the weighted F1 of some utterances; NaN for none."""
    if not len(index):
        return float("nan")
    return weighted_f1(confusion_matrix(table.truth[index], table.predicted[index], len(table.labels)))


@dataclass(frozen=True, slots=True)
class ErrorBin:
    """A range of the squared error between contribution and TCP: its share of utterances, and how often one is right.

    Attributes:
        low: lower edge
        high: upper edge
        share: of the utterances whose error lies here
        accuracy: how often the modality's own answer is right there; NaN where the range is empty
    """

    low: float
    high: float
    share: float
    accuracy: float


def contribution_errors(pool: TracePool, modality: Modality, edges: Sequence[float]) -> tuple[ErrorBin, ...]:
    """Return how far the contribution is from the TCP, and how often the modality is right, by that error.

    Source:
        DF-ERC, eq. 14 and Fig. 11.
    """
    k = MODALITIES.index(modality)
    array = pool.array("contribution")
    error = (array.values[:, array.ticks[1].index(modality)] - true_class_probability(pool.table)[:, k]) ** 2
    known = np.isfinite(error)
    right = np.nan_to_num(pool.table.alone[:, k]).argmax(1) == pool.table.truth
    found = []
    for low, high in pairwise(edges):
        inside = known & (error >= low) & (error < high)
        accuracy = float(right[inside].mean()) if inside.any() else float("nan")
        found.append(ErrorBin(low, high, float(inside.sum() / max(1, known.sum())), accuracy))
    return tuple(found)


def embedded(values: FloatArray, seed: int = 0, most: int = 1500) -> tuple[FloatArray, NDArray[np.intp]]:
    """Lay vectors ``(K, D)`` out in a plane by t-SNE.

    Args:
        values: the vectors; rows with NaN are left out
        seed: of the layout and of the choice where there are more than ``most``
        most: vectors that are laid out

    Returns:
        places ``(k, 2)``, and which rows they are of ``(k,)``; empty where there are fewer than five

    Source:
        van der Maaten and Hinton 2008, by scikit-learn.
    """
    from sklearn.manifold import TSNE

    rows = np.flatnonzero(np.isfinite(values).all(1))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    if len(rows) < 5:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.intp)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    places = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(values[rows])
    return np.asarray(places, dtype=np.float64), rows
