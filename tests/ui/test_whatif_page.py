"""What if: every move is an edit in the address, and the model answers it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from erc_core.types import Analysis
from erc_core.whatif.edit_text import edits_text, parse_edits
from erc_core.whatif.edits import DropUtterance, SpeakerEdit, WordsEdit
from tests.ui.page_runs import run_page, texts

PAGE = "06_Ask_what_if.py"

pytestmark = pytest.mark.usefixtures("fresh_server")


def open_page(kept: Analysis, *edits: WordsEdit | DropUtterance | SpeakerEdit) -> AppTest:
    return run_page(PAGE, dialogue=kept.dialogue.id, utterance="u3", edits=edits_text(edits))


def edits_in(app: AppTest) -> tuple[object, ...]:
    found = app.query_params.get("edits", "")
    return parse_edits(found if isinstance(found, str) else found[-1])


def test_without_an_edit_the_page_offers_what_can_be_done_with_one_press(kept: Analysis) -> None:
    app = open_page(kept)
    assert "Nothing is changed yet" in texts(app)
    button = next(button for button in app.button if button.label == "Forget what was said before")
    button.click().run()
    assert edits_in(app) == (DropUtterance("u1"), DropUtterance("u2"))
    assert not app.exception


def test_other_words_are_answered_at_once_and_stay_in_the_address(kept: Analysis) -> None:
    app = open_page(kept)
    app.text_area(key="edit-words").set_value("I hate you").run()
    assert not app.exception
    assert edits_in(app) == (WordsEdit("u3", "I hate you"),)
    assert "u3 turns from" in texts(app) or "u3 stays" in texts(app)
    assert len(app.get("plotly_chart")) == 2


def test_typing_the_old_words_takes_the_edit_back(kept: Analysis) -> None:
    app = open_page(kept, WordsEdit("u3", "I hate you"))
    assert app.text_area(key="edit-words").value == "I hate you"
    app.text_area(key="edit-words").set_value("I knew it! I told you so!").run()
    assert edits_in(app) == ()


def test_edits_of_several_utterances_are_listed_and_taken_back_one_by_one(kept: Analysis) -> None:
    app = open_page(kept, DropUtterance("u1"), SpeakerEdit("u3", "Zoe <b>"))
    assert {button.label for button in app.button if button.key and button.key.startswith("undo-")} >= {
        "✕ u1 was never said",
        r"✕ u3 is said by Zoe \<b\>",
    }
    app.button(key="undo-drop-u1").click().run()
    assert edits_in(app) == (SpeakerEdit("u3", "Zoe <b>"),)
    app.selectbox(key="edit-speaker").set_value("Mara").run()
    assert edits_in(app) == ()


def test_an_utterance_that_is_left_out_has_no_bars(kept: Analysis) -> None:
    app = open_page(kept, DropUtterance("u3"))
    assert "is left out" in texts(app)
    assert len(app.get("plotly_chart")) == 1


def test_what_cannot_be_edited_says_why(kept: Analysis) -> None:
    assert "DQ-Former takes no face." in texts(open_page(kept))


def test_leaving_everything_out_is_answered_with_what_to_do(kept: Analysis) -> None:
    page = texts(open_page(kept, *(DropUtterance(u.id) for u in kept.dialogue.utterances)))
    assert "keep at least one" in page
