"""Corpus: figures, confusions, parts and comparisons over many labelled dialogues."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.corpus import (
    choose_models,
    choose_source,
    draw_cell,
    draw_paired,
    draw_pictures,
    draw_robustness,
    draw_run,
    draw_scores,
    draw_slices,
    table_of,
)
from erc_core.ui.look import current_mode

mode = current_mode()
st.title("Corpus", anchor=False)
st.markdown("How well a model does on many labelled conversations, where it fails, and beside another model.")
left, right = st.columns([1, 2], gap="medium")
with left:
    source = choose_source()
with right:
    model, other = choose_models()
table = table_of(source, model)
if table is None:
    draw_run(source, model)
    st.stop()
draw_scores(table, model.card.title)
draw_pictures(table, mode)
second = table_of(source, other) if other else None
tables = [(model.card.title, table)]
if other and second is not None:
    tables.append((other.card.title, second))
draw_slices(tables, mode)
if other and second is None:
    draw_run(source, other)
elif len(tables) > 1:
    draw_paired(*tables)
draw_cell(table)
draw_robustness(source, model, mode)
