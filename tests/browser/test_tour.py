"""The guided tour: from its link through every step, out of it, and a step whose address was typed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from erc_core.ui.places import place_at
from erc_core.ui.tour import STOPS
from tests.browser.steps import ANALYSIS_MS, open_page, wait_for_stage


def expect_step(page: Page, number: int) -> None:
    stop = STOPS[number - 1]
    expect(page.locator(".tour")).to_contain_text(f"{number} of {len(STOPS)} {stop.sentence}")
    page.locator(".utterance").first.wait_for(timeout=ANALYSIS_MS)


def test_the_tour_leads_from_step_to_step_and_back_and_can_be_left(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    page.get_by_role("link", name=f"Guided tour in {len(STOPS)} steps").click()
    for number in range(1, len(STOPS)):
        expect_step(page, number)
        expect(page.get_by_role("link", name="◂ Back")).to_have_count(0 if number == 1 else 1)
        expect(page.get_by_role("link", name="Leave the tour")).to_be_visible()
        expect(page).to_have_url(re.compile(rf"tour={number}(&|$)"))
        page.get_by_role("link", name="Next ▸").click()
    expect_step(page, len(STOPS))
    expect(page.get_by_role("link", name="Next ▸")).to_have_count(0)
    page.get_by_role("link", name="◂ Back").click()
    expect_step(page, len(STOPS) - 1)
    page.get_by_role("link", name="Leave the tour").click()
    expect(page.locator(".tour")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("tour="))
    wait_for_stage(page)
    expect(page.get_by_role("link", name=place_at(STOPS[-2].address).title, exact=True)).to_be_visible()


def test_a_click_on_an_utterance_stays_in_the_tour(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    page.get_by_role("link", name=f"Guided tour in {len(STOPS)} steps").click()
    expect(page).to_have_url(re.compile("tour=1"))
    page.locator(".utterance").nth(2).click()
    expect(page).not_to_have_url(re.compile(f"utterance={STOPS[0].utterance}(&|$)"))
    expect(page.locator(".tour")).to_contain_text(f"1 of {len(STOPS)}")


def test_the_typed_address_of_a_step_opens_its_conversation_on_its_page(page: Page, app_url: str) -> None:
    open_page(page, app_url, "?tour=4")
    expect_step(page, 4)
    page.get_by_role("heading", name="Wonderful news", level=1).wait_for()
    open_page(page, app_url, "?tour=6")
    expect_step(page, 6)
    open_page(page, app_url, "?tour=99")
    expect(page.get_by_role("alert").filter(has_text="a step that the tour does not have")).to_be_visible()
    expect(page.get_by_role("link", name="Browse", exact=True)).to_be_visible()
