"""Fixtures of the browser tests: one server for all, a fresh browser context for each."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket, expect, sync_playwright

from erc_core.settings import ASSETS
from tests.browser.server import FLAGS, find_browser, running_app

CLIP_S = "12"
PATIENCE_MS = 60_000
STREAMLIT_FILE = re.compile(r"\(Not Found\) https?://[^/]+/media/\S+$")

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder; without a browser skip it, in CI let it fail."""
    here = Path(__file__).parent
    missing = find_browser() is None and os.environ.get("CI", "").lower() != "true"
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.alone)
            item.add_marker(pytest.mark.timeout(280))
            if missing:
                item.add_marker(pytest.mark.skip(reason="no Chromium on PATH: browser tests are skipped"))


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("data")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    assert path is not None, "no Chromium on PATH: install Debian's package chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield found
        found.close()


@dataclass
class Watched:
    """What a page did that nobody sees: requests to other hosts, errors in the console, frames sent to the server."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: int = 0

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data") and parts.hostname != "127.0.0.1":
            self.outside.append(request.url)

    def console(self, message: ConsoleMessage) -> None:
        # A link that names a page makes Streamlit look for its own address under that page first: a 404, no fault.
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            self.errors.append(f"{message.text} {message.location['url']}")

    def forget_left_pictures(self, page: Page) -> None:
        """Drop what was said of pictures of a page that was left while they were on their way: Streamlit takes
        them away with the page."""
        shown = page.evaluate("() => [...document.querySelectorAll('[src]')].map((one) => one.src)")
        self.errors = [one for one in self.errors if not STREAMLIT_FILE.search(one) or one.split()[-1] in shown]

    def socket(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda _: self.count())

    def count(self) -> None:
        self.sent += 1


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def page(browser: Browser, watched: Watched) -> Iterator[Page]:
    """A page in a new browser context; afterwards nothing went outside and the console is clean."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("request", watched.request)
    page.on("console", watched.console)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("websocket", watched.socket)
    yield page
    watched.forget_left_pictures(page)
    context.close()
    assert watched.outside == []
    assert watched.errors == []


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True, timeout=120)


@pytest.fixture(scope="session")
def speech_mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The start of a bundled example: people speak, and their faces are seen."""
    source = next(iter(sorted((ASSETS / "examples").glob("*/clip.mp4"))))
    target = tmp_path_factory.mktemp("clips") / "talk.mp4"
    ffmpeg("-i", str(source), "-t", CLIP_S, "-c", "copy", str(target))
    return target


@pytest.fixture(scope="session")
def speech_wav(speech_mp4: Path) -> Path:
    target = speech_mp4.with_name("talk.wav")
    ffmpeg("-i", str(speech_mp4), "-vn", "-ac", "1", "-ar", "16000", str(target))
    return target
