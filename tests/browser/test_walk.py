"""Each page's main action, once with the mouse and once with the keyboard, on an example and on an own clip."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import ANALYSIS_MS, analyse, open_page, wait_for_idle, wait_for_stage

How = Literal["mouse", "keyboard"]
DIALOGUE_PAGES = ("Layer confidence", "Contributions", "Evidence", "Compare", "What if", "Browse")


def act(target: Locator, how: How) -> None:
    """Press a control, by a click or by the keys that a person without a mouse has."""
    if how == "mouse":
        target.click()
    else:
        target.focus()
        target.press("Enter")


def choose(page: Page, label: str, option: str, how: How) -> None:
    """Choose an entry of a selectbox."""
    box = page.get_by_role("combobox", name=label)
    if how == "mouse":
        box.click()
        page.get_by_role("option", name=option, exact=True).click()
    else:
        box.focus()
        box.press("ArrowDown")
        page.keyboard.type(option)
        page.keyboard.press("Enter")


def nothing_wrong(page: Page) -> None:
    wait_for_idle(page)
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
    expect(page.locator(".problem")).to_have_count(0)


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_every_page_of_an_example_does_what_it_is_for(page: Page, app_url: str, how: How) -> None:
    def go(title: str) -> None:
        act(page.get_by_role("link", name=title, exact=True), how)
        wait_for_idle(page)

    open_page(page, app_url)
    wait_for_stage(page)
    act(page.get_by_role("button", name="Wonderful news"), how)
    page.wait_for_url("**dialogue=**")
    page.get_by_role("heading", name="Wonderful news", level=1).wait_for()
    wait_for_stage(page)
    if how == "mouse":
        page.locator('.utterance[data-id="u2"]').click(position={"x": 4, "y": 10})
    else:
        page.locator("section.stage").focus()
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**utterance=u2**")

    go("Layer confidence")
    page.get_by_role("heading", name="Utterance u2").wait_for()
    act(page.get_by_role("button", name="Acoustic", exact=True), how)
    page.wait_for_url("**off=a**")
    expect(page.locator(".whatif")).to_contain_text("acoustic switched off")
    page.go_back()
    page.get_by_text("The model as it is").wait_for()
    expect(page.get_by_text("acoustic switched off")).to_have_count(0)

    go("Contributions")
    choose(page, "Model", "CMATH", how)
    page.wait_for_url("**model=cmath**")
    expect(page.get_by_text("gate").first).to_be_visible()

    go("Evidence")
    page.get_by_role("heading", name="Why ").first.wait_for()
    act(page.get_by_role("button", name="Explain by this method"), how)
    expect(page.locator(".trust").first).to_be_visible(timeout=ANALYSIS_MS)

    go("Check")
    page.get_by_role("heading", name="Check the explanations").wait_for()

    go("Compare")
    wait_for_stage(page)
    act(page.locator("summary", has_text="All answers as a table"), how)
    expect(page.locator("[data-testid=stDataFrame], [data-testid=stTable]").first).to_be_visible()

    go("What if")
    act(page.get_by_role("button", name="Make it silent"), how)
    page.wait_for_url("**edits=mute**")
    expect(page.locator(".whatif")).to_contain_text("u2")

    go("Corpus")
    choose(page, "Model", "DF-ERC", how)
    expect(page.get_by_text("DF-ERC").first).to_be_visible()
    nothing_wrong(page)

    go("Models")
    expect(page.get_by_role("heading", name="DQ-Former").first).to_be_visible()
    nothing_wrong(page)


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_every_page_opens_on_a_clip_that_was_just_loaded(
    page: Page, app_url: str, speech_mp4: Path, tmp_path: Path, how: How
) -> None:
    own = tmp_path / f"mine-{how}.mp4"
    own.write_bytes(speech_mp4.read_bytes())
    analyse(page, app_url, own, keyboard=how == "keyboard")
    wait_for_stage(page)
    for title in DIALOGUE_PAGES:
        act(page.get_by_role("link", name=title, exact=True), how)
        page.get_by_role("heading", name=own.name, level=1).wait_for(timeout=ANALYSIS_MS)
        wait_for_stage(page)
        nothing_wrong(page)
    page.get_by_role("heading", name="On the whole").wait_for()
