"""Fixtures of the page tests: a server of its own for each test, and an analysis in its store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy

from erc_core import pipeline
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis
from erc_core.ui.media_route import COOKIE
from erc_core.ui.results import tokens_of
from tests.ui.sample_analysis import sample_analysis, sample_dialogue


@pytest.fixture
def fresh_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server with an empty data folder and no bundled examples."""
    monkeypatch.setenv("ERC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(pipeline, "examples", lambda: ())
    # AppTest has no browser, so it has no cookies either.
    monkeypatch.setattr(ContextProxy, "cookies", {COOKIE: "c" * 43})
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def kept(fresh_server: None) -> Analysis:
    """An analysis in the store, of a dialogue that everybody sees, by the weights that are there."""
    ref = next(status.checkpoint for status in pipeline.models() if status.name == "dq_former")
    assert ref is not None
    dialogue = sample_dialogue(title="The call & <b>more</b> ![x](https://host/x.png)")
    sample = sample_analysis(dialogue, tuple(len(tokens_of(dialogue, u.id)) for u in dialogue.utterances))
    analysis = replace(sample, prediction=replace(sample.prediction, model=ref), trace=replace(sample.trace, model=ref))
    store = Store(load_settings())
    store.put_dialogue(analysis.dialogue, "")
    store.put_analysis(analysis, pipeline.analysis_key(analysis.dialogue, ref), "")
    store.close()
    return analysis
