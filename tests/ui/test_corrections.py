"""Who is who is put right on the page: names, faces, and where an utterance ends."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from erc_core.clip_faces import KIND, ClipFaces, faces_key
from erc_core.errors import InputError
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis, Dialogue
from erc_core.ui.bundle import file_faces
from erc_core.ui.corrections import renamed
from erc_core.ui.media_route import COOKIE, session_of
from tests.ui.page_runs import keep_example, run_page, texts
from tests.ui.sample_analysis import sample_dialogue

ANALYSE = "02_Analyse_clip.py"

pytestmark = pytest.mark.usefixtures("fresh_server")


def address(app: AppTest) -> str:
    """Return the dialogue in the address."""
    value = app.query_params["dialogue"]
    return value if isinstance(value, str) else value[0]


def press(app: AppTest, label: str) -> Dialogue:
    """Press a button and return the dialogue that it leads to."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    store = Store(load_settings())
    found = store.dialogue(address(app), str(session_of({COOKIE: "c" * 43})))
    store.close()
    return found


def test_names_are_changed_with_each_other_and_equal_names_become_one_speaker() -> None:
    dialogue = sample_dialogue()
    first, second = dialogue.speakers[:2]
    swapped = renamed(dialogue, [(first, second), (second, first), *((n, n) for n in dialogue.speakers[2:])])
    exchange = {first: second, second: first}
    assert [u.speaker for u in swapped.utterances] == [exchange.get(u.speaker, u.speaker) for u in dialogue.utterances]
    assert renamed(dialogue, [(name, "Ada ") for name in dialogue.speakers]).speakers == ("Ada",)
    with pytest.raises(InputError, match="needs a name"):
        renamed(dialogue, [(first, "  ")])


def test_a_speaker_is_renamed_on_the_page(kept: Analysis) -> None:
    app = run_page(ANALYSE, dialogue=kept.dialogue.id)
    old = kept.dialogue.speakers[0]
    app.text_input(key=f"name-{kept.dialogue.id}-0").set_value("Zoë <b>")
    found = press(app, "Rename or merge")
    assert found.id != kept.dialogue.id
    assert [u.speaker == "Zoë <b>" for u in found.utterances] == [u.speaker == old for u in kept.dialogue.utterances]


def test_an_utterance_is_cut_in_two_and_goes_to_another_speaker(kept: Analysis) -> None:
    app = run_page(ANALYSE, dialogue=kept.dialogue.id, utterance="u2")
    found = press(app, "Cut in two")
    assert len(found.utterances) == len(kept.dialogue.utterances) + 1
    app = run_page(ANALYSE, dialogue=kept.dialogue.id, utterance="u2")
    app.text_input(key=f"said-{kept.dialogue.id}-u2").set_value("Somebody new")
    found = press(app, "Give it to that speaker")
    assert [u.id for u in found.utterances if u.speaker == "Somebody new"] == ["u2"]


def test_a_step_that_changes_nothing_says_so(kept: Analysis) -> None:
    app = run_page(ANALYSE, dialogue=kept.dialogue.id)
    next(button for button in app.button if button.label == "Rename or merge").click().run()
    assert "Nothing has changed" in texts(app)
    assert address(app) == kept.dialogue.id


def test_a_face_is_linked_by_hand_and_looked_for_again() -> None:
    example = keep_example("the_letter", "dq_former")
    store = Store(load_settings())
    assert file_faces(example, store)
    faces = store.result(KIND, faces_key(example.dialogue.id), ClipFaces)
    assert faces is not None
    app = run_page(ANALYSE, dialogue=example.dialogue.id)
    offered = next(box for box in app.selectbox if box.label == "are said by")
    tracks = {name.track for name in faces.names}
    assert {f"face {track}" for track in tracks} <= set(offered.options)
    track = min(tracks)
    offered.set_value(f"face {track}")
    next(box for box in app.selectbox if box.label == "Utterances").set_value("only u1")
    found = press(app, "Link the face")
    assert [u.face_track for u in found.utterances] == [track, *(None for _ in found.utterances[1:])]
    assert f"faces-job-{found.id}" in app.session_state
    store.close()
