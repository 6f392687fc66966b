"""Compare: several models and a table of another one side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from erc_core import pipeline
from erc_core.explaining import KIND, Request, explain, explanation_key
from erc_core.models.checkpoints import ROOT, count_parameters, model_ref, save_weights
from erc_core.pipeline import ModelStatus
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import MELD7, Analysis, ModelRef, frozen_array
from erc_core.ui import compare_parts
from erc_core.ui.compare import example_table
from tests.ui.page_runs import keep_example, run_page, texts

PAGE = "05_Compare_models.py"
RIVAL, TWIN = "df_erc", "cmath"

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.fixture
def rivals(kept: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """Two more systems, called Rival and Twin here, with stored answers; the twin says what DQ-Former says."""
    own = next(status for status in pipeline.models() if status.name == "dq_former")
    root = tmp_path / "checkpoints"
    root.mkdir()
    for folder in (one for one in ROOT.iterdir() if one.name not in (RIVAL, TWIN)):
        (root / folder.name).symlink_to(folder)
    statuses, store = [own], Store(load_settings())
    for number, name in enumerate((RIVAL, TWIN)):
        save_weights(root / name, {"w": torch.zeros(3, 4)}, {"encoders": {}})
        ref = ModelRef(name, f"{number}d" * 32, MELD7)
        statuses.append(
            ModelStatus(name, replace(own.card, name=name, title="Rival" if name == RIVAL else "Twin"), ref)
        )
        values = kept.prediction.probabilities
        rows = np.roll(values, 1, axis=1) if name == RIVAL else values
        prediction = replace(kept.prediction, model=ref, probabilities=frozen_array(rows))
        analysis = replace(kept, prediction=prediction, trace=replace(kept.trace, model=ref, arrays=()))
        store.put_analysis(analysis, pipeline.analysis_key(kept.dialogue, ref), "")
    store.close()
    monkeypatch.setattr(pipeline, "models", lambda: tuple(statuses))
    monkeypatch.setattr(compare_parts, "count_parameters", partial(count_parameters, root=root))
    return kept


def open_page(analysis: Analysis, **params: str) -> AppTest:
    return run_page(PAGE, dialogue=analysis.dialogue.id, utterance="u3", **params)


def test_one_model_alone_is_told_what_to_do(kept: Analysis) -> None:
    page = texts(open_page(kept, models="dq_former"))
    assert "Only one model is chosen" in page
    assert "Two models are needed" in page


def test_all_models_stand_side_by_side_with_the_truth(rivals: Analysis) -> None:
    app = open_page(rivals)
    assert len(app.get("plotly_chart")) == 5
    assert "as in the truth" in app.dataframe[-1].value.columns
    assert list(app.dataframe[-1].value["model"]) == ["DQ-Former", "Rival", "Twin"]
    assert app.dataframe[-1].value["parameters"][1] == 12


def test_the_pinned_models_are_in_the_address(rivals: Analysis) -> None:
    app = open_page(rivals, against=TWIN)
    assert (app.selectbox(key="pin-a").value, app.selectbox(key="pin-b").value) == ("dq_former", TWIN)
    app.selectbox(key="pin-b").set_value(RIVAL).run()
    assert app.query_params["against"] in (RIVAL, [RIVAL])


def test_a_press_on_a_disagreement_chooses_its_utterance(rivals: Analysis) -> None:
    app = open_page(rivals)
    buttons = [button for button in app.button if (button.key or "").startswith("differs-")]
    assert len(buttons) == len(rivals.dialogue.utterances)  # the rival never agrees
    buttons[0].click().run()
    assert not app.exception
    chosen = (buttons[0].key or "").removeprefix("differs-")
    assert app.query_params["utterance"] in (chosen, [chosen])


def test_models_that_agree_everywhere_have_nothing_to_list(rivals: Analysis) -> None:
    assert "The models agree on every utterance" in texts(open_page(rivals, models=f"dq_former,{TWIN}"))


def test_our_own_table_comes_back_as_another_source(kept: Analysis) -> None:
    app = open_page(kept)
    app.file_uploader(key="other-table").set_value(("mine.csv", example_table(kept).encode(), "text/csv")).run()
    assert not app.exception
    assert "mine.csv" in app.dataframe[0].value.columns
    assert list(app.dataframe[0].value["mine.csv"]) == list(app.dataframe[0].value["DQ-Former"])


def test_a_hostile_table_is_answered_in_a_box_and_changes_nothing(kept: Analysis) -> None:
    app = open_page(kept)
    bad = b"utterance,label\nu1,<script>alert(1)</script>\n"
    app.file_uploader(key="other-table").set_value(("x.csv", bad, "text/csv")).run()
    page = "".join(str(item.proto.body) for item in app.get("html"))
    assert "no label of MELD-7" in page
    assert "<script>" not in page
    assert list(app.dataframe[0].value.columns) == ["utterance", "Truth", "DQ-Former"]


def test_the_reasons_of_two_models_stand_side_by_side_on_one_scale() -> None:
    example = keep_example("the_letter", "df_erc", "lmam")
    store = Store(load_settings())
    requests = [Request(name, "u6", "modality_shapley", {}, "joy") for name in ("df_erc", "lmam")]
    for request in requests:
        found = explain(example.dialogue, example.clip, request, load_settings())
        key = explanation_key(example.dialogue, model_ref(request.model), request)
        store.put_result(KIND, key, found, dialogue=example.dialogue.id, model=request.model)
    store.close()
    view = {"dialogue": example.dialogue.id, "utterance": "u6", "label": "joy"}
    app = run_page(PAGE, **view, model="df_erc", models="df_erc,lmam", against="lmam")
    assert "Not explained yet" not in texts(app)
    bars = [chart for chart in app.get("plotly_chart") if "against" in chart.proto.spec]
    assert len({json.loads(chart.proto.spec)["layout"]["xaxis"]["range"][1] for chart in bars}) == 1
    assert len(bars) == 2
    app.pills(key="reason-method").set_value("context_removal").run()
    assert "Not explained yet: press Explain" in texts(app)
    assert app.button(key="explain-both").label == "Explain DF-ERC and LMAM"
