"""Files to take away: made when their button is pressed, and only while the conversation is still shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erc_core import pipeline
from erc_core.errors import StoreError
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis
from erc_core.ui import desk, exports, figure_files
from erc_core.ui.desk import Opened
from erc_core.ui.state import View
from tests.ui.page_runs import run_page


@pytest.mark.usefixtures("fresh_server")
def test_a_page_that_stayed_open_exports_nothing_after_the_link_was_taken_back(
    kept: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue = kept.dialogue.with_utterances(kept.dialogue.utterances[:2])
    store = Store(load_settings())
    store.put_dialogue(dialogue, "ana")
    store.visit(store.share(dialogue.id, "ana"), "ben")
    for module in (desk, exports):
        monkeypatch.setattr(module, "owner", lambda: "ben")
    status = next(one for one in pipeline.models() if one.name == kept.prediction.model.name)
    shown = replace(kept, dialogue=dialogue)
    files = exports.exports_of(Opened(View(), dialogue, status, shown, shown, dialogue.utterances[0].id))
    (data,) = (one for one in files if one.ending == "json")
    assert dialogue.utterances[1].speaker in str(data.make())
    store.revoke(store.seen_through(dialogue.id, "ben"), "ana")
    for one in files:
        with pytest.raises(StoreError, match="There is no such dialogue"):
            one.make()
    store.close()


@pytest.mark.usefixtures("fresh_server")
def test_neither_do_the_numbers_of_its_pictures_go_out(kept: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    dialogue = kept.dialogue.with_utterances(kept.dialogue.utterances[:2])
    store = Store(load_settings())
    store.put_dialogue(dialogue, "ana")
    store.visit(store.share(dialogue.id, "ana"), "ben")
    monkeypatch.setattr(desk, "owner", lambda: "ben")
    made = figure_files.shown_file(lambda figures, about: str(sorted(about)), {}, {"dialogue": dialogue.id})
    assert made() == "['dialogue']"
    store.revoke(store.seen_through(dialogue.id, "ben"), "ana")
    with pytest.raises(StoreError, match="There is no such dialogue"):
        made()
    about_no_dialogue = figure_files.shown_file(lambda figures, about: "corpus", {}, {"page": "Corpus"})
    assert about_no_dialogue() == "corpus"
    store.close()


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize("page", ["05_Compare_models.py", "07_Weigh_evidence.py"])
def test_a_page_makes_no_file_before_its_button_is_pressed(kept: Analysis, page: str) -> None:
    buttons = [item.proto for item in run_page(page, dialogue=kept.dialogue.id).get("download_button")]
    assert buttons
    assert [button.label for button in buttons if not button.deferred_file_id or button.url] == []
