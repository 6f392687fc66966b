"""A person loads a clip of their own and sees emotions and confidences, or a clear error."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.steps import ANALYSIS_MS, analyse, go_to, open_page, play_for, wait_for_stage


def expect_heatmap(page: Page) -> None:
    go_to(page, "Layer confidence")
    page.get_by_role("heading", name="Along the dialogue").wait_for()
    heatmap = page.locator(".st-key-layer-confidence .heatmaplayer .hm, .heatmaplayer .hm").first
    heatmap.wait_for()
    expect(page.get_by_role("heading", name="Utterance u1")).to_be_visible()


def test_an_uploaded_video_gets_predictions_plays_and_shows_its_confidences(
    page: Page, app_url: str, speech_mp4: Path
) -> None:
    analyse(page, app_url, speech_mp4)
    wait_for_stage(page)
    expect(page.locator("section.stage")).to_have_attribute("data-kind", "video")
    expect(page.locator(".utterance").first).to_have_attribute("data-id", "u1")
    assert play_for(page, 2.0) > 1.0
    expect_heatmap(page)


def test_an_uploaded_sound_gets_predictions_plays_and_says_that_there_is_no_picture(
    page: Page, app_url: str, speech_wav: Path
) -> None:
    analyse(page, app_url, speech_wav)
    wait_for_stage(page)
    expect(page.locator("section.stage")).to_have_attribute("data-kind", "audio")
    expect(page.get_by_text("The clip has no picture")).to_be_visible()
    assert play_for(page, 2.0) > 1.0
    expect_heatmap(page)


def test_a_text_named_mp4_is_answered_with_what_is_wrong_and_what_to_do(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    fake = tmp_path / "holiday.mp4"
    fake.write_text("This is a letter, not a film.\n")
    analyse(page, app_url, fake)
    problem = page.get_by_role("alert").filter(has_text="cannot be read as video or audio")
    problem.wait_for()
    expect(problem).to_contain_text("Allowed")
    expect(problem).to_contain_text("mp4")
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_words_that_are_typed_into_the_table_are_analysed(page: Page, app_url: str, speech_wav: Path) -> None:
    analyse(page, app_url, speech_wav)
    wait_for_stage(page)
    before = page.url
    cell = page.locator("[data-testid=stDataFrame]")
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the table is a canvas: it takes no click before it is drawn
    box = cell.bounding_box()
    assert box is not None
    cell.click(position={"x": box["width"] - 150, "y": 52})
    page.wait_for_timeout(500)
    page.keyboard.type("I am so happy to see you!", delay=40)  # the cell opens with the first key
    page.wait_for_timeout(700)
    page.keyboard.press("Enter")
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Analyse again with this table").click()
    expect(page.locator(".words")).to_contain_text("happy", timeout=ANALYSIS_MS)
    assert page.url != before


def test_the_work_goes_on_when_the_page_is_reloaded(
    page: Page, app_url: str, speech_mp4: Path, tmp_path: Path, watched: Watched
) -> None:
    clip, transcript = tmp_path / "1. *talk* ![x](y.png).mp4", tmp_path / "talk.csv"
    shutil.copy(speech_mp4, clip)
    transcript.write_text("start_s,end_s,speaker,text\n0.5,3.0,Ada,Hello there\n3.5,6.0,Ben,<i>No</i> way!\n")
    analyse(page, app_url, clip, transcript)
    page.wait_for_url("**job=**")
    page.reload()
    wait_for_stage(page)
    expect(page.get_by_role("heading", name=clip.name, exact=True)).to_be_visible()
    expect(page.locator(".lane.speaker .name")).to_have_text(["Ada", "Ben"])
    assert watched.sent > 0
    open_page(page, app_url)
    expect(
        page.get_by_role("button", name=clip.name, exact=True).first
    ).to_be_visible()  # its name as it is, no Markdown
