"""Every page runs through the shell: with nothing there, with one dialogue, and with an address that makes no sense."""

from __future__ import annotations

import pytest

from erc_core.types import Analysis
from erc_core.ui.places import PLACES
from tests.ui.page_runs import keep_example, run_page, texts

PAGES = (
    "01_Browse_conversations.py",
    "02_Analyse_clip.py",
    "03_Inspect_layers.py",
    "04_Inspect_contributions.py",
    "05_Compare_models.py",
    "06_Ask_what_if.py",
)

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_an_empty_store_says_what_to_do(name: str) -> None:
    assert "Analyse a clip" in texts(run_page(name))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_one_dialogue_shows_it_on_the_stage(name: str, kept: Analysis) -> None:
    app = run_page(name, dialogue=kept.dialogue.id)
    assert app.title[-1].value == r"The call & \<b\>more\</b\> !\[x\](https\://host/x.png)"
    assert "8</b> utterances" in texts(app)


def test_browse_draws_the_dialogue_its_speakers_and_its_course(kept: Analysis) -> None:
    app = run_page(PAGES[0], dialogue=kept.dialogue.id)
    assert len(app.get("plotly_chart")) == 1 + len(kept.speakers) + 1
    assert "On the whole" in texts(app)


def test_layers_draws_confidences_distributions_and_attention(kept: Analysis) -> None:
    app = run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u2")
    assert len(app.get("plotly_chart")) == 4
    assert "Utterance u2" in texts(app)


def test_layers_names_the_layers_that_pass_nothing_on(kept: Analysis) -> None:
    page = texts(run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u1"))
    assert "In layers 4, 5, 6 both modalities are under τ and masked" in page
    assert "both modalities are" not in texts(run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u4"))


def test_turning_tau_puts_it_into_the_address(kept: Analysis) -> None:
    app = run_page(PAGES[2], dialogue=kept.dialogue.id, utterance="u4")
    app.slider(key="tau").set_value(0.3).run()
    assert not app.exception
    assert app.query_params["tau"] == "0.30"
    assert "τ = 0.30" in texts(app)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tau": "9"}, "allowed: 0.0 to 0.5"),
        ({"dialogue": "0" * 16}, "There is no such dialogue"),
        ({"model": "gpt"}, "The address names a model that is not there"),
        ({"utterance": "u99"}, "The dialogue has no such utterance"),
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_a_box(
    params: dict[str, str], message: str, kept: Analysis
) -> None:
    page = texts(run_page(PAGES[2], **({"dialogue": kept.dialogue.id} | params)))
    assert 'role="alert"' in page
    assert message.removeprefix("allowed: ") in page


def test_no_text_of_a_dialogue_is_markup(kept: Analysis) -> None:
    page = "".join(str(item.proto.body) for item in run_page(PAGES[2], dialogue=kept.dialogue.id).get("html"))
    assert "<b>Lisbon</b>" not in page


def test_what_can_be_loaded_is_said_before_the_upload() -> None:
    page = texts(run_page(PAGES[1]))
    assert "up to 500 MB and 60 minutes, pictures up to 8.3 megapixels, 2,000 utterances" in page
    assert "no Whisper model is set up here" in page
    assert "AI Act" in page
    assert "whose speakers agreed" in page


@pytest.mark.parametrize("name", PAGES[2:])
def test_a_page_whose_title_is_the_conversation_says_what_it_answers(name: str, kept: Analysis) -> None:
    place = next(place for place in PLACES if place.file == name)
    assert place.lead
    assert f"**{place.title}**: {place.lead}" in texts(run_page(name, dialogue=kept.dialogue.id))


@pytest.mark.parametrize("name", PAGES[:2])
def test_from_an_utterance_links_lead_to_its_reasons_and_to_what_if(name: str, kept: Analysis) -> None:
    links = run_page(name, dialogue=kept.dialogue.id, utterance="u4").get("page_link")
    labels = {item.proto.label: item.proto for item in links}
    assert {"Why it says so ▸", "What if it had been otherwise ▸", "What other models say ▸"} <= set(labels)
    assert "utterance=u4" in str(labels["Why it says so ▸"])


@pytest.mark.parametrize(
    ("name", "params", "model"),
    [(PAGES[0], {}, "df_erc"), (PAGES[2], {}, "dq_former"), (PAGES[0], {"tau": "0.3"}, "dq_former")],
)
def test_an_address_without_a_model_opens_the_one_that_fits(name: str, params: dict[str, str], model: str) -> None:
    example = keep_example("the_letter", "df_erc", "dq_former")
    app = run_page(name, dialogue=example.dialogue.id, model="", **params)
    assert app.selectbox(key="model").value == model
