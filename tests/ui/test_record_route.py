"""Recordings go into the store for the session that sent them, and for nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from erc_core.errors import StoreError
from erc_core.settings import Settings
from erc_core.store.store import Store
from erc_core.ui.media_route import session_cookie, session_of
from erc_core.ui.record_route import HEADER, PATH, record_routes

RECORDED = b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 50
OURS = {HEADER: "1"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", max_size_mb=1)


@pytest.fixture
def browser(settings: Settings) -> Iterator[TestClient]:
    page = Route("/", lambda request: PlainTextResponse("page"))
    app = Starlette(routes=[page, *record_routes(settings)], middleware=[session_cookie(settings)])
    with TestClient(app, base_url="http://app") as client:
        client.get("/")
        yield client


def test_a_recording_is_kept_for_its_session_alone(browser: TestClient, settings: Settings) -> None:
    answer = browser.post(PATH, content=RECORDED, headers=OURS)
    sha256 = answer.json()["sha256"]
    assert (answer.status_code, sha256) == (200, hashlib.sha256(RECORDED).hexdigest())
    store = Store(settings)
    assert store.media_path(sha256).read_bytes() == RECORDED
    store.check_brought(sha256, str(session_of(dict(browser.cookies))))
    for stranger in ("ana", ""):
        with pytest.raises(StoreError, match="no such clip of yours"):
            store.check_brought(sha256, stranger)
    store.close()


@pytest.mark.parametrize(
    ("content", "headers", "status", "said"),
    [
        (RECORDED, {}, 403, "the page Analyse a clip alone"),
        (b"", OURS, 400, "empty"),
        (b"x" * 1_000_001, OURS, 413, "larger than 1 MB"),
    ],
)
def test_what_is_not_taken_is_told_why(
    browser: TestClient, content: bytes, headers: dict[str, str], status: int, said: str
) -> None:
    answer = browser.post(PATH, content=content, headers=headers)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_without_the_cookie_nothing_is_taken(browser: TestClient) -> None:
    browser.cookies.clear()
    assert browser.post(PATH, content=RECORDED, headers=OURS).status_code == 403
    assert browser.get(PATH).status_code == 405
