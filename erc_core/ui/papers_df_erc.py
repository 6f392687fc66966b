"""DF-ERC's figures: similarity and context, contributions, disentangled features, errors of the contributions."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.plots.embedding import plot_embedding
from erc_core.plots.error_bins import ErrorShare, plot_error_bins
from erc_core.plots.group_curves import DASHES, plot_group_curves
from erc_core.plots.theme import modality_color, modality_title
from erc_core.trace_pool import contribution_errors, cross_entropy, group_f1, ranked_groups
from erc_core.types import MODALITIES, FloatArray, Modality
from erc_core.ui.panels import draw_figure
from erc_core.ui.paper_parts import Drawing, variant_title
from erc_core.ui.papers_shared import row_name, t_sne

EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1.01)
QUINTILES, QUARTILES = 5, 4


def _parts(count: int) -> list[str]:
    return [f"{100 * k // count} to {100 * (k + 1) // count}%" for k in range(count)]


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def draw_by_similarity(drawing: Drawing) -> None:
    """Draw Fig. 6: mean psi and F1 by psi, of the model as it is and without utterance-level disentanglement."""
    lines, bars = {}, {}
    for name, pool in drawing.pools().items():
        psi = pool.array("psi").values[:, 0]
        groups = ranked_groups(psi, QUINTILES)
        lines[f"mean ψ, {name}"] = [_mean(psi[index]) for index in groups]
        bars[name] = [group_f1(pool.table, index) for index in groups]
    axis = ("utterances by ψ, lowest first", "ψ", "weighted F1")
    draw_figure(plot_group_curves(_parts(QUINTILES), lines, bars, axis, mode=drawing.mode), drawing.key)


def draw_by_entropy(drawing: Drawing) -> None:
    """Draw Fig. 7: mean contributions and F1 by cross-entropy, with and without modality-level disentanglement."""
    lines: dict[str, list[float]] = {}
    bars, colors, dashes = {}, {}, {}
    pools = drawing.pools()
    for number, (name, pool) in enumerate(pools.items()):
        array = pool.array("contribution")
        groups = ranked_groups(cross_entropy(pool.table), QUARTILES)
        for modality in (m for m in MODALITIES if m in array.ticks[1]):
            values = array.values[:, array.ticks[1].index(modality)]
            title = modality_title(modality) + (f", {name}" if len(pools) > 1 else "")
            lines[title] = [_mean(values[index]) for index in groups]
            colors[title], dashes[title] = modality_color(modality, drawing.mode), DASHES[number]
        bars[name] = [group_f1(pool.table, index) for index in groups]
    axis = ("utterances by cross-entropy, easiest first", "mean contribution", "weighted F1")
    figure = plot_group_curves(_parts(QUARTILES), lines, bars, axis, colors, dashes, drawing.mode)
    draw_figure(figure, drawing.key)


def draw_context(drawing: Drawing) -> None:
    """Draw Fig. 8: F1 by psi of the model as it is, beside full and no context."""
    pool = drawing.pool
    psi, share = pool.array("psi").values[:, 0], pool.array("context_weight").values[:, 0]
    groups = ranked_groups(psi, QUINTILES)
    bars = {"as it is": [group_f1(pool.table, index) for index in groups]}
    for ask, table in drawing.tables().items():
        bars[variant_title(ask.model)] = [group_f1(table, index) for index in groups]
    lines = {"mean context weight, as it is": [_mean(share[index]) for index in groups]}
    axis = ("utterances by ψ, lowest first", "weight of the context, 1 − ψ", "weighted F1")
    draw_figure(plot_group_curves(_parts(QUINTILES), lines, bars, axis, mode=drawing.mode), drawing.key)


def draw_disentangled(drawing: Drawing) -> None:
    """Draw Fig. 10: t-SNE of the features after each level."""
    pool = drawing.pool
    looks = {str(m): (modality_title(m), modality_color(m, drawing.mode)) for m in MODALITIES}
    levels = (("features_modality", "modality level"), ("features_utterance", "utterance level"))
    for column, (name, title) in zip(st.columns(2), levels, strict=True):
        array = pool.array(name)
        N, M, D = array.values.shape
        places, rows = t_sne(array.values.reshape(N * M, D), f"{pool.table.digest}{name}")
        groups = [array.ticks[1][row % M] for row in rows]
        names = [row_name(pool, row // M) for row in rows]
        with column:
            st.caption(f"After the {title}")
            draw_figure(plot_embedding(places, groups, names, looks, drawing.mode), f"{drawing.key}-{name}")


def draw_errors(drawing: Drawing) -> None:
    """Draw Fig. 11: how far contributions are from the true class probability, and how often a modality is right."""
    pool = drawing.pool
    there: list[Modality] = [m for m in MODALITIES if m in pool.array("contribution").ticks[1]]
    bins = {
        m: [ErrorShare(b.low, b.high, b.share, b.accuracy) for b in contribution_errors(pool, m, EDGES)] for m in there
    }
    draw_figure(plot_error_bins(bins, drawing.mode), drawing.key)
