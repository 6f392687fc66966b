"""Runs over a corpus: their names, their keys, and what they keep."""

from dataclasses import replace

import numpy as np
import pytest

from erc_core import pipeline
from erc_core.corpus_run import KIND, TRACES, Ask, Source, corpus_job, source_state, table_key
from erc_core.corpus_table import CorpusTable
from erc_core.jobs import queue
from erc_core.jobs.lease import claim
from erc_core.jobs.worker import run
from erc_core.models.checkpoints import model_ref
from erc_core.settings import Settings, load_settings
from erc_core.store.store import Store
from erc_core.trace_pool import POOLED, TracePool, pooled
from erc_core.types import Trace
from tests.data.corpus_layouts import make_meld


@pytest.mark.parametrize(
    "ask", [Ask("df_erc"), Ask("df_erc+no_cfm", ("a", "v")), Ask("dq_former", ("t",), True), Ask("x", (), True)]
)
def test_a_run_s_text_reads_back(ask):
    assert Ask.of(ask.text) == ask


def test_runs_that_differ_have_keys_that_differ_and_a_plain_one_keeps_its_key():
    source, ref = Source("examples"), model_ref("dq_former")
    asks = (Ask("dq_former"), Ask("dq_former", ("a",)), Ask("dq_former", ("a",), True), Ask("dq_former", ("t",)))
    assert len({table_key(source, "s", ref, ask) for ask in asks}) == 4
    assert table_key(source, "s", ref, asks[0]) != table_key(source, "other", ref, asks[0])


def test_a_source_s_state_follows_its_files(tmp_path):
    root = make_meld(tmp_path)
    settings, source = Settings(corpora=f"meld={root}"), Source("meld", "train")
    before = source_state(source, settings)
    assert source_state(source, settings) == before
    (root / "train_sent_emo.csv").write_text("changed")
    assert source_state(source, settings) != before


def test_only_arrays_that_are_gathered_are_held():
    from tests.ui.sample_analysis import sample_analysis, sample_dialogue

    dialogue = sample_dialogue()
    trace = sample_analysis(dialogue, tuple(3 for _ in dialogue.utterances)).trace
    kept = pooled(trace)
    assert isinstance(kept, Trace)
    assert {array.name for array in kept.arrays} == {a.name for a in trace.arrays} & set(POOLED) != set()
    assert replace(trace, arrays=kept.arrays) == kept


def test_a_job_makes_every_run_once_and_zero_is_not_absence(tmp_path, monkeypatch):
    monkeypatch.setenv("ERC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ERC_CORPORA", f"meld={make_meld(tmp_path)}")
    settings = load_settings()
    store, source = Store(settings), Source("meld", "train")
    asks = (Ask("dq_former"), Ask("dq_former", ("t",), True))
    calls = []
    analyse = pipeline.analyse
    monkeypatch.setattr(pipeline, "analyse", lambda *a, **k: calls.append(1) or analyse(*a, **k))
    for _ in range(2):
        params = {"corpus": "meld", "split": "train", "runs": ";".join(ask.text for ask in asks)}
        job = queue.submit(store, f"{corpus_job.__module__}:{corpus_job.__name__}", params, "me", "run")
        run(store, claim(store.database, "w1"))
        assert queue.status(store, job, "me").state == "done"
    ref, state = model_ref("dq_former"), source_state(source, settings)
    plain, zero = (store.result(KIND, table_key(source, state, ref, ask), CorpusTable) for ask in asks)
    assert store.result(TRACES, table_key(source, state, ref, asks[1]), TracePool).table.rows == zero.rows
    assert len(calls) == 2 * len({row.dialogue for row in plain.rows})
    assert plain.rows == zero.rows
    assert zero.rows[0].present == ("t",)
    assert not np.allclose(plain.probabilities, zero.probabilities)
    store.close()
