"""Turning tau and switching a modality off changes the answer, and the page says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import go_to, open_page, wait_for_stage


@pytest.fixture
def layers(page: Page, app_url: str) -> Page:
    open_page(page, app_url)
    wait_for_stage(page)
    go_to(page, "Layer confidence")
    page.get_by_role("heading", name="Utterance u1").wait_for()
    return page


def test_switching_sound_off_says_so_and_leaves_text_alone(layers: Page) -> None:
    expect(layers.locator(".whatif")).to_contain_text("The model as it is")
    layers.get_by_role("button", name="Acoustic", exact=True).click()
    expect(layers.locator(".whatif")).to_contain_text("acoustic switched off")
    layers.wait_for_url("**off=a**")
    expect(layers.locator(".weights")).to_contain_text("Text 1.00")
    expect(layers.locator(".weights")).to_contain_text("switched off")


def test_a_high_tau_masks_and_the_link_keeps_it(page: Page, app_url: str) -> None:
    open_page(page, app_url, "layers?tau=0.50")
    wait_for_stage(page)
    expect(page.locator(".whatif")).to_contain_text("τ = 0.50")
    expect(page.get_by_role("slider").first).to_have_value("0.5")
    assert page.locator(".bar.masked").count() > 0


def test_attention_is_drawn_on_words_and_over_time_and_is_called_attention(layers: Page) -> None:
    expect(layers.locator(".attended .token").first).to_be_visible()
    expect(layers.get_by_text("It is no explanation of why it decided so.")).to_be_visible()
    expect(layers.locator(".st-key-attention-time, [class*=attention-time]").first).to_be_visible()
