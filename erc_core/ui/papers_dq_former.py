"""DQ-Former's figures: confidences over layers, where one modality leads, and single cases."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.corpus_run import EXAMPLES
from erc_core.corpus_table import CorpusRow
from erc_core.escape import escape
from erc_core.models.dq_former import TAU
from erc_core.plots.case_study import Case, plot_case_study
from erc_core.plots.group_density import plot_group_density
from erc_core.plots.layer_spread import plot_layer_spread
from erc_core.trace_pool import TracePool, dominated, leading_cases
from erc_core.types import MODALITIES, FloatArray, Modality, Span
from erc_core.ui.clips import NO_SOUND, envelope_of
from erc_core.ui.desk import owner, store
from erc_core.ui.panels import draw_figure
from erc_core.ui.paper_parts import Drawing

PAIR: tuple[Modality, ...] = ("t", "a")
MOST_CASES = 8


def draw_spread(drawing: Drawing) -> None:
    """Draw Fig. 3: of the weights as they are, and of the early variant where it was run."""
    pools = drawing.pools()
    for number, (name, pool) in enumerate(pools.items()):
        array = pool.array("confidence")
        if len(pools) > 1:
            st.caption(f"The model {name}" if number == 0 else f"The *{name}* variant, {pool.table.model.sha256[:8]}")
        figure = plot_layer_spread(array.values, array.ticks[1], PAIR, TAU, drawing.mode)
        draw_figure(figure, f"{drawing.key}-{number}")


def draw_dominated(drawing: Drawing) -> None:
    """Draw Fig. 4: the acoustic confidence of the penultimate layer where one modality leads."""
    pool = drawing.pool
    array = pool.array("confidence")
    layer, sound = max(0, len(array.ticks[1]) - 2), array.ticks[2].index("a")
    values = array.values[:, layer, sound]
    colors: dict[str, Modality] = {"text-dominated": "t", "audio-dominated": "a"}
    groups = {
        f"{name} ({int(which.sum())})": (colors[name], values[which]) for name, which in dominated(pool.table).items()
    }
    draw_figure(plot_group_density(groups, "acoustic confidence", TAU, drawing.mode), drawing.key)


def draw_cases(drawing: Drawing) -> None:
    """Draw Fig. 5: single utterances with waveform, words and confidences."""
    pool = drawing.pool
    kinds = {row: kind for kind, row in leading_cases(pool.table, each=len(pool.table.rows))}
    if not kinds:
        st.info("No utterance here is right by one modality alone while the other is wrong.")
        return
    first = [row for _, row in leading_cases(pool.table)]
    chosen = st.multiselect(
        "Cases", list(kinds), default=first, key=f"{drawing.key}-cases-{pool.table.name}", max_selections=MOST_CASES,
        format_func=lambda row: f"{pool.table.rows[row].title}, {pool.table.rows[row].utterance} ({kinds[row]})",
        wrap=True,
    )  # fmt: skip
    if not chosen:
        return
    array = pool.array("confidence")
    cases = [_case(pool, row, kinds[row], array.values[row], drawing.source.corpus == EXAMPLES) for row in chosen]
    draw_figure(plot_case_study(cases, array.ticks[1], PAIR, TAU, drawing.mode), drawing.key)


def _case(pool: TracePool, place: int, kind: str, shares: FloatArray, recorded: bool) -> Case:
    row, table = pool.table.rows[place], pool.table
    labels = table.labels.labels
    said = {"words": table.alone[place, MODALITIES.index("t")], "voice": table.alone[place, MODALITIES.index("a")]}
    answers = [f"truth {labels[int(table.truth[place])]}"]
    answers += [f"{name} {labels[int(np.argmax(values))]}" for name, values in said.items()]
    answers.append(f"both {labels[int(table.predicted[place])]}")
    span, envelope = _sound(row) if recorded else (Span(0.0, 1.0), NO_SOUND)
    return Case(f"{kind}, {escape(row.speaker)}", escape(row.text), escape(" · ".join(answers)), span, envelope, shares)


def _sound(row: CorpusRow) -> tuple[Span, FloatArray]:
    """Return when an example's utterance is and its waveform."""
    dialogue = store().dialogue(row.dialogue, owner())
    utterance = dialogue.utterances[dialogue.position(row.utterance)]
    span = Span(utterance.start_s, utterance.end_s)
    return span, envelope_of(dialogue, span)
