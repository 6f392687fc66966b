"""A conversation is shown to somebody else by a link, and is gone for them when the link is taken back."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.steps import analyse, go_to, play_for, wait_for_idle, wait_for_stage


def visitor(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def test_a_link_shows_a_clip_until_it_is_taken_back(
    browser: Browser, page: Page, app_url: str, speech_mp4: Path
) -> None:
    analyse(page, app_url, speech_mp4)
    wait_for_stage(page)
    go_to(page, "Browse")
    wait_for_stage(page)
    address = page.url
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("code", has_text="share=").inner_text()
    assert link.startswith(f"{app_url}/?share=")
    wait_for_idle(page)

    other = visitor(browser)
    other.goto(link)
    wait_for_stage(other)
    expect(other.get_by_text("Shown to you by a link")).to_be_visible()
    assert "share=" not in other.url
    assert play_for(other, 2.0) > 1.0
    clip = other.locator("section.stage video").evaluate("video => video.currentSrc")
    assert other.request.get(clip).status == 200
    expect(other.get_by_text("None yet. A clip that you analyse")).to_be_visible()
    go_to(other, "Contributions")
    wait_for_stage(other)

    stranger = visitor(browser)
    stranger.goto(address)  # the address of the page is no link
    expect(stranger.get_by_role("alert").filter(has_text="no such dialogue")).to_be_visible()

    page.get_by_role("button", name="Take back the link").click()
    expect(page.get_by_role("button", name="Take back the link")).to_have_count(0)
    for opened in (other, stranger):
        opened.goto(link)
        expect(opened.get_by_role("alert").filter(has_text="leads to no conversation")).to_be_visible()
        expect(opened.locator("section.stage")).to_have_count(0)
        expect(opened.get_by_role("link", name="Browse", exact=True)).to_be_visible()
        opened.goto(address)
        expect(opened.get_by_role("alert").filter(has_text="no such dialogue")).to_be_visible()
    assert other.request.get(clip).status == 404
    for opened in (other, stranger):
        opened.context.close()
