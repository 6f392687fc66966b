"""Sounds and exports that a page offers are answered to its own browser; a copied link gives another one nothing."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.steps import go_to, open_page, wait_for_idle, wait_for_stage


def refused_elsewhere(browser: Browser, app_url: str, address: str) -> None:
    """Ask for an address from another browser, and without any cookie."""
    stranger = browser.new_context()
    stranger.request.get(app_url)  # which gives it a cookie of its own
    assert [cookie["name"] for cookie in stranger.cookies()].count("erc_session") == 1
    assert stranger.request.get(address).status == 404
    stranger.close()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=20)


def test_a_copied_link_to_a_sound_or_an_export_works_in_its_own_browser_alone(
    browser: Browser, page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, app_url, "?utterance=u2")
    wait_for_stage(page)
    wait_for_idle(page)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Table (CSV)").click()
    export = caught.value.url
    assert "/media/" in export
    caught.value.save_as(tmp_path / "table.csv")
    assert page.request.get(export).body() == (tmp_path / "table.csv").read_bytes()
    refused_elsewhere(browser, app_url, export)

    go_to(page, "What if")
    page.get_by_role("button", name="Make it silent").click()
    player = page.locator("audio")
    player.wait_for()
    sound = urljoin(app_url, str(player.get_attribute("src")))
    assert "/media/" in sound
    assert (
        player.evaluate(
            "audio => new Promise(done => { const look = () => done(audio.duration); "
            "audio.readyState > 0 ? look() : audio.addEventListener('loadedmetadata', look) })"
        )
        > 0.5
    )
    piece = page.request.get(sound, headers={"range": "bytes=0-3"})
    assert (piece.status, piece.body()) == (206, b"RIFF")
    refused_elsewhere(browser, app_url, sound)
