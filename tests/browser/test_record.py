"""A person records with camera and microphone, sees the recording first, and only then has it analysed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.server import FLAGS, find_browser
from tests.browser.steps import open_page

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
RECORD_MS = 4000


@pytest.fixture
def camera_page(browser: Browser) -> Iterator[Page]:
    """A page of a Chromium that has Chromium's own fake camera and microphone."""
    with_camera = browser.browser_type.launch(executable_path=find_browser(), headless=True, args=[*FLAGS, *FAKE])
    page = with_camera.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    with_camera.close()


def open_recorder(page: Page, url: str) -> list[str]:
    """Open the recorder and return the list to which sent recordings will be added."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/api/recording" in request.url else None)
    open_page(page, url, "analyse")
    page.get_by_text("Record with the camera and the microphone").click()
    return sent


@pytest.mark.parametrize("kind", ["picture and sound", "sound alone"])
def test_a_recording_is_seen_first_and_then_analysed(camera_page: Page, app_url: str, kind: str) -> None:
    page = camera_page
    sent = open_recorder(page, app_url)
    page.get_by_label(kind).check()
    page.get_by_role("button", name="Open camera and microphone").click()
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(RECORD_MS)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Analyse this recording").wait_for()
    shown = page.locator(".recorder video")
    assert shown.evaluate("async v => { await v.play(); return v.src.startsWith('blob:') }")
    assert sent == []
    page.get_by_role("button", name="Analyse this recording").press("Enter")
    page.wait_for_function("location.search.includes('dialogue=') || location.search.includes('job=')")
    assert len(sent) == 1
    page.get_by_role("heading", name="recording.webm").wait_for(timeout=150_000)
    expect(page.locator("section.stage")).to_have_attribute("data-kind", "video" if "picture" in kind else "audio")


LATE = """() => {
  const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    window.opened = await ask(wanted);
    await new Promise((answer) => { window.allow = answer; });
    return window.opened;
  };
}"""


def test_a_camera_that_is_allowed_after_something_else_was_chosen_is_closed_again(
    camera_page: Page, app_url: str
) -> None:
    page = camera_page
    open_recorder(page, app_url)
    page.evaluate(LATE)
    page.get_by_role("button", name="Open camera and microphone").click()
    page.wait_for_function("Boolean(window.allow)")  # a function itself would be called
    page.get_by_label("sound alone").check()
    page.evaluate("window.allow()")
    page.wait_for_function("window.opened.getTracks().every((track) => track.readyState === 'ended')")
    expect(page.get_by_role("button", name="Open camera and microphone")).to_be_visible()


def test_a_browser_without_a_camera_is_told_what_to_do(page: Page, app_url: str) -> None:
    open_recorder(page, app_url)
    page.get_by_role("button", name="Open camera and microphone").click()
    said = page.locator(".recorder .said.wrong")
    said.wait_for()
    assert said.inner_text()
