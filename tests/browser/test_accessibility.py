"""No page has a serious or critical fault that axe-core can see, in either theme."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from erc_core.ui.places import PLACES
from tests.browser.steps import open_page, wait_for_idle

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
GRAVE = ("serious", "critical")
# What Streamlit's own elements do, and no page of ours can change.
THEIRS = ("[data-testid='stHeader']", "[data-testid='stToolbar']")


def grave_faults(page: Page) -> list[str]:
    """Return the serious and critical faults of what is on screen, each with the elements that have it."""
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "exclude => axe.run({ exclude: exclude.map(part => [part]) }, { resultTypes: ['violations'] })", list(THEIRS)
    )
    return [
        f"{fault['id']} ({fault['impact']}): {'; '.join(node['html'][:200] for node in fault['nodes'][:3])}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
    ]


def show(page: Page, url: str, address: str) -> None:
    open_page(page, url, address)
    page.locator("h1").first.wait_for()
    wait_for_idle(page)
    page.wait_for_timeout(2500)  # the browser tells its theme, and the page is drawn once more
    wait_for_idle(page)


@pytest.mark.parametrize("address", [place.address for place in PLACES], ids=lambda address: address or "browse")
def test_a_page_has_no_grave_fault(page: Page, app_url: str, address: str) -> None:
    show(page, app_url, address)
    assert grave_faults(page) == []


def test_the_dark_theme_has_no_grave_fault(browser: Browser, app_url: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="dark")
    page = context.new_page()
    show(page, app_url, "")
    found = grave_faults(page)
    context.close()
    assert found == []
