"""A note is written, found again and exported."""

from __future__ import annotations

import json

import pytest

from erc_core.types import Analysis
from tests.ui.page_runs import run_page, texts

BROWSE = "01_Browse_conversations.py"

pytestmark = pytest.mark.usefixtures("fresh_server")


def test_what_is_written_of_an_utterance_is_kept_and_listed(kept: Analysis) -> None:
    app = run_page(BROWSE, dialogue=kept.dialogue.id, utterance="u2")
    place = f"{kept.dialogue.id}-u2"
    app.text_area(key=f"note-text-{place}").set_value("<i>not</i> joy")
    app.selectbox(key=f"note-label-{place}").set_value("anger")
    app.checkbox(key=f"note-mark-{place}").set_value(True)
    next(button for button in app.button if button.label == "Keep").click().run()
    assert not app.exception
    assert app.button(key="note-go-u2").label == "★ u2"
    assert "&lt;i&gt;not&lt;/i&gt; joy" in texts(app)


def test_a_page_offers_every_kind_of_file(kept: Analysis) -> None:
    app = run_page(BROWSE, dialogue=kept.dialogue.id)
    labels = [button.proto.label for button in app.get("download_button")]
    clip = ["Report (HTML)", "Table (CSV)", "Data (JSON)", "Subtitles (WebVTT)", "ELAN (.eaf)"]
    assert labels == [*clip, "Numbers of all pictures (CSV)", "Numbers of all pictures (JSON)"]


def test_the_camera_saves_pictures_in_the_chosen_format(kept: Analysis) -> None:
    app = run_page(BROWSE, dialogue=kept.dialogue.id)

    def formats() -> set[str]:
        charts = [json.loads(chart.proto.config) for chart in app.get("plotly_chart")]
        return {chart["toImageButtonOptions"]["format"] for chart in charts}

    assert formats() == {"svg"}
    app.segmented_control(key="picture-format").set_value("PNG").run()
    assert formats() == {"png"}
