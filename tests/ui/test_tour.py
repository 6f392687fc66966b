"""The tour leads through pages and utterances that are there, and can be left at any step."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from erc_core.errors import InputError
from erc_core.pipeline import EXAMPLES, ask_what_if, examples, models
from erc_core.settings import load_settings
from erc_core.store.codec import decode
from erc_core.types import Analysis
from erc_core.ui import tour
from erc_core.ui.bundle import result_path
from erc_core.ui.examples import Card
from erc_core.ui.places import PLACES
from erc_core.ui.state import View, parse_view, query_of
from erc_core.ui.tour import STOPS, stop_number
from tests.ui.page_runs import run_page, texts


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: f"{stop.example}-{stop.address or 'browse'}")
def test_a_step_is_one_sentence_about_an_utterance_that_is_there(stop: tour.Stop) -> None:
    with (EXAMPLES / stop.example / "transcript.csv").open(encoding="utf-8") as file:
        count = len(list(csv.DictReader(file)))
    names = {f"u{i}" for i in range(1, count + 1)}
    assert {stop.utterance, *(edit.utterance for edit in stop.edits)} <= names
    assert stop.address in {place.address for place in PLACES}
    assert len(stop.sentence) < 180
    assert stop.sentence.endswith(".")
    assert ". " not in stop.sentence


def test_the_tour_goes_through_sarcasm_a_voice_alone_and_a_shift() -> None:
    assert {stop.example for stop in STOPS} == {"the_letter", "wonderful_news", "only_the_voice"}


def test_the_step_is_part_of_the_address() -> None:
    assert parse_view(query_of(View(tour="3"))).tour == "3"
    assert stop_number(View()) == 0


@pytest.mark.parametrize("raw", ["0", "10", "-1", "x", "１"])
def test_a_step_that_is_not_there_is_named(raw: str) -> None:
    with pytest.raises(InputError, match=r"step that the tour does not have.*allowed: 1 to 9"):
        stop_number(View(tour=raw))


@pytest.mark.usefixtures("fresh_server")
def test_a_step_shows_its_sentence_and_the_ways_on_and_out(kept: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tuple(Card(kept.dialogue.id, name, "", "0" * 64, 0.0, str(Path("/x") / name)) for name in
                  ("the_letter", "wonderful_news", "only_the_voice"))  # fmt: skip
    monkeypatch.setattr(tour, "example_cards", lambda: cards)
    app = run_page("06_Ask_what_if.py", dialogue=kept.dialogue.id, utterance="u6", tour="3", edits="drop:u2")
    assert "What if her dread had never been said?" in texts(app)
    labels = {item.proto.label for item in app.get("page_link")}
    assert {"◂ Back", "Next ▸", "Leave the tour"} <= labels
    assert "Next ▸" not in {i.proto.label for i in run_page("06_Ask_what_if.py", tour="9", dialogue=kept.dialogue.id)
                            .get("page_link")}  # fmt: skip


def test_a_step_without_a_conversation_opens_its_own_on_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tuple(Card(f"of-{stop.example}", stop.example, "", "0" * 64, 0.0, f"/x/{stop.example}") for stop in STOPS)
    monkeypatch.setattr(tour, "example_cards", lambda: cards)
    went: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(tour.st, "switch_page", lambda page, query_params: went.append((page.name, query_params)))
    tour.open_step(View(tour="4"))
    tour.open_step(View(tour="6"))
    assert went == [
        (page, {"dialogue": "of-wonderful_news", "utterance": "u2", "model": "df_erc", "tour": number})
        for page, number in (("01_Browse_conversations.py", "4"), ("05_Compare_models.py", "6"))
    ]
    tour.open_step(View(tour="4", dialogue="open"))
    tour.open_step(View())
    assert len(went) == 2
    monkeypatch.setattr(tour, "example_cards", lambda: ())
    with pytest.raises(InputError, match=r"examples are not here.*restore assets/examples"):
        tour.open_step(View(tour="4"))


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: f"{stop.example}-{stop.address or 'browse'}")
def test_where_the_face_is_angry_the_model_reads_faces(stop: tour.Stop) -> None:
    card = next(status.card for status in models() if status.name == stop.model)
    assert "v" in card.modalities or stop.example != "wonderful_news"


def test_the_voice_alone_is_heard_and_muted_it_is_lost() -> None:
    """The tour's last steps show what they say: sadness that the model hears, and does not once it is silent."""
    stop = STOPS[-1]
    example = next(one for one in examples() if one.name == stop.example)
    kept = decode(Analysis, result_path(example, stop.model).read_bytes())
    assert kept.prediction.label_of(example.dialogue.position(stop.utterance)) == "sadness"
    after = ask_what_if(example.dialogue, example.clip, stop.model, load_settings(), stop.edits)
    assert after.prediction.label_of(example.dialogue.position(stop.utterance)) != "sadness"
