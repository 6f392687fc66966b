"""What researchers come back for: notes, files, a report that plays from disk, corpora, the papers' figures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from erc_core.data.annotated import read_annotated_elan, read_annotated_webvtt
from tests.browser.conftest import PATIENCE_MS
from tests.browser.steps import open_page, wait_for_idle, wait_for_stage, wait_until

NOTE = "She hides it <i>well</i>"


def download(page: Page, label: str, folder: Path) -> Path:
    wait_for_idle(page)  # a run of the page would take the click away
    with page.expect_download() as caught:
        page.get_by_role("button", name=label).click()
    target = folder / caught.value.suggested_filename
    caught.value.save_as(target)
    return target


def test_a_note_goes_out_with_every_file_and_the_report_plays_from_disk(
    browser: Browser, page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, app_url, "?utterance=u2")
    wait_for_stage(page)
    page.get_by_role("textbox", name="Note").fill(NOTE)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="u2").first).to_be_visible()
    page.get_by_text(NOTE).first.wait_for()
    expect(page.locator("section.stage .utterance[data-id=u2] .noted")).to_have_text("✎")
    expect(page.locator("section.stage .noteline")).to_contain_text(NOTE)

    table = download(page, "Table (CSV)", tmp_path).read_text(encoding="utf-8-sig")
    data = json.loads(download(page, "Data (JSON)", tmp_path).read_text(encoding="utf-8"))
    assert NOTE in table
    assert [(note["utterance"], note["text"]) for note in data["annotations"]] == [("u2", NOTE)]
    subtitles = read_annotated_webvtt(download(page, "Subtitles (WebVTT)", tmp_path).read_text(encoding="utf-8"))
    tiers = read_annotated_elan(download(page, "ELAN (.eaf)", tmp_path).read_bytes())
    for back in (subtitles, tiers):
        assert [row.note.text for row in back if row.note.text] == [NOTE]

    report = download(page, "Report (HTML)", tmp_path)
    asked: list[str] = []
    context = browser.new_context(offline=True)
    disk = context.new_page()
    disk.set_default_timeout(PATIENCE_MS)
    disk.on("request", lambda request: asked.append(request.url))
    disk.goto(report.as_uri())
    video = disk.locator("section.stage video")
    video.wait_for()
    disk.get_by_role("button", name="Play", exact=True).click()
    disk.wait_for_timeout(2500)
    assert video.evaluate("video => video.currentTime") > 1.0
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    context.close()


def test_a_cell_of_the_corpus_leads_to_its_utterances_on_the_stage(page: Page, app_url: str) -> None:
    open_page(page, app_url, "corpus")
    page.get_by_role("heading", name="What is taken for what").wait_for()
    expect(page.get_by_text("101", exact=True).first).to_be_visible()
    cells = page.locator(".st-key-corpus-confusion .scatterlayer .point")
    cells.first.scroll_into_view_if_needed()
    wait_for_idle(page)
    box = cells.nth(7 * 4 + 4).bounding_box()  # true joy, predicted joy
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for name in ("True emotion", "Predicted emotion"):
        expect(page.get_by_role("combobox", name=name)).to_have_value("▲ Joy")
    rows = page.locator(".st-key-cell-rows [data-testid=stDataFrame]")
    rows.scroll_into_view_if_needed()
    wait_for_idle(page)
    box = rows.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 12, box["y"] + 52)  # the mark of the first row, left of its cells
    page.get_by_role("button", name="on the stage").click()
    wait_for_stage(page)
    page.wait_for_url("**utterance=**")


def test_a_corpus_and_the_numbers_and_pictures_of_a_page_go_out_as_files(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, app_url, "corpus")
    page.get_by_role("heading", name="Take it with you").wait_for()
    table = download(page, "Utterances (CSV)", tmp_path).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 101
    figures = json.loads(download(page, "Figures (JSON)", tmp_path).read_text(encoding="utf-8"))
    assert figures["models"][0]["sha256"].startswith(rows[0]["weights"])
    numbers = json.loads(download(page, "Numbers of all pictures (JSON)", tmp_path).read_text(encoding="utf-8"))
    assert numbers["about"]["weights"] == figures["models"][0]["sha256"]
    assert {"corpus-confusion", "corpus-reliability", "corpus-slices"} <= set(numbers["figures"])
    assert "corpus-reliability" in download(page, "Numbers of all pictures (CSV)", tmp_path).read_text(encoding="utf-8")
    assert save_picture(page, "corpus-reliability", "svg", tmp_path).read_text(encoding="utf-8").startswith("<svg")
    page.get_by_text("PNG", exact=True).click()
    assert save_picture(page, "corpus-reliability", "png", tmp_path).read_bytes().startswith(b"\x89PNG")


def save_picture(page: Page, key: str, kind: str, folder: Path) -> Path:
    """Press the camera of a picture, once it saves as the given kind, and return the file."""
    picture = page.locator(f".st-key-{key} .js-plotly-plot").first
    saves_as = "plot => plot._context?.toImageButtonOptions?.format"
    wait_until(page, lambda: picture.evaluate(saves_as) == kind)
    wait_for_idle(page)
    picture.scroll_into_view_if_needed()
    picture.hover()
    with page.expect_download() as caught:
        picture.locator(".modebar-btn").first.click()
    target = folder / f"{key}-{caught.value.suggested_filename}"
    caught.value.save_as(target)
    return target


def test_papers_draw_themselves_and_say_what_they_still_need(page: Page, app_url: str) -> None:
    open_page(page, app_url, "papers")
    page.get_by_role("heading", name="Fig. 3: confidence over the layers").wait_for()
    page.get_by_role("heading", name="Fig. 5: case study").wait_for()
    wait_for_idle(page)
    expect(page.locator(".st-key-papers-dq_former-fig5 .js-plotly-plot")).to_contain_text("audio-dominated")
    page.get_by_text("DF-ERC", exact=True).first.click()
    page.get_by_role("heading", name="Fig. 11: how well contributions foresee the truth").wait_for()
    wait_for_idle(page)
    expect(page.locator(".js-plotly-plot")).to_have_count(8)  # two of them from the comparison that is shipped
    page.get_by_text("What Table 2 still lacks").click()
    expect(page.get_by_text("--variant no_cfm").first).to_be_visible()
    expect(page.locator(".problem")).to_have_count(0)
