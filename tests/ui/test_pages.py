"""Every page runs through the shell: with nothing there, with one dialogue, and with an address that makes no sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from erc_core import pipeline
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis
from erc_core.ui.media_route import COOKIE
from erc_core.ui.results import tokens_of
from tests.ui.sample_analysis import sample_analysis, sample_dialogue

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("01_Browse_conversations.py", "02_Analyse_clip.py", "03_Inspect_layers.py")


@pytest.fixture(autouse=True)
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
def kept() -> Analysis:
    """An analysis in the store, of a dialogue that everybody sees, by the weights that are there."""
    ref = next(status.checkpoint for status in pipeline.models() if status.name == "dq_former")
    assert ref is not None
    dialogue = sample_dialogue(title="The call & <b>more</b>")
    sample = sample_analysis(dialogue, tuple(len(tokens_of(dialogue, u.id)) for u in dialogue.utterances))
    analysis = replace(sample, prediction=replace(sample.prediction, model=ref), trace=replace(sample.trace, model=ref))
    store = Store(load_settings())
    store.put_dialogue(analysis.dialogue, "")
    store.put_analysis(analysis, pipeline.analysis_key(analysis.dialogue, ref), "")
    store.close()
    return analysis


def run_page(name: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "erc_core" / "ui" / "shell.py"), default_timeout=60)
    app.run()
    for key, value in params.items():
        app.query_params[key] = value
    app.switch_page(str(ROOT / "pages" / name)).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    found = [*app.markdown, *app.caption, *app.info, *app.title, *app.subheader]
    return "\n".join([str(item.value) for item in found] + [str(item.proto.body) for item in app.get("html")])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_an_empty_store_says_what_to_do(name: str) -> None:
    assert "Analyse a clip" in texts(run_page(name))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_one_dialogue_shows_it_on_the_stage(name: str, kept: Analysis) -> None:
    app = run_page(name, dialogue=kept.dialogue.id)
    assert app.title[-1].value == kept.dialogue.title
    assert "8</b> utterances" in texts(app)


def test_browse_draws_the_dialogue_its_speakers_and_its_course(kept: Analysis) -> None:
    app = run_page(PAGES[0], dialogue=kept.dialogue.id)
    assert len(app.get("plotly_chart")) == 1 + len(kept.speakers) + 1
    assert "On the whole" in texts(app)


def test_layers_draws_confidences_distributions_and_attention(kept: Analysis) -> None:
    app = run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u2")
    assert len(app.get("plotly_chart")) == 4
    assert "Utterance u2" in texts(app)


def test_layers_names_the_layers_that_pass_nothing_on(kept: Analysis) -> None:
    page = texts(run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u1"))
    assert "In layers 4, 5, 6 both modalities are under τ and masked" in page
    assert "both modalities are" not in texts(run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u4"))


def test_turning_tau_puts_it_into_the_address(kept: Analysis) -> None:
    app = run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u4")
    app.slider(key="tau").set_value(0.3).run()
    assert not app.exception
    assert app.query_params["tau"] == "0.30"
    assert "τ = 0.30" in texts(app)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tau": "9"}, "allowed: 0.0 to 0.5"),
        ({"dialogue": "0" * 16}, "There is no such dialogue"),
        ({"model": "gpt"}, "The address names a model that is not there"),
        ({"utterance": "u99"}, "The dialogue has no such utterance"),
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_a_box(
    params: dict[str, str], message: str, kept: Analysis
) -> None:
    page = texts(run_page(PAGES[2], **({"dialogue": kept.dialogue.id} | params)))
    assert 'role="alert"' in page
    assert message.removeprefix("allowed: ") in page


def test_no_text_of_a_dialogue_is_markup(kept: Analysis) -> None:
    page = "".join(str(item.proto.body) for item in run_page(PAGES[2], dialogue=kept.dialogue.id).get("html"))
    assert "<b>Lisbon</b>" not in page


def test_what_can_be_loaded_is_said_before_the_upload() -> None:
    page = texts(run_page(PAGES[1]))
    assert "up to 500 MB and 60 minutes" in page
    assert "no Whisper model is set up here" in page
    assert "AI Act" in page
    assert "whose speakers agreed" in page
