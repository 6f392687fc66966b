from __future__ import annotations

import base64
import io
import re
import stat
import threading
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
from erc_core.ui.media_route import (
    COOKIE,
    PUBLIC,
    SIGNED_IN,
    WINDOW_S,
    media_routes,
    session_cookie,
    session_of,
    sign_media,
    viewer_of,
)
from tests.store.sample_values import with_clip

CLIP = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 100


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def clip(settings: Settings) -> str:
    store = Store(settings)
    sha256 = store.put_media(io.BytesIO(CLIP), owner="ana")
    store.close()
    return sha256


class Browser:
    """A browser that has opened the app's page and so has a cookie."""

    def __init__(self, settings: Settings, address: str = "http://app") -> None:
        page = Route("/", lambda request: PlainTextResponse("page"))
        app = Starlette(routes=[page, *media_routes(settings)], middleware=[session_cookie(settings)])
        self.client = TestClient(app, base_url=address)
        self.first = self.client.get("/")

    @property
    def session(self) -> str:
        found = session_of(dict(self.client.cookies))
        assert found is not None
        return found


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    opened = Browser(settings)
    yield opened
    opened.client.close()


def test_the_own_link_gives_the_clip(settings: Settings, browser: Browser, clip: str) -> None:
    answer = browser.client.get(sign_media(settings, browser.session, clip))
    assert (answer.status_code, answer.content) == (200, CLIP)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(("asked", "content"), [
    ("bytes=0-9", CLIP[:10]), ("bytes=1000-1999", CLIP[1000:2000]), ("bytes=-5", CLIP[-5:]), ("bytes=100-", CLIP[100:]),
])  # fmt: skip
def test_a_player_gets_the_bytes_it_seeks(
    settings: Settings, browser: Browser, clip: str, asked: str, content: bytes
) -> None:
    answer = browser.client.get(sign_media(settings, browser.session, clip), headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"].endswith(f"/{len(CLIP)}")


def test_a_range_beyond_the_end_is_refused(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip)
    assert browser.client.get(link, headers={"range": "bytes=999999-"}).status_code == 416


def test_the_link_of_another_browser_gives_nothing(settings: Settings, browser: Browser, clip: str) -> None:
    other = Browser(settings)
    assert other.session != browser.session
    assert other.client.get(sign_media(settings, browser.session, clip)).status_code == 404
    other.client.close()


def test_a_link_ends_when_who_it_was_signed_for_signs_out(settings: Settings, browser: Browser, clip: str) -> None:
    browser.client.cookies.set(SIGNED_IN, "ana, by the provider")
    browser.client.cookies.set(f"{SIGNED_IN}__1", "and a long name")
    link = sign_media(settings, str(viewer_of(dict(browser.client.cookies))), clip)
    assert browser.client.get(link).status_code == 200
    browser.client.cookies.delete(f"{SIGNED_IN}__1")
    assert browser.client.get(link).status_code == 404
    browser.client.cookies.set(SIGNED_IN, "ben, by the provider")
    assert browser.client.get(link).status_code == 404
    browser.client.cookies.delete(SIGNED_IN)
    assert browser.client.get(link).status_code == 404
    assert browser.client.get(sign_media(settings, browser.session, clip)).status_code == 200


def test_the_tokens_of_a_sign_in_do_not_change_who_it_is() -> None:
    known = {COOKIE: "c" * 43, SIGNED_IN: "ana"}
    assert viewer_of(known) == viewer_of({**known, f"{SIGNED_IN}_tokens": "renewed"})
    assert viewer_of({SIGNED_IN: "ana"}) is None


def test_a_link_without_the_cookie_gives_nothing(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip)
    browser.client.cookies.clear()
    assert browser.client.get(link).status_code == 404


def test_the_link_of_a_bundled_example_works_in_every_browser(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, PUBLIC, clip)
    assert browser.client.get(link).status_code == 200
    browser.client.cookies.clear()
    assert browser.client.get(link).status_code == 200


def test_a_link_ends_after_its_time_and_is_the_same_until_then(
    settings: Settings, browser: Browser, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_s = 1000.0 * WINDOW_S
    link = sign_media(settings, browser.session, clip, now_s=start_s)
    assert sign_media(settings, browser.session, clip, now_s=start_s + WINDOW_S - 1) == link
    assert sign_media(settings, browser.session, clip, now_s=start_s + WINDOW_S) != link
    for passed_s, status in ((0.0, 200), (2 * WINDOW_S - 1.0, 200), (2.0 * WINDOW_S, 404)):
        monkeypatch.setattr("erc_core.ui.media_route.time.time", lambda at_s=start_s + passed_s: at_s)
        assert browser.client.get(link).status_code == status


def test_every_altered_character_of_a_link_makes_it_invalid(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip)
    prefix, token = link.rsplit("/", 1)
    for index, character in enumerate(token):
        other = "A" if character != "A" else "B"
        assert browser.client.get(f"{prefix}/{token[:index]}{other}{token[index + 1 :]}").status_code == 404


@pytest.mark.parametrize("token", ["", "x", "ä", "%00", "..", "../../etc/passwd", "A" * 140, "A" * 50_000, "=" * 140])
def test_what_is_no_link_gives_nothing(browser: Browser, token: str) -> None:
    assert browser.client.get(f"/api/media/{token}").status_code == 404


def test_a_link_that_is_signed_by_another_data_folder_gives_nothing(
    settings: Settings, browser: Browser, clip: str, tmp_path: Path
) -> None:
    foreign = sign_media(Settings(data=tmp_path / "other"), browser.session, clip)
    assert browser.client.get(foreign).status_code == 404


def test_a_shared_clip_goes_out_to_its_visitor_until_the_share_is_taken_back(
    settings: Settings, browser: Browser
) -> None:
    store = Store(settings)
    shown = with_clip(store, CLIP)
    assert shown.media is not None
    store.put_dialogue(shown, "ana")
    store.visit(store.share(shown.id, "ana"), browser.session)
    share = store.seen_through(shown.id, browser.session)
    link = sign_media(settings, browser.session, shown.media.sha256, share=share)
    assert browser.client.get(link).content == CLIP
    other = Browser(settings)
    assert other.client.get(link).status_code == 404
    store.revoke(share, "ana")
    assert browser.client.get(link).status_code == 404  # the link itself would hold for hours
    for client in (other.client, browser.client):
        client.close()
    store.close()


def test_a_share_in_a_link_cannot_be_left_out(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip, share="ab" * 32)
    data = base64.urlsafe_b64decode(link.rpartition("/")[2] + "==")
    for forged in (b"\x01" + data[1:41] + data[73:], b"\x01" + data[1:], data[:41] + data[73:]):
        token = base64.urlsafe_b64encode(forged).decode().rstrip("=")
        assert browser.client.get(f"/api/media/{token}").status_code == 404
    assert browser.client.get(link).status_code == 404  # there is no such share


def test_a_deleted_clip_gives_nothing(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip)
    store = Store(settings)
    store.release_media(clip, "ana")
    store.close()
    assert browser.client.get(link).status_code == 404


def test_no_other_way_of_asking_is_answered(settings: Settings, browser: Browser, clip: str) -> None:
    link = sign_media(settings, browser.session, clip)
    assert browser.client.head(link).content == b""
    for method in ("post", "put", "delete"):
        assert getattr(browser.client, method)(link).status_code == 405


def test_what_is_no_content_hash_is_not_signed(settings: Settings) -> None:
    with pytest.raises(StoreError, match="no content hash"):
        sign_media(settings, "session", "../../etc/passwd")


def test_links_tell_neither_the_cookie_nor_the_session(settings: Settings, browser: Browser, clip: str) -> None:
    token = sign_media(settings, browser.session, clip).rsplit("/", 1)[1]
    told = base64.urlsafe_b64decode(token)
    assert browser.session.encode() not in told
    assert browser.client.cookies[COOKIE].encode() not in told


@pytest.mark.parametrize(("beginning", "media_type"), [
    (b"\x1a\x45\xdf\xa3 webm", "video/webm"), (b"RIFF....WAVEfmt ", "audio/wav"), (b"OggS", "application/ogg"),
    (b"<html><script>alert(1)</script>", "application/octet-stream"), (b"", "application/octet-stream"),
])  # fmt: skip
def test_what_a_clip_is_tells_its_content_and_never_a_page(
    settings: Settings, browser: Browser, beginning: bytes, media_type: str
) -> None:
    store = Store(settings)
    sha256 = store.put_media(io.BytesIO(beginning), owner="ana")
    store.close()
    answer = browser.client.get(sign_media(settings, browser.session, sha256))
    assert answer.headers["content-type"] == media_type
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_browser_gets_one_cookie_that_scripts_cannot_read(settings: Settings, browser: Browser) -> None:
    cookie = browser.first.headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; Path=/; Max-Age={30 * 86_400}; HttpOnly; SameSite=Lax", cookie)
    assert "set-cookie" not in browser.client.get("/").headers


def test_a_cookie_over_https_is_never_sent_without(settings: Settings) -> None:
    browser = Browser(settings, "https://app")
    assert browser.first.headers["set-cookie"].endswith("; Secure")
    browser.client.close()


@pytest.mark.parametrize("value", ["", "short", "x" * 44, "é" * 43, "x" * 42 + "\n"])
def test_a_made_up_cookie_is_no_session(value: str) -> None:
    assert session_of({COOKIE: value}) is None


def test_the_key_is_made_once_and_readable_by_this_user_alone(settings: Settings, clip: str) -> None:
    links: list[str] = []
    threads = [threading.Thread(target=lambda: links.append(sign_media(settings, "s", clip))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(links)) == 1
    key = settings.data / "media.key"
    assert (stat.S_IMODE(key.stat().st_mode), key.stat().st_size) == (0o600, 32)
    assert [path.name for path in settings.data.glob("tmp*")] == []
