"""The page Papers' figures draws every system's figures from the bundled results, without a run."""

from __future__ import annotations

import shlex

import pytest

from erc_core import pipeline
from erc_core.cli import _parser
from erc_core.ui.papers import COMMANDS, FIGURES
from tests.ui.page_runs import every_example, run_page, texts

PAGE = "11_Redraw_papers.py"
TITLES = {
    "DQ-Former": ("Fig. 3", "Fig. 4"),
    "DF-ERC": ("Fig. 6 and 8", "Fig. 7", "Fig. 10", "Fig. 11"),
    "CMATH": ("Fig. 3", "Fig. 5", "Fig. 7"),
    "LMAM": ("The fused features",),
    "AMuSE": ("F1 by the length",),
}


@pytest.mark.usefixtures("fresh_server")
def test_each_paper_s_figures_are_drawn_from_what_is_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "examples", every_example)
    monkeypatch.setattr(pipeline, "analyse", lambda *_, **__: pytest.fail("a model ran"))
    app = run_page(PAGE)
    for name in COMMANDS:
        app.segmented_control(key="papers-system").set_value(name).run()
        assert not app.exception
        page = texts(app)
        title = next(title for title in TITLES if title.replace("-", "_").lower() == name)
        for figure in TITLES[title]:
            assert figure in page
        assert "101 utterances" in page
        assert len(app.get("plotly_chart")) >= len(FIGURES[name])
        assert any("python -m erc_core" in block.value for block in app.code)


@pytest.mark.usefixtures("fresh_server")
def test_without_examples_the_page_offers_a_run() -> None:
    app = run_page(PAGE)
    assert any("Run DQ-Former on Bundled examples" in button.label for button in app.button)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_that_the_page_names_is_one_that_the_command_line_takes(name: str) -> None:
    for _, commands in COMMANDS[name]:
        for command in commands.splitlines():
            python, module, package, *arguments = shlex.split(command)
            assert (python, module, package) == ("python", "-m", "erc_core")
            _parser().parse_args(arguments)
