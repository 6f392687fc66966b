"""Evidence: what is kept shows at once, what is not is asked for by a button, and nothing stands without its trust."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from erc_core import explaining
from erc_core.explaining import KIND, Request, explanation_key
from erc_core.explanation import Explanation
from erc_core.jobs import queue
from erc_core.models.checkpoints import model_ref
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis
from erc_core.ui.media_route import COOKIE, session_of
from tests.ui.page_runs import run_page, texts

PAGE = "07_Weigh_evidence.py"

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.fixture
def explained(kept: Analysis) -> Explanation:
    """LIME's words for u6, whose text holds markup, in the store."""
    request = Request("dq_former", "u6", "lime_words", {})
    found = explaining.explain(kept.dialogue, None, request, load_settings())
    store = Store(load_settings())
    key = explanation_key(kept.dialogue, model_ref("dq_former"), request)
    store.put_result(KIND, key, found, dialogue=kept.dialogue.id, model="dq_former")
    store.close()
    return found


def open_page(analysis: Analysis, **params: str) -> AppTest:
    return run_page(PAGE, dialogue=analysis.dialogue.id, **{"utterance": "u6", **params})


def html(app: AppTest) -> str:
    return "".join(str(item.proto.body) for item in app.get("html"))


def test_without_explanations_the_page_says_so_and_offers_to_compute_them(kept: Analysis) -> None:
    app = open_page(kept)
    assert "Nothing is explained yet" in texts(app)
    app.button(key="explain").click().run()
    assert not app.exception
    store = Store(load_settings())
    labels = [job.label for job in queue.jobs_of(store, session_of({COOKIE: "c" * 43}) or "")]
    store.close()
    assert any("u6 by lime words" in label for label in labels)
    assert not any("face" in label for label in labels)  # DQ-Former reads no face


def test_a_kept_explanation_is_drawn_on_the_words_with_its_trust(kept: Analysis, explained: Explanation) -> None:
    page = html(open_page(kept))
    assert 'class="evidence"' in page
    assert explained.sentence.split(";")[0][:40] in page
    assert "stability" in page
    assert "&lt;" in page
    assert "<b>Lisbon</b>" not in page


def test_another_class_is_another_question(kept: Analysis, explained: Explanation) -> None:
    app = open_page(kept)
    other = "joy" if explained.target.label != "joy" else "anger"
    app.selectbox(key="why-label").set_value(other).run()
    assert not app.exception
    assert app.query_params["label"] in (other, [other])
    assert "Nothing is explained yet" in texts(app)
    assert f"Why {other}?" in texts(app)


def test_a_class_that_the_model_does_not_know_is_no_question(kept: Analysis) -> None:
    page = texts(open_page(kept, label="![x](https://host/x.png)"))
    assert "Why " in page
    assert "![x]" not in page


def test_explanations_that_went_with_their_conversation_do_not_stop_the_page(kept: Analysis) -> None:
    app = open_page(kept)
    app.session_state["explain-jobs"] = {"key": "0" * 32}
    app.run()
    assert "There is no such job" not in html(app)
    assert app.session_state["explain-jobs"] == {}


def test_a_method_that_does_not_apply_says_why(kept: Analysis) -> None:
    page = texts(open_page(kept, method="lime_face"))
    assert "does not apply" in "".join(open_page(kept, method="lime_face").selectbox(key="method").options)
    assert "reads no pictures" in page


def test_a_form_is_drawn_from_the_methods_parameters(kept: Analysis) -> None:
    app = open_page(kept, method="lime_words")
    keys = {w.key for w in (*app.number_input, *app.selectbox, *app.toggle) if (w.key or "").startswith("param-")}
    names = {
        f"param-lime_words-{spec.name}" for spec in explaining.specs(explaining.EXPLAINERS.get("lime_words").params)
    }
    assert keys == names


def test_the_table_names_the_strongest_words_and_leaves_what_is_not_explained_empty(
    kept: Analysis, explained: Explanation
) -> None:
    table = open_page(kept).dataframe[-1].value
    assert list(table["utterance"]) == ["u6"]
    assert explained.ranked()[0].name in table["T explanation"][0]
    assert table["A explanation"][0].startswith("missing")
