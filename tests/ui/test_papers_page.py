"""The page Papers' figures draws what can be drawn, from bundled results, trained variants and kept comparisons."""

from __future__ import annotations

import json
import shlex
from functools import partial
from pathlib import Path

import pytest
import torch

from erc_core import paper_needs, pipeline
from erc_core.cli import make_parser
from erc_core.corpus_run import EXAMPLES, Ask, corpus_job
from erc_core.jobs import queue
from erc_core.jobs.lease import claim
from erc_core.jobs.worker import run
from erc_core.models import checkpoints
from erc_core.models.base import model_class
from erc_core.models.checkpoints import Temperatures, save_model
from erc_core.paper_figures import FIGURES, compare_command, figures_of, train_command
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.training.lmam_outcomes import remembered
from erc_core.training.lmam_tables import Outcome, Runner, entries_of
from erc_core.types import MELD7
from erc_core.ui import papers_lmam
from erc_core.ui.papers import DRAWN
from tests.ui.page_runs import every_example, run_page, texts

PAGE = "11_Redraw_papers.py"


def names_of(app) -> list[str]:
    """Return the names of all traces on a page."""
    return [
        trace.get("name", "") for chart in app.get("plotly_chart") for trace in json.loads(chart.proto.spec)["data"]
    ]


def untrained(runs: Path, *variants: str) -> None:
    """Write weights of variants as a training would, but drawn at random."""
    for name in variants:
        torch.manual_seed(0)
        kind = model_class(name)
        model = kind(MELD7, kind.variants[name.partition("+")[2]])
        save_model(runs / "checkpoints" / name, model, Temperatures())


@pytest.fixture
def trainings(fresh_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server without variants but those in an empty folder of trainings; returns that folder."""
    runs = tmp_path / "runs"
    monkeypatch.setenv("ERC_RUNS", str(runs))
    places = {True: (runs / "checkpoints",), False: (checkpoints.ROOT,)}
    monkeypatch.setattr(checkpoints, "checkpoint_places", lambda variants=False: places[variants])
    return runs


@pytest.fixture
def few_examples(trainings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with one example, which has sound alone."""
    monkeypatch.setattr(pipeline, "examples", lambda: tuple(e for e in every_example() if e.name == "radio_play"))
    return trainings


def make(asks: list[Ask]) -> None:
    """Run models over the examples as the page's button does."""
    store = Store(load_settings())
    params = {"corpus": EXAMPLES, "split": "", "runs": ";".join(ask.text for ask in asks)}
    job = queue.submit(store, f"{corpus_job.__module__}:{corpus_job.__name__}", params, "me", "run")
    lease = claim(store.database, "w1")
    assert lease is not None
    run(store, lease)
    state = queue.status(store, job, "me")
    store.close()
    assert state.state == "done", state.message


def test_every_figure_of_the_papers_has_a_drawing() -> None:
    named = {(figure.system, figure.number) for system in FIGURES for figure in figures_of(system)}
    assert named == set(DRAWN)


@pytest.mark.usefixtures("trainings")
def test_each_paper_s_figures_are_drawn_from_what_is_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "examples", every_example)
    monkeypatch.setattr(pipeline, "analyse", lambda *_, **__: pytest.fail("a model ran"))
    app = run_page(PAGE)
    for name in FIGURES:
        app.segmented_control(key="papers-system").set_value(name).run()
        assert not app.exception
        page = texts(app)
        figures = figures_of(name)
        assert all(f"{figure.number}: {figure.title}" in page and figure.drawn_from in page for figure in figures)
        assert "101 utterances" in page
        alone = [figure for figure in figures if not figure.asks and not figure.tables]
        assert len(app.get("plotly_chart")) >= len(alone) > 0
        commands = "\n".join(block.value for block in app.code)
        assert all(train_command(variant) in commands for figure in figures for variant in figure.trained)


@pytest.mark.usefixtures("fresh_server")
def test_without_examples_the_page_offers_a_run() -> None:
    app = run_page(PAGE)
    assert any("Run DQ-Former on Bundled examples" in button.label for button in app.button)


@pytest.mark.parametrize("name", list(FIGURES))
def test_every_command_that_the_page_names_is_one_that_the_command_line_takes(name: str) -> None:
    commands = {compare_command(figure) for figure in figures_of(name)} - {""}
    commands |= {train_command(variant) for figure in figures_of(name) for variant in figure.trained}
    for command in commands:
        python, module, package, *arguments = shlex.split(command)
        assert (python, module, package) == ("python", "-m", "erc_core")
        make_parser().parse_args(arguments)


def test_trained_variants_are_found_run_and_drawn_beside_the_model(few_examples: Path) -> None:
    untrained(few_examples, "df_erc+no_utterance_ddm", "df_erc+no_modality_ddm", "df_erc+no_context")
    app = run_page(PAGE)
    app.segmented_control(key="papers-system").set_value("df_erc").run()
    page = texts(app)
    assert "`no_utterance_ddm`, `no_modality_ddm`, `no_context`; 3 of 14" in page
    assert "DF-ERC (no_utterance_ddm) has not been run on Bundled examples yet" in page
    assert "mean ψ, no utterance ddm" not in names_of(app)
    make([Ask("df_erc"), *(Ask(f"df_erc+{v}") for v in ("no_utterance_ddm", "no_modality_ddm", "no_context"))])
    app.run()
    assert not app.exception
    names = names_of(app)
    assert "mean ψ, no utterance ddm" in names
    assert {"Acoustic, as it is", "Acoustic, no modality ddm"} <= set(names)
    assert "weighted F1: no context" in names
    table = next(frame.value for frame in app.dataframe if "no context" in list(frame.value["variant"]))
    variants = ["as it is", "no utterance ddm", "no modality ddm", "no context"]
    assert list(table["variant"])[: len(variants)] == variants  # what comes with the program stands below
    assert "--variant no_context" not in "\n".join(block.value for block in app.code)
    assert "--variant full_context" in "\n".join(block.value for block in app.code)


def test_a_missing_modality_is_absent_or_zero_and_the_early_variant_stands_beside(few_examples: Path) -> None:
    untrained(few_examples, "dq_former+early")
    make([Ask("dq_former"), Ask("dq_former+early"), *figures_of("dq_former")[3].asks])
    app = run_page(PAGE)
    page = texts(app)
    assert "The *early* variant" in page
    names = names_of(app)
    assert {"absent", "set to zero, as in the paper"} <= set(names)
    app.segmented_control(key="papers-dq_former-table4-how").set_value("absent").run()
    assert "set to zero, as in the paper" not in names_of(app)


def test_outcomes_of_the_lmam_comparisons_are_drawn_as_far_as_they_came(
    few_examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (papers_lmam, paper_needs):  # without what comes with the program
        monkeypatch.setattr(module, "remembered", partial(remembered, shipped=few_examples / "none"))
    memory = few_examples / "lmam" / "composite-dev" / "outcomes-30.json"
    entries = entries_of("rank", {}, MELD7)[:3]
    runner = Runner(lambda entry, seed: Outcome(0.6, 0.6 + seed / 100, (0.5,) * 7, 10, 1.0), memory)
    for entry in entries:
        runner.outcomes(entry, (0, 1))
    app = run_page(PAGE)
    app.segmented_control(key="papers-system").set_value("lmam").run()
    assert not app.exception
    page = texts(app)
    assert "composite dev, at most 30 passes; 2 seeds of each entry. Not trained so often yet: rank 35" in page
    sweep = next(
        json.loads(chart.proto.spec)["data"] for chart in app.get("plotly_chart") if "rank" in chart.proto.spec
    )
    assert [trace["name"] for trace in sweep] == ["mean over seeds", "one seed"]
    assert "--lmam equal_parameters" in "\n".join(block.value for block in app.code)
    assert "--lmam rank" not in "\n".join(block.value for block in app.code)


def test_kept_outcomes_of_compare_are_drawn_beside_the_runs(few_examples: Path) -> None:
    interval = {"value": 0.76, "low": 0.74, "high": 0.79, "level": 0.95}
    kept = {
        "scores": {"n": 1109, "weighted_f1": 0.76, "weighted_f1_interval": interval},
        "subsets": [{"name": "t", "weighted_f1": 0.57, "n": 1109}, {"name": "t+a+v", "weighted_f1": 0.76, "n": 1109}],
        "ablations": [{"name": "no_cfm", "weighted_f1": 0.7, "n": 1109}],
        "seeds": {"alone": [{"name": "t", "weighted_f1": 0.58, "n": 3}]},
    }
    path = few_examples / "compare" / "composite-dev-0.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"df_erc": kept}))
    app = run_page(PAGE)
    app.segmented_control(key="papers-system").set_value("df_erc").run()
    assert not app.exception
    assert "composite dev, by compare" in names_of(app)
    assert "composite dev, by compare, trained with these alone" in names_of(app)
    rows = [row for frame in app.dataframe for row in frame.value.to_dict("records")]
    assert {"no cfm", "t"} <= {row["variant"] for row in rows if row["measured on"].startswith("composite")}
    assert "--ablations" not in "\n".join(block.value for block in app.code)
