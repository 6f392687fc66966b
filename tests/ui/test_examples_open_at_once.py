"""Opening an example with its explanations runs no network and asks for no background work; only a button does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from sqlalchemy import select
from streamlit.runtime.context import ContextProxy
from torch.nn.modules.module import register_module_forward_pre_hook

from erc_core import pipeline
from erc_core.bundled_explanations import explanations_path
from erc_core.evidence import RECOMMENDED
from erc_core.explainers.base import EXPLAINERS
from erc_core.models.base import model_class
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.store.tables import jobs, watchers
from erc_core.ui.media_route import COOKIE
from tests.ui.page_runs import every_example, run_page, texts

PAGE = "07_Weigh_evidence.py"
SYSTEMS = [s.name for s in pipeline.models() if s.card.role == "system"]
EXPLAINED = [e for e in every_example() if all(explanations_path(e.clip.parent, m).is_file() for m in SYSTEMS)]
# Every example once, and the systems in turn.
OPENED = [(example.name, SYSTEMS[number % len(SYSTEMS)]) for number, example in enumerate(EXPLAINED)]
OTHERS = sorted(set(EXPLAINERS.names()) - set(RECOMMENDED))


@pytest.fixture
def runs(fresh_server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every run of any network in this process, on a server with all examples."""
    monkeypatch.setattr(pipeline, "examples", every_example)
    st.cache_resource.clear()
    seen: list[str] = []
    hook = register_module_forward_pre_hook(lambda module, given: seen.append(type(module).__name__))
    yield seen
    hook.remove()


def asked() -> list[str]:
    """Return the labels of all background work that anybody asked for."""
    store = Store(load_settings())
    with store.database.read() as connection:
        found = [str(row.label) for row in connection.execute(select(watchers.c.label))]
    store.close()
    return found


@pytest.mark.parametrize(("name", "model"), OPENED)
def test_opening_an_example_shows_its_reasons_and_runs_nothing(name: str, model: str, runs: list[str]) -> None:
    example = next(one for one in every_example() if one.name == name)
    utterance = example.dialogue.utterances[-1].id
    app = run_page(PAGE, dialogue=example.dialogue.id, utterance=utterance, model=model)
    assert "explanations are at hand" in texts(app)
    assert app.button(key="explain").disabled  # there is nothing left to ask for
    assert runs == []
    assert asked() == []


@pytest.mark.parametrize("method", OTHERS)
def test_a_method_that_comes_with_no_answer_waits_for_its_button(method: str, runs: list[str]) -> None:
    example = EXPLAINED[0]
    apply = [s for s in SYSTEMS if EXPLAINERS.get(method)().unsupported(model_class(s).card, ()) is None]
    model, utterance = apply[0], example.dialogue.utterances[1].id
    app = run_page(PAGE, dialogue=example.dialogue.id, utterance=utterance, model=model, method=method)
    assert "press the button" in texts(app)
    assert asked() == []
    app.button(key="explain-one").click().run()
    assert not app.exception
    assert len(asked()) == 1
    assert runs == []  # it runs in the background


def test_two_visitors_who_ask_the_same_of_an_example_share_one_computation(
    runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXPLAINED[0]
    where = {"dialogue": example.dialogue.id, "utterance": "u1", "model": "amuse", "method": OTHERS[0]}
    for visitor in "cd":
        monkeypatch.setattr(ContextProxy, "cookies", {COOKIE: visitor * 43})
        run_page(PAGE, **where).button(key="explain-one").click().run()
    store = Store(load_settings())
    with store.database.read() as connection:
        assert len(connection.execute(select(jobs.c.id)).all()) == 1
        assert len(connection.execute(select(watchers.c.owner)).all()) == 2
    store.close()
