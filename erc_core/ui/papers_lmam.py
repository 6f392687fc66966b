"""The LMAM paper's comparisons, from the outcomes that ``compare --lmam`` has kept."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

import streamlit as st

from erc_core.plots.rank_sweep import RankPoint, plot_rank_sweep
from erc_core.plots.seed_scores import SeedScores, plot_seed_scores
from erc_core.training.lmam_outcomes import KnownTable, Remembered, known_table, remembered
from erc_core.training.lmam_tables import Line
from erc_core.ui.desk import settings
from erc_core.ui.panels import draw_figure
from erc_core.ui.paper_parts import Drawing

F1 = "weighted F1"
TIMED = "Table VI"


def draw_ranks(drawing: Drawing) -> None:
    """Draw Fig. 5: the weighted F1 by the rank of the query weights."""
    found = _known(drawing)
    if found is None:
        return
    points = [
        RankPoint(int(line.entry.config["rank"]), tuple(outcome.weighted_f1 for outcome in line.outcomes))
        for line in found.lines
    ]
    draw_figure(plot_rank_sweep(points, drawing.mode), drawing.key)
    _draw_rows(drawing, found)


def draw_trained(drawing: Drawing) -> None:
    """Draw one of the paper's tables: each entry's seeds, their mean, and the tests between entries."""
    found = _known(drawing)
    if found is None:
        return
    entries = [
        SeedScores(
            line.entry.title,
            tuple(outcome.weighted_f1 for outcome in line.outcomes),
            line.entry.config.get("fusion") == "lmam",
        )
        for line in found.lines
    ]
    draw_figure(plot_seed_scores(entries, F1, drawing.mode), drawing.key)
    if drawing.figure.number == TIMED and (said := time_sentence(found.lines)):
        st.markdown(said)
    _draw_rows(drawing, found)


def _known(drawing: Drawing) -> KnownTable | None:
    """Return what is known of the figure's table on the chosen corpus; None where nothing is, after saying so."""
    (table,) = drawing.figure.tables
    kept = {_title(one): one for one in remembered(settings().runs)}
    there = {title: one for title, one in kept.items() if known_table(one, table).lines}
    if not there:
        st.info("Nothing of this was trained here yet; the command below does, and goes on where it was stopped.")
        return None
    title = next(iter(there))
    if len(there) > 1:
        title = st.selectbox("Trained and measured on", list(there), key=f"{drawing.key}-on")
    found = known_table(there[title], table)
    lacking = f" Not trained so often yet: {', '.join(found.missing)}." if found.missing else ""
    st.caption(f"{title}; {found.seeds} seed{'s' if found.seeds > 1 else ''} of each entry.{lacking}")
    return found


def _title(one: Remembered) -> str:
    return f"{one.corpus} {one.split}, at most {one.epochs} passes"


def time_sentence(lines: tuple[Line, ...]) -> str:
    """Say which backbones take longer an epoch with the module, and which do not; empty where none can be compared."""
    known = {line.entry.title: fmean(outcome.epoch_s for outcome in line.outcomes) for line in lines}
    ratios = {
        line.entry.against: known[line.entry.title] / known[line.entry.against]
        for line in lines
        if line.entry.against in known and line.entry.config.get("fusion") == "lmam"
    }
    if not ratios:
        return ""
    slower = [f"{name} ({ratio:.2f} times)" for name, ratio in ratios.items() if ratio > 1]
    if not slower:
        return "With the module no backbone takes longer an epoch."
    return (
        f"With the module an epoch takes **longer** in {', '.join(slower)}; {len(slower)} of {len(ratios)} backbones."
    )


def _draw_rows(drawing: Drawing, found: KnownTable) -> None:
    with st.expander("The numbers as a table, with paired t-tests"):
        st.dataframe([_row(line) for line in found.lines], hide_index=True, width="stretch", key=f"{drawing.key}-rows")


def _row(line: Line) -> dict[str, Any]:
    f1 = [outcome.weighted_f1 for outcome in line.outcomes]
    return {
        "entry": line.entry.title,
        F1: fmean(f1),
        "deviation": stdev(f1) if len(f1) > 1 else None,
        "accuracy": fmean(outcome.accuracy for outcome in line.outcomes),
        "weights": line.outcomes[0].parameters,
        "s an epoch": fmean(outcome.epoch_s for outcome in line.outcomes),
        "against": line.entry.against,
        "difference": line.difference,
        "p": line.p,
        "verdict": line.verdict,
    }
