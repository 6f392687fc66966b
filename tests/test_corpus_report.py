"""What the page Corpus shows, as files."""

import csv
import io
import json

import numpy as np
import pytest

from erc_core.corpus_report import corpus_csv, corpus_json
from erc_core.corpus_table import SLICINGS, CorpusRow, CorpusTable
from erc_core.settings import Settings
from erc_core.training.metrics import score
from erc_core.types import MELD7, ModelRef, frozen_array


def table(name, seed, count=40):
    rng = np.random.default_rng(seed)
    rows = tuple(CorpusRow(f"d{i // 4}", f"D{i // 4}", f"u{i}", "Ann", "=SUM(A1)", 4, ("t", "a")) for i in range(count))
    alone = rng.dirichlet(np.ones(7), (count, 3))
    alone[:, 2] = np.nan
    return CorpusTable(
        "made", ModelRef(name, "0" * 64, MELD7), rows, frozen_array(np.arange(count) % 7, np.int64),
        frozen_array(rng.dirichlet(np.ones(7), count)), frozen_array(alone),
    )  # fmt: skip


def test_every_utterance_of_every_model_has_a_row_with_all_probabilities():
    tables = [table("one", 0), table("two", 1)]
    rows = list(csv.DictReader(io.StringIO(corpus_csv(tables))))
    assert len(rows) == 80
    first = rows[41]
    assert (first["model"], first["utterance"], first["text"], first["read"]) == ("two", "u1", "'=SUM(A1)", "t+a")
    assert float(first["p_joy"]) == pytest.approx(float(tables[1].probabilities[1][4]), abs=1e-6)
    assert float(first["a_joy"]) == pytest.approx(float(tables[1].alone[1, 1, 4]), abs=1e-6)
    assert first["v_joy"] == ""


def test_figures_go_out_with_their_parameters_parts_and_the_paired_test():
    tables = [table("one", 0), table("two", 1)]
    found = json.loads(json.dumps(corpus_json(tables, Settings()), allow_nan=False))
    assert found["parameters"]["bootstrap_draws"] == 1000
    assert found["models"][0]["scores"]["weighted_f1"] == pytest.approx(
        score(tables[0].truth, tables[0].probabilities, MELD7).weighted_f1
    )
    assert found["models"][0]["statistics"]["dialogues"] == 10
    assert set(found["models"][1]["parts"]) == set(SLICINGS)
    assert sum(part["utterances"] for part in found["models"][1]["parts"]["emotion"]) == 40
    assert 0 <= found["paired"]["p_value"] <= 1
    assert "paired" not in corpus_json(tables[:1], Settings())
