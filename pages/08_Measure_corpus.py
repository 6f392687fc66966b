"""Corpus: figures, confusions, parts and comparisons over many labelled dialogues."""

from __future__ import annotations

import streamlit as st

from erc_core.corpus_run import Ask
from erc_core.ui.corpus import (
    choose_models,
    choose_source,
    draw_cell,
    draw_paired,
    draw_pictures,
    draw_robustness,
    draw_scores,
    draw_slices,
    draw_statistics,
)
from erc_core.ui.corpus_exports import draw_corpus_exports
from erc_core.ui.corpus_runs import draw_runs, kept_table
from erc_core.ui.figure_files import note_about
from erc_core.ui.look import current_mode

mode = current_mode()
st.title("Corpus", anchor=False)
st.markdown("How well a model does on many labelled conversations, where it fails, and beside another model.")
left, right = st.columns([1, 2], gap="medium")
with left:
    source = choose_source()
with right:
    model, other = choose_models()
table = kept_table(source, Ask(model.name))
if table is None:
    draw_runs(source, [Ask(model.name)])
    st.stop()
note_about(corpus=table.name, model=table.model.name, weights=table.model.sha256)
draw_scores(table, model.card.title)
draw_pictures(table, mode)
draw_statistics(table, mode)
second = kept_table(source, Ask(other.name)) if other else None
tables = [(model.card.title, table)]
if other and second is not None:
    tables.append((other.card.title, second))
draw_slices(tables, mode)
if other and second is None:
    draw_runs(source, [Ask(other.name)])
elif len(tables) > 1:
    draw_paired(*tables)
draw_cell(source, table)
draw_robustness(source, model, mode)
draw_corpus_exports(tables)
