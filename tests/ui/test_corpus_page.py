"""The corpus page measures what lies on the machine, by real predictions of a real job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from erc_core import pipeline
from erc_core.corpus_run import KIND, Ask, Source, corpus_roots, read_source, source_state, sources, table_key
from erc_core.corpus_table import CorpusRow, CorpusTable
from erc_core.errors import InputError, UnknownNameError
from erc_core.jobs import queue
from erc_core.jobs.lease import claim
from erc_core.jobs.worker import run
from erc_core.settings import Settings, load_settings
from erc_core.store.store import Store
from erc_core.ui import corpus
from tests.data.corpus_layouts import make_meld
from tests.ui.page_runs import run_page, texts

PAGE = "08_Measure_corpus.py"


def test_the_setting_names_folders_of_known_corpora(tmp_path: Path) -> None:
    root = make_meld(tmp_path)
    found = sources(Settings(corpora=f" meld={root} ; "))
    assert [source.title for source in found] == ["Bundled examples", "MELD, train", "MELD, dev", "MELD, test"]


def test_a_setting_that_makes_no_sense_is_named() -> None:
    with pytest.raises(InputError, match="ERC_CORPORA cannot be read"):
        corpus_roots(Settings(corpora="/data/MELD"))
    with pytest.raises(UnknownNameError, match="Unknown corpus"):
        corpus_roots(Settings(corpora="mled=/data"))


@pytest.mark.usefixtures("fresh_server")
def test_without_results_the_page_offers_to_run_the_model() -> None:
    page = texts(run_page(PAGE))
    assert "has not been run on Bundled examples yet" in page
    assert "ERC_CORPORA" in page


@pytest.mark.usefixtures("fresh_server")
def test_a_run_fills_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERC_CORPORA", f"meld={make_meld(tmp_path)}")
    settings = load_settings()
    store = Store(settings)
    params = {"corpus": "meld", "split": "train", "runs": "dq_former|"}
    job = queue.submit(store, "erc_core.corpus_run:corpus_job", params, "me", "run")
    lease = claim(store.database, "w1")
    assert lease is not None
    run(store, lease)
    assert queue.status(store, job, "me").state == "done"
    ref = next(status.checkpoint for status in pipeline.models() if status.name == "dq_former")
    assert ref is not None
    source = Source("meld", "train")
    key = table_key(source, source_state(source, settings), ref, Ask("dq_former"))
    table = store.result(KIND, key, CorpusTable)
    assert table is not None
    app = run_page(PAGE)
    app.selectbox(key="corpus-model").set_value("dq_former")
    app.selectbox(key="corpus-source").set_value("MELD, train").run()
    assert not app.exception
    assert f"{len(table.rows):,}" in [metric.value for metric in app.metric]
    assert len(app.get("plotly_chart")) == 5


def test_a_click_on_a_cell_chooses_its_utterances_and_a_click_that_takes_it_back_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session: dict[str, Any] = {"corpus-confusion": {"selection": {"points": [{"customdata": ["joy", "joy"]}]}}}
    monkeypatch.setattr(corpus.st, "session_state", session)
    corpus.cell_clicked()
    assert (session["cell-truth"], session["cell-predicted"], session["cell-wrong"]) == ("joy", "joy", False)
    session["corpus-confusion"]["selection"]["points"] = [{"customdata": ["joy", "anger"]}]
    corpus.cell_clicked()
    assert (session["cell-truth"], session["cell-predicted"], session["cell-wrong"]) == ("joy", "anger", True)
    session["corpus-confusion"]["selection"]["points"] = []
    corpus.cell_clicked()
    assert session["cell-predicted"] == "anger"


@pytest.mark.usefixtures("fresh_server")
def test_an_utterance_of_a_corpus_opens_on_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERC_CORPORA", f"meld={make_meld(tmp_path)}")
    settings, source = load_settings(), Source("meld", "train")
    dialogue = read_source(source, settings)[0][0]
    row = CorpusRow(dialogue.id, dialogue.title, dialogue.utterances[1].id, "Ben", "", 2, ("t",))
    shown: dict[str, str] = {}
    monkeypatch.setattr(corpus, "owner", lambda: "me")
    monkeypatch.setattr(corpus.st, "switch_page", lambda page, query_params: shown.update(query_params))
    corpus.open_on_stage(source, row, "dq_former")
    assert shown == {"dialogue": dialogue.id, "utterance": row.utterance, "model": "dq_former"}
    store = Store(settings)
    assert store.dialogue(dialogue.id, "me") == dialogue
    store.close()


@pytest.mark.usefixtures("fresh_server")
def test_the_model_that_the_address_names_is_the_one_that_is_measured() -> None:
    assert run_page(PAGE, model="cmath").selectbox(key="corpus-model").value == "cmath"
    assert run_page(PAGE).selectbox(key="corpus-model").value == "df_erc"
