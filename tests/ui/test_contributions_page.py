"""Contributions and Models run as pages, whatever the chosen system reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erc_core import pipeline
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis
from tests.ui.page_runs import keep_example, run_page, texts
from tests.ui.sample_traces import sample_trace

PAGE = "04_Inspect_contributions.py"

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.mark.parametrize(("system", "pictures"), [("df_erc", 3), ("cmath", 5), ("lmam", 3), ("amuse", 3)])
def test_there_is_a_picture_of_everything_that_a_system_reports(system: str, pictures: int, kept: Analysis) -> None:
    arrays = sample_trace(system, tuple(u.id for u in kept.dialogue.utterances)).arrays
    store = Store(load_settings())
    told = replace(kept, trace=replace(kept.trace, arrays=arrays))
    store.put_analysis(told, pipeline.analysis_key(kept.dialogue, kept.prediction.model), "")
    store.close()
    app = run_page(PAGE, dialogue=kept.dialogue.id, utterance="u2")
    assert len(app.get("plotly_chart")) == pictures
    assert "From the same forward pass as the prediction" in texts(app)


@pytest.mark.parametrize("system", ["dq_former", "df_erc", "cmath", "lmam", "amuse"])
def test_what_comes_with_an_example_is_drawn(system: str) -> None:
    example = keep_example("the_letter", system)
    app = run_page(PAGE, dialogue=example.dialogue.id, utterance="u6", model=system)
    assert app.get("plotly_chart")
    assert "Something went wrong" not in texts(app)


def test_layers_tells_where_to_go_for_a_system_without_layers(kept: Analysis) -> None:
    store = Store(load_settings())
    told = replace(kept, trace=replace(kept.trace, arrays=()))
    store.put_analysis(told, pipeline.analysis_key(kept.dialogue, kept.prediction.model), "")
    store.close()
    app = run_page("03_Inspect_layers.py", dialogue=kept.dialogue.id)
    assert "has no confidences of layers" in texts(app)
    assert not app.slider


def test_dq_former_shows_its_shares_and_the_way_to_its_layers(kept: Analysis) -> None:
    app = run_page(PAGE, dialogue=kept.dialogue.id)
    assert len(app.get("plotly_chart")) == 1
    assert any("layer by layer" in link.proto.label for link in app.get("page_link"))


def test_models_names_what_is_there_and_what_is_not() -> None:
    page = texts(run_page("09_Read_models.py"))
    assert "DQ-Former" in page
    assert "9.0 M</b> parameters" in page
    assert "ERC_CHECKPOINTS" in page
    assert "<h4>Limits</h4>" in page
