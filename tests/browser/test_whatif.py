"""What if: a change is answered beside it, and the link keeps it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.steps import go_to, open_page, wait_for_idle, wait_for_stage


def test_changing_words_and_sound_by_hand_changes_the_answer_and_back_undoes_it(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    go_to(page, "What if")
    page.get_by_role("heading", name="Change u1").wait_for()
    page.get_by_role("button", name="Make it silent").click()
    expect(page.locator(".whatif")).to_contain_text("u1")
    page.wait_for_url("**edits=mute**")
    expect(page.locator("audio")).to_have_count(1)
    page.get_by_role("button", name="✕ u1 is silent").click()
    expect(page.locator(".whatif")).to_contain_text("Nothing is changed yet")
    page.go_back()
    expect(page.get_by_role("button", name="✕ u1 is silent")).to_be_visible()


def test_words_are_changed_with_the_keyboard_alone_and_the_link_keeps_them(page: Page, app_url: str) -> None:
    open_page(page, app_url, "whatif?utterance=u4")
    wait_for_stage(page)
    words = page.get_by_role("textbox", name="Words")
    words.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("What a wonderful day!")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="✕ u4 says “What a wonderful day!”")).to_be_visible()
    expect(page.get_by_role("heading", name="Along the dialogue")).to_be_visible()
    page.reload()
    wait_for_stage(page)
    wait_for_idle(page)
    expect(words).to_have_value("What a wonderful day!")
