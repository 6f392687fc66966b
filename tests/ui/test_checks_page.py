"""The page Check the explanations: shares beside chance, cases behind them, and what it says where nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erc_core import pipeline
from erc_core.truth_checks import OWN, Check, CheckedModel, CheckSet, SourceScore
from erc_core.types import Interval
from erc_core.ui import checks
from tests.ui.page_runs import run_page, texts

PAGE = "10_Check_explanations.py"
HIT = Check(
    "studio", "d", "9000", "u1", "I <b>won</b>", "joy", "df_erc", "modality_shapley", "modality", ("a",), ("a",), 1 / 3
)

pytestmark = pytest.mark.usefixtures("fresh_server")


def kept(*found: Check) -> CheckSet:
    ref = next(status.checkpoint for status in pipeline.models() if status.name == "df_erc")
    assert ref is not None
    score = SourceScore("studio", "df_erc", 20, Interval(0.7, 0.6, 0.8))
    return CheckSet((CheckedModel("df_erc", ref.sha256),), (score,), found)


def test_without_measurements_the_page_says_which_command_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "read_checks", lambda: None)
    assert "bench explain_truth" in texts(run_page(PAGE))


def test_shares_and_cases_are_shown_and_other_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    miss = replace(HIT, method=OWN, named=("t",), utterance="u2")
    monkeypatch.setattr(checks, "read_checks", lambda: kept(*[HIT] * 12, miss, replace(HIT, model="cmath")))
    app = run_page(PAGE)
    page = texts(app)
    assert "Not checked with the weights that are here" in page
    assert "CMATH" in page
    assert "Not shown to be better than chance by these cases: DF-ERC: its own weights" in page
    cases, scores = (frame.value for frame in app.dataframe)
    assert list(cases["named"]) == ["acoustic"] * 12
    assert scores.iloc[0, 1] == "0.700 [0.600, 0.800], n = 20"


def test_failures_alone_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "read_checks", lambda: kept(HIT, HIT, replace(HIT, named=("v",))))
    app = run_page(PAGE)
    app.segmented_control(key="check-shown").set_value("failures").run()
    assert not app.exception
    assert list(app.dataframe[0].value["named"]) == ["visual"]
