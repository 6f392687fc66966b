"""Evidence: one press explains an utterance in the background, and the answer comes with its trust."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.steps import ANALYSIS_MS, open_page, wait_for_stage


def test_explaining_by_one_method_shows_progress_and_then_the_answer_with_its_trust(page: Page, app_url: str) -> None:
    open_page(page, app_url, "evidence?utterance=u4&method=modality_shapley")
    wait_for_stage(page)
    expect(page.get_by_role("heading", name="Why fear?")).to_be_visible()
    button = page.get_by_role("button", name="Explain by this method")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".trust").first).to_be_visible(timeout=ANALYSIS_MS)
    expect(page.locator(".trust").first).to_contain_text("exact")
    page.reload()
    wait_for_stage(page)
    expect(page.locator(".trust").first).to_be_visible()


def test_a_method_that_does_not_apply_says_why(page: Page, app_url: str) -> None:
    open_page(page, app_url, "evidence?method=lime_face&model=dq_former")
    wait_for_stage(page)
    expect(page.get_by_text("reads no pictures").first).to_be_visible()
