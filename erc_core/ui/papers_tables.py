"""The papers' tables of variants and of subsets of modalities, on the chosen corpus and from kept comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from erc_core.corpus_run import Ask
from erc_core.corpus_table import CorpusTable
from erc_core.plots.theme import modality_title
from erc_core.plots.variant_scores import VariantScore, plot_variant_scores
from erc_core.training.compared import Compared, compared
from erc_core.training.system_results import NamedScore
from erc_core.types import MODALITIES, Interval
from erc_core.ui.corpus import f1_of, paired_of
from erc_core.ui.desk import settings
from erc_core.ui.panels import draw_figure
from erc_core.ui.paper_parts import Drawing, variant_title

Series = list[tuple[str, list[VariantScore]]]
F1 = "weighted F1"


def draw_variants(drawing: Drawing) -> None:
    """Draw a table of trained variants: by the runs over the corpus, and by what ``compare`` has kept."""
    tables = {variant_title(ask.model): table for ask, table in drawing.tables().items()}
    names = {ask.model.partition("+")[2] for ask in drawing.figure.asks}
    kept = _kept(drawing)
    series = _measured([(drawing.source.title, tables)])
    series += [(_place(one), _known([row for row in one.ablations if row.name in names])) for one in kept]
    _draw(drawing, series, kept, list(tables.items()))


def draw_subsets(drawing: Drawing) -> None:
    """Draw a table of subsets of modalities: the others switched off, and trained with these alone."""
    own = [m for m in MODALITIES if m in drawing.model.card.modalities]
    off: dict[str, CorpusTable] = {}
    alone: dict[str, CorpusTable] = {}
    for ask, table in drawing.tables().items():
        (alone if "+" in ask.model else off)["+".join(m for m in own if m not in ask.off)] = table
    kept = _kept(drawing)
    title = drawing.source.title
    series = _measured([(f"{title}, others switched off", off), (f"{title}, trained with these alone", alone)])
    for one in kept:
        series.append((f"{_place(one)}, others switched off", _known(_real_subsets(one, len(own)))))
        series.append((f"{_place(one)}, trained with these alone", _known(one.alone)))
    _draw(drawing, series, kept, [*((f"{name}, switched off", t) for name, t in off.items()),
                                  *((f"{name}, trained alone", t) for name, t in alone.items())])  # fmt: skip


def draw_missing_modalities(drawing: Drawing) -> None:
    """Draw DQ-Former's Table 4: a modality absent, and set to zero as in the paper."""
    absent: dict[str, CorpusTable] = {}
    zeroed: dict[str, CorpusTable] = {}
    for ask, table in drawing.tables().items():
        (zeroed if ask.zeroed else absent)[f"without {_names(ask)}"] = table
    how = st.segmented_control(
        "A missing modality is", ("absent", "set to zero, as in the paper", "both"), default="both", required=True,
        key=f"{drawing.key}-how",
    )  # fmt: skip
    chosen = [
        pair for pair in (("absent", absent), ("set to zero, as in the paper", zeroed)) if how in ("both", pair[0])
    ]
    rows = [(f"{name}, {kind}", table) for kind, tables in chosen for name, table in tables.items()]
    _draw(drawing, _measured(chosen), [], rows)


def _names(ask: Ask) -> str:
    return " and ".join(modality_title(m).lower() for m in ask.off)


def _kept(drawing: Drawing) -> list[Compared]:
    return list(compared(settings().runs, drawing.figure.system)) if drawing.figure.compare else []


def _place(one: Compared) -> str:
    return f"{one.corpus} {one.split}, by compare"


def _measured(tables: Sequence[tuple[str, dict[str, CorpusTable]]]) -> Series:
    found = [
        (title, [VariantScore(name, f1_of(table), len(table.rows)) for name, table in by_name.items()])
        for title, by_name in tables
    ]
    return [(title, scores) for title, scores in found if scores]


def _real_subsets(one: Compared, modalities: int) -> list[NamedScore]:
    return [row for row in one.subsets if len(row.name.split("+")) < modalities]


def _known(rows: Sequence[NamedScore]) -> list[VariantScore]:
    """Return kept scores, of which no interval is known."""
    return [
        VariantScore(row.name.replace("_", " "), Interval(row.weighted_f1, row.weighted_f1, row.weighted_f1), row.n)
        for row in rows
    ]


def _draw(drawing: Drawing, series: Series, kept: Sequence[Compared], rows: Sequence[tuple[str, CorpusTable]]) -> None:
    series = [(title, scores) for title, scores in series if scores]
    if not series:
        st.info("Nothing of this table was measured here yet.")
        return
    lines = [(f"as it is, {_place(one)}", one.weighted_f1.value) for one in kept if any(one.ablations + one.subsets)]
    if rows and drawing.own is not None:
        lines.insert(0, (f"as it is, {drawing.source.title}", f1_of(drawing.own.table).value))
    draw_figure(plot_variant_scores(series, lines, F1, mode=drawing.mode), drawing.key)
    _draw_rows(drawing, series, rows)


def _draw_rows(drawing: Drawing, series: Series, rows: Sequence[tuple[str, CorpusTable]]) -> None:
    """Draw the numbers as a table, with the paired test of each run against the model as it is."""
    found: list[dict[str, Any]] = []
    if drawing.own is not None:
        whole = drawing.own.table
        found.append(_row(drawing.source.title, "as it is", f1_of(whole), len(whole.rows)))
        for name, table in rows:
            test = paired_of(table, whole)
            tested = {"difference to as it is": test.difference.value, "McNemar p": test.p_value}
            found.append(_row(drawing.source.title, name, f1_of(table), len(table.rows)) | tested)
    for title, scores in series:
        if "by compare" in title:
            found += [_row(title, score.name, score.value, score.count) for score in scores]
    with st.expander("The numbers as a table, with paired tests"):
        st.dataframe(found, hide_index=True, width="stretch", key=f"{drawing.key}-rows")


def _row(place: str, name: str, value: Interval, count: int) -> dict[str, Any]:
    known = value.low < value.high
    low, high = (value.low, value.high) if known else (None, None)
    return {"measured on": place, "variant": name, F1: value.value, "low": low, "high": high, "utterances": count}
