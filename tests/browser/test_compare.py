"""Compare: a click on a cell chooses its utterance, and any other model's table stands beside ours."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.steps import open_page, wait_for_idle, wait_for_stage


def test_a_click_on_the_grid_chooses_the_utterance_and_the_link_keeps_it(page: Page, app_url: str) -> None:
    open_page(page, app_url, "compare?utterance=u1")
    wait_for_stage(page)
    cells = page.locator(".st-key-grid .barlayer .point")
    cells.first.wait_for()
    cells.nth(3).scroll_into_view_if_needed()
    box = cells.nth(3).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**utterance=u4**")
    expect(page.get_by_role("heading", name="Utterance u4 by every model")).to_be_visible()


def test_another_models_table_stands_beside_ours_and_a_hostile_one_is_refused(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, app_url, "compare")
    wait_for_stage(page)
    page.get_by_role("button", name="Add any other model's predictions").click()
    table = tmp_path / "mine.csv"
    table.write_text("utterance,label\nu1,<img src=x onerror=alert(1)>\n")
    upload = page.locator(".st-key-other-table input[type=file]")
    upload.set_input_files(table)
    expect(page.get_by_role("alert").filter(has_text="no label of MELD-7")).to_be_visible()
    mended = tmp_path / "mended.csv"  # the input element takes a file that it holds for no change
    mended.write_text("utterance,label\nu1,joy\nu2,anger\n")
    upload.set_input_files(mended)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.keyboard.press("Escape")
    wait_for_idle(page)
    expect(page.get_by_text("says joy, no probabilities")).to_be_visible()
