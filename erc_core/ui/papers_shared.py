"""Figures that several papers draw: fused features, F1 by length, confusion."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.corpus_table import slices
from erc_core.plots.confusion import plot_confusion
from erc_core.plots.embedding import label_looks, plot_embedding
from erc_core.plots.slice_scores import SliceScore, plot_slice_scores
from erc_core.trace_pool import TracePool, embedded
from erc_core.training.metrics import confusion_matrix
from erc_core.types import FloatArray
from erc_core.ui.corpus import f1_of
from erc_core.ui.panels import draw_figure
from erc_core.ui.paper_parts import Drawing


@st.cache_data(show_spinner="Laying the features out", max_entries=16)
def t_sne(_values: FloatArray, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Lay vectors ``(K, D)`` out in a plane; returns places and which rows they are of. ``key`` names the vectors."""
    return embedded(_values)


def row_name(pool: TracePool, row: int) -> str:
    """Return what people call an utterance of a pool."""
    return f"{pool.table.rows[row].title}, {pool.table.rows[row].utterance}"


def draw_fused(drawing: Drawing) -> None:
    """Draw the fused features, coloured by the true emotion."""
    if drawing.own is None:
        return
    pool = drawing.pool
    array = pool.array("features_fused")
    places, rows = t_sne(array.values, f"{pool.table.digest}fused")
    labels = pool.table.labels.labels
    groups = [labels[int(pool.table.truth[row])] for row in rows]
    names = [row_name(pool, row) for row in rows]
    figure = plot_embedding(places, groups, names, label_looks(labels, drawing.mode), drawing.mode)
    draw_figure(figure, drawing.key)


def draw_by_length(drawing: Drawing) -> None:
    """Draw the weighted F1 by how many utterances a dialogue has."""
    table = drawing.pool.table
    parts = [(name, table.pick(which)) for name, which in slices(table, "dialogue length")]
    scores = [SliceScore(name, len(part.rows), f1_of(part)) for name, part in parts]
    draw_figure(plot_slice_scores([(table.model.name, scores)], "weighted F1", drawing.mode), drawing.key)


def draw_confusion(drawing: Drawing) -> None:
    """Draw what is taken for what."""
    table = drawing.pool.table
    counts = confusion_matrix(table.truth, table.predicted, len(table.labels))
    draw_figure(plot_confusion(tuple(map(tuple, counts.tolist())), table.labels, drawing.mode), drawing.key)
