"""Work that a page follows: what is gone is forgotten, so that the page can ask anew."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from erc_core.jobs import queue
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.ui.media_route import COOKIE, session_of

OWNER = session_of({COOKIE: "c" * 43}) or ""


def page() -> None:
    import streamlit as st

    from erc_core.ui.work import follow

    if "asked" in st.session_state:
        follow("asked", 1)
    else:
        st.caption("asks anew")


def followed(job: str) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["asked"] = job
    return app.run()


@pytest.mark.usefixtures("fresh_server")
def test_work_that_went_with_its_conversation_is_forgotten() -> None:
    assert [one.value for one in followed("0" * 32).caption] == ["asks anew"]


@pytest.mark.usefixtures("fresh_server")
def test_work_that_was_stopped_says_so_and_can_be_asked_for_again() -> None:
    store = Store(load_settings())
    job = queue.submit(store, "tests.jobs.sample_jobs:count", {}, OWNER, "a clip")
    queue.cancel(store, job, OWNER)
    store.close()
    app = followed(job)
    assert "Stopped." in app.info[0].value
    app.button[0].click().run()
    assert [one.value for one in app.caption] == ["asks anew"]


@pytest.mark.usefixtures("fresh_server")
def test_no_name_of_work_is_markdown() -> None:
    store = Store(load_settings())
    job = queue.submit(store, "tests.jobs.sample_jobs:count", {}, OWNER, "![x](https://host/x.png)")
    store.close()
    (bar,) = followed(job).get("progress")
    assert bar.proto.text.startswith(r"!\[x\](https\://host/x.png): ")
