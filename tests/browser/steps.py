"""What a person does on the pages, as steps of tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ANALYSIS_MS = 150_000
IDLE_LOOKS = 3  # a run that was asked for begins when the server has heard of it


def open_page(page: Page, url: str, path: str = "") -> None:
    page.goto(f"{url}/{path}")
    page.get_by_text("ERC Lens").first.wait_for()


def wait_for_stage(page: Page) -> None:
    try:
        page.locator(".utterance").first.wait_for(timeout=ANALYSIS_MS)
    except PlaywrightTimeoutError as error:
        raise AssertionError(f"no stage; the page says:\n{page.inner_text('body')[:1500]}") from error
    wait_for_idle(page)


def wait_for_idle(page: Page) -> None:
    """Wait until the page's script has run to its end, and no run that was just asked for has begun since."""
    idle = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    looks = 0
    while looks < IDLE_LOOKS:
        idle.wait_for()
        page.wait_for_timeout(100)
        looks = looks + 1 if idle.count() else 0


def give_file(page: Page, field: str, path: Path) -> None:
    """Choose a file and wait until it is there; the field may shorten its name, its button does not."""
    page.locator(f".st-key-{field} input[type=file]").set_input_files(path)
    expect(page.locator(f".st-key-{field}").get_by_role("button", name=f"Remove {path.name}")).to_be_visible()


def analyse(page: Page, url: str, clip: Path, transcript: Path | None = None, keyboard: bool = False) -> None:
    """Upload a clip on the page Analyse a clip and press the button, with the mouse or by its key."""
    open_page(page, url, "analyse")
    give_file(page, "clip", clip)
    if transcript is not None:
        give_file(page, "transcript", transcript)
    button = page.get_by_role("button", name="Analyse", exact=True)
    expect(button).to_be_enabled()
    button.press("Enter") if keyboard else button.click()


def go_to(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).click()


def played_s(page: Page) -> float:
    seconds: float = page.locator("section.stage video").evaluate("video => video.currentTime")
    return seconds


def play_for(page: Page, seconds: float) -> float:
    """Press play, wait, pause; return how far playback came."""
    before = played_s(page)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1000 * seconds)
    page.get_by_role("button", name="Pause", exact=True).click()
    return played_s(page) - before


def wait_until(page: Page, condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Poll until a condition holds; between two looks the page's own events are taken in."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time; the address is {page.url}"
        page.wait_for_timeout(50)
