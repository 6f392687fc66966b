"""A corpus of a thousand dialogues opens at once."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from erc_core.corpus_run import KIND, TRACES, Ask, Source, source_state, table_key
from erc_core.corpus_table import CorpusRow, CorpusTable
from erc_core.models.checkpoints import model_ref
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.trace_pool import TracePool
from erc_core.types import TraceArray, frozen_array
from tests.data.corpus_layouts import MELD_HEADER
from tests.ui.page_runs import run_page, texts

DIALOGUES, LENGTH, LAYERS = 1_000, 10, 3
MOST_S = 3.0
LABELS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")


def write_corpus(root: Path) -> Path:
    """Write a table in MELD's layout with a thousand dialogues."""
    rows = [
        f'{d * LENGTH + u},words number {u},Speaker {u % 3},{LABELS[(d + u) % 7]},neutral,{d},{u},1,1,'
        f'"00:10:{u:02d},000","00:10:{u:02d},900"'
        for d in range(DIALOGUES)
        for u in range(LENGTH)
    ]  # fmt: skip
    (root / "train_sent_emo.csv").write_text(MELD_HEADER + "\n".join(rows) + "\n")
    return root


def made_table(model: str) -> CorpusTable:
    """Make predictions of that corpus, right more often than not."""
    N, rng = DIALOGUES * LENGTH, np.random.default_rng(0)
    rows = tuple(
        CorpusRow(
            f"d{i // LENGTH}", f"MELD train {i // LENGTH}", f"u{i}", f"Speaker {i % 3}", "some words", LENGTH, ("t",)
        )
        for i in range(N)
    )
    truth = rng.integers(7, size=N)
    probabilities = rng.dirichlet(np.ones(7), N) + np.eye(7)[truth] * rng.random((N, 1))
    alone = np.full((N, 3, 7), np.nan)
    alone[:, 0] = probabilities / probabilities.sum(1, keepdims=True)
    return CorpusTable(
        "MELD, train", model_ref(model), rows, frozen_array(truth, np.int64), frozen_array(alone[:, 0]),
        frozen_array(alone),
    )  # fmt: skip


@pytest.fixture
def thousand(fresh_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose MELD has a thousand dialogues that DQ-Former was run on."""
    monkeypatch.setenv("ERC_CORPORA", f"meld={write_corpus(tmp_path)}")
    monkeypatch.setenv("ERC_RUNS", str(tmp_path / "runs"))
    settings, source, ask = load_settings(), Source("meld", "train"), Ask("dq_former")
    table = made_table(ask.model)
    key = table_key(source, source_state(source, settings), table.model, ask)
    values = np.random.default_rng(0).random((len(table.rows), LAYERS, 2))
    ticks = (tuple(row.utterance for row in table.rows), ("4", "5", "6"), ("t", "a"))
    array = TraceArray("confidence", ("utterance", "layer", "modality"), ticks, frozen_array(values), "share")
    store = Store(settings)
    store.put_result(KIND, key, table, model=ask.model)
    store.put_result(TRACES, key, TracePool(table, (array,)), model=ask.model)
    store.close()


@pytest.mark.alone
@pytest.mark.parametrize("page", ["08_Measure_corpus.py", "11_Redraw_papers.py"])
@pytest.mark.usefixtures("thousand")
def test_a_corpus_of_a_thousand_dialogues_opens_in_under_three_seconds(page: str) -> None:
    app = run_page(page, model="dq_former")  # of the examples, of which nothing is there
    app.selectbox(key="corpus-source").set_value("MELD, train")
    begun_s = time.process_time()  # other processes do not count
    app.run()
    spent_s = time.process_time() - begun_s
    assert not app.exception
    assert "10,000" in texts(app) + "".join(metric.value for metric in app.metric)
    assert len(app.get("plotly_chart")) >= 2
    print(f"{page}: {spent_s:.2f} s of the processor")
    assert spent_s < MOST_S
