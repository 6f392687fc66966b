"""People sign in at a real OpenID provider: their clips are theirs in every browser, and nobody else's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.server import free_port, running_app
from tests.browser.steps import analyse, open_page, play_for, wait_for_stage

SECRETS = """
[auth]
redirect_uri = "{url}/oauth2callback"
cookie_secret = "a secret of the tests alone"
client_id = "erc-lens"
client_secret = "none"
server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose secrets name a provider, and that provider."""
    folder, port, at = tmp_path_factory.mktemp("lab"), free_port(), free_port()
    provider = subprocess.Popen([sys.executable, "-m", "oidc_provider_mock", "--port", str(at)])
    try:
        secrets = folder / "secrets.toml"
        secrets.write_text(SECRETS.format(url=f"http://127.0.0.1:{port}", provider=at))
        with running_app(folder, port, {"STREAMLIT_SECRETS_FILES": str(secrets)}) as running:
            yield running
    finally:
        provider.terminate()
        provider.wait(timeout=20)


def new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def sign_in(page: Page, url: str, subject: str) -> None:
    open_page(page, url)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("button", name="Sign out").wait_for()


def test_a_person_s_clip_is_theirs_in_every_browser_and_nobody_else_s(
    browser: Browser, lab_url: str, speech_mp4: Path
) -> None:
    first = new_page(browser)
    sign_in(first, lab_url, "ana")
    analyse(first, lab_url, speech_mp4)
    wait_for_stage(first)
    link = first.url

    second = new_page(browser)
    sign_in(second, lab_url, "ana")
    second.goto(link)
    wait_for_stage(second)
    assert play_for(second, 2.0) > 1.0

    for subject in ("ben", ""):
        stranger = new_page(browser)
        if subject:
            sign_in(stranger, lab_url, subject)
        stranger.goto(link)
        expect(stranger.get_by_role("alert").filter(has_text="no such dialogue")).to_be_visible()
        expect(stranger.locator("section.stage")).to_have_count(0)
        stranger.context.close()

    clip = second.locator("section.stage video").evaluate("video => video.currentSrc")
    assert second.request.get(clip).status == 200
    second.get_by_role("button", name="Sign out").click()
    second.wait_for_url("**/oauth2/end_session**")  # the provider asks whether to sign out there too
    assert second.request.get(clip).status == 404  # the next person at this browser replays nothing
    second.goto(link)
    expect(second.get_by_role("alert").filter(has_text="no such dialogue")).to_be_visible()
    for page in (first, second):
        page.context.close()


def test_where_no_provider_is_configured_nothing_speaks_of_signing_in(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)
