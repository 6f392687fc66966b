"""What Streamlit keeps for a page is answered to the browser that the page is in, and to no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.web.server.starlette.starlette_routes import create_media_routes

from erc_core.settings import Settings
from erc_core.ui.media_route import SIGNED_IN, session_cookie, viewer_of
from erc_core.ui.own_files import OwnFiles, only_own

SOUND = bytes(range(256)) * 4
TABLE = "utterance,joy\nu1,0.9\n"


class House:
    """Streamlit's own manager and route of files with our middleware, and the browser whose page is drawn."""

    def __init__(self, folder: str = "", most: int = 100) -> None:
        storage = MemoryMediaFileStorage("/media")
        self.drawn_for: TestClient | None = None
        self.files = OwnFiles(self.viewer, most)
        self.manager = MediaFileManager(storage)
        self.files.watch(self.manager)
        page = Route("/", lambda request: PlainTextResponse("page"))
        bundle = Route("/static/media/font.woff2", lambda request: PlainTextResponse("font"))
        self.app = Starlette(
            routes=[page, bundle, *create_media_routes(storage, folder)],
            middleware=[session_cookie(Settings()), only_own(self.files)],
        )

    def viewer(self) -> str | None:
        return None if self.drawn_for is None else viewer_of(dict(self.drawn_for.cookies))

    def browser(self, *, cookies: bool = True) -> TestClient:
        opened = TestClient(self.app, base_url="http://app")
        opened.get("/")
        if not cookies:
            opened.cookies.clear()
        return opened

    def draw_sound(self, browser: TestClient, content: bytes = SOUND) -> str:
        self.drawn_for = browser
        return self.manager.add(content, "audio/wav", f"at {len(content)}")

    def draw_button(self, browser: TestClient) -> str:
        """Draw the button of an export, and return what names it."""
        self.drawn_for = browser
        return self.manager.add_deferred(lambda: TABLE, "text/csv", "there", file_name="table.csv")

    def press(self, button: str) -> str:
        self.drawn_for = None  # outside the page's run nobody knows whose page it is
        return self.manager.execute_deferred(button)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ana(house: House) -> Iterator[TestClient]:
    with house.browser() as browser:
        yield browser


def test_a_sound_goes_to_its_own_browser_in_pieces_and_to_no_cache(house: House, ana: TestClient) -> None:
    address = house.draw_sound(ana)
    whole = ana.get(address)
    assert (whole.status_code, whole.content) == (200, SOUND)
    assert whole.headers["cache-control"] == "private, no-store"
    assert whole.headers["cross-origin-resource-policy"] == "same-origin"
    piece = ana.get(address, headers={"range": "bytes=10-19"})
    assert (piece.status_code, piece.content) == (206, SOUND[10:20])


def test_an_export_goes_to_the_browser_of_the_page_with_its_button(house: House, ana: TestClient) -> None:
    address = house.press(house.draw_button(ana))
    answer = ana.get(address)
    assert (answer.status_code, answer.text) == (200, TABLE)
    assert answer.headers["content-disposition"] == 'attachment; filename="table.csv"'


@pytest.mark.parametrize("cookies", [True, False])
def test_links_to_sounds_and_exports_give_another_browser_nothing(house: House, ana: TestClient, cookies: bool) -> None:
    other = house.browser(cookies=cookies)
    for address in (house.draw_sound(ana), house.press(house.draw_button(ana))):
        for asked in (address, address.partition(".")[0], f"{address}.mp3"):
            answer = other.get(asked)
            assert (answer.status_code, answer.text) == (404, "File not found")
            assert other.head(asked).status_code == other.options(asked).status_code == 404


def test_what_nobody_made_looks_the_same_as_what_another_browser_owns(house: House, ana: TestClient) -> None:
    other = house.browser()
    owned, unknown = other.get(house.draw_sound(ana)), other.get("/media/" + "ab" * 28 + ".wav")
    assert (owned.status_code, owned.content, owned.headers) == (404, unknown.content, unknown.headers)


def test_who_presses_another_page_s_button_gets_an_address_that_answers_its_own_page_alone(
    house: House, ana: TestClient
) -> None:
    other = house.browser()
    button = house.draw_button(ana)
    house.drawn_for = other
    address = house.manager.execute_deferred(button)
    assert (other.get(address).status_code, ana.get(address).status_code) == (404, 200)


def test_one_browser_s_button_leaves_nothing_for_the_next_one_to_press(house: House, ana: TestClient) -> None:
    house.press(house.draw_button(ana))
    refuses = house.browser(cookies=False)
    address = house.press(house.draw_button(refuses))
    assert refuses.get(address).status_code == 404


def test_two_browsers_with_the_same_file_both_get_it(house: House, ana: TestClient) -> None:
    ben = house.browser()
    address = house.draw_sound(ana)
    assert ben.get(address).status_code == 404
    assert house.draw_sound(ben) == address
    assert ana.get(address).content == ben.get(address).content == SOUND


def test_a_file_ends_with_signing_out(house: House, ana: TestClient) -> None:
    ana.cookies.set(SIGNED_IN, "ana, by the provider")
    address = house.draw_sound(ana)
    assert ana.get(address).status_code == 200
    ana.cookies.delete(SIGNED_IN)
    assert ana.get(address).status_code == 404


def test_what_is_forgotten_is_refused_and_told_anew_by_the_next_run() -> None:
    house = House(most=2)
    ana = house.browser()
    first, second = (house.draw_sound(ana, SOUND[:size]) for size in (10, 20))
    house.draw_sound(ana, SOUND[:10])  # told anew: now the second is the oldest
    third = house.draw_sound(ana, SOUND[:30])
    assert [ana.get(address).status_code for address in (first, second, third)] == [200, 404, 200]
    assert ana.get(house.draw_sound(ana, SOUND[:20])).status_code == 200


def test_the_page_s_own_parts_are_everybody_s(house: House) -> None:
    assert house.browser(cookies=False).get("/static/media/font.woff2").text == "font"


def test_files_are_kept_too_where_the_app_is_served_from_a_folder() -> None:
    before = config.get_option("server.baseUrlPath")
    config.set_option("server.baseUrlPath", "/lens/")
    try:
        house = House("lens")
        ana, ben = house.browser(), house.browser()
        address = f"/lens{house.draw_sound(ana)}"
        assert (ana.get(address).status_code, ben.get(address).status_code) == (200, 404)
    finally:
        config.set_option("server.baseUrlPath", before)


def test_a_proxy_s_folder_does_not_open_files(house: House, ana: TestClient) -> None:
    address = house.draw_sound(ana)
    below = TestClient(house.app, base_url="http://app", root_path="/below")
    assert below.get(f"/below{address}").status_code == 404
    assert below.get(address).status_code == 404
