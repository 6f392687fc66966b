"""The stage plays, scrubs and answers to mouse and keyboard without asking the server."""

from __future__ import annotations

import statistics
import time
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from erc_core.stage_assets import stage_html, stage_script
from erc_core.stage_data import StageMedia, stage_data
from tests.browser.conftest import Watched
from tests.browser.steps import go_to, open_page, play_for, played_s, wait_for_stage, wait_until
from tests.ui.sample_analysis import sample_analysis


@pytest.fixture
def stage(page: Page, app_url: str) -> Page:
    """Browse, open on the first example with its result."""
    open_page(page, app_url)
    wait_for_stage(page)
    page.wait_for_timeout(1500)
    return page


def utterance_in(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("utterance", [""])[0]


def pick(page: Page, name: str) -> None:
    page.locator(f'.utterance[data-id="{name}"]').click(position={"x": 4, "y": 10})


def test_the_first_page_shows_an_example_with_its_result(stage: Page) -> None:
    expect(stage.locator("section.stage")).to_have_attribute("data-kind", "video")
    assert stage.locator(".utterance").count() >= 6
    assert stage.locator(".truth").count() >= 6
    expect(stage.get_by_role("heading", name="On the whole")).to_be_visible()


def test_playing_and_scrubbing_ask_nothing_of_the_server(stage: Page, watched: Watched) -> None:
    before = watched.sent
    assert play_for(stage, 3.0) > 2.0
    head = stage.locator(".playhead")
    at = head.bounding_box()
    track = stage.locator(".lane.ruler .track").bounding_box()
    assert track is not None
    assert at is not None
    stage.mouse.move(track["x"] + track["width"] * 0.3, track["y"] + 8)
    stage.mouse.down()
    for step in range(30, 70, 4):
        stage.mouse.move(track["x"] + track["width"] * step / 100, track["y"] + 8)
    stage.mouse.up()
    moved = head.bounding_box()
    assert moved is not None
    assert moved["x"] - at["x"] > 50
    assert watched.sent == before


def test_a_click_shows_what_the_stage_holds_within_100_ms(stage: Page) -> None:
    script = """stage => ['u2', 'u3', 'u4', 'u5', 'u6'].map(name => {
        const root = stage.getRootNode();
        const start = performance.now();
        root.querySelector(`.utterance[data-id="${name}"]`).click();
        return [performance.now() - start, root.querySelector('.who').textContent.includes(name)];
    })"""
    answers = stage.locator("section.stage").evaluate(script)
    assert all(shown for _, shown in answers)
    assert statistics.median(elapsed_ms for elapsed_ms, _ in answers) < 100


def switched_s(page: Page) -> float:
    """Return how long the reading help takes to go or come: a run of the page that draws no figure anew."""
    explained = page.get_by_text("A row is a fusion layer")
    shown, start = explained.is_visible(), time.monotonic()
    page.get_by_text("Reading help", exact=True).click()
    expect(explained).to_be_visible(visible=not shown)
    return time.monotonic() - start


def test_a_click_reaches_the_server_part_within_a_second(page: Page, app_url: str, watched: Watched) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    go_to(page, "Layer confidence")
    page.get_by_role("heading", name="Utterance u1").wait_for()
    page.locator(".heatmaplayer .hm").first.wait_for()
    page.wait_for_timeout(2000)
    bare_s = statistics.median(switched_s(page) for _ in range(4))
    elapsed = []
    for name in ("u4", "u2", "u5"):
        sent, start = watched.sent, time.monotonic()
        pick(page, name)
        page.get_by_role("heading", name=f"Utterance {name}").wait_for()
        elapsed.append(time.monotonic() - start)
        wait_until(page, lambda expected=name: utterance_in(page) == expected)
        assert watched.sent == sent + 1
    # Browser and server share what may be two busy cores: there a second is counted in bare runs of the page.
    assert statistics.median(elapsed) < max(1.0, 4 * bare_s), f"{elapsed} beside {bare_s:.2f} s for a bare run"


def test_arrows_walk_by_utterance_and_are_one_pick(stage: Page, watched: Watched) -> None:
    # Pressed by script, so that the presses follow each other quickly on a busy machine too.
    sent = watched.sent
    stage.locator("section.stage").evaluate(
        """stage => [1, 2, 3].forEach(() => stage.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })))"""
    )
    expect(stage.locator('.utterance[aria-pressed="true"]')).to_have_attribute("data-id", "u4")
    wait_until(stage, lambda: utterance_in(stage) == "u4")
    stage.wait_for_timeout(500)
    assert watched.sent == sent + 1


def test_shift_and_an_arrow_move_by_one_frame(stage: Page) -> None:
    stage.locator("section.stage").focus()
    before = played_s(stage)
    stage.keyboard.press("Shift+ArrowRight")
    wait_until(stage, lambda: 0.02 < played_s(stage) - before < 0.06)
    stage.keyboard.press("Shift+ArrowLeft")
    wait_until(stage, lambda: abs(played_s(stage) - before) < 0.02)


def test_an_example_plays_with_sound(stage: Page) -> None:
    assert play_for(stage, 1.5) > 0.5
    heard = "video => [video.muted, video.volume, video.webkitAudioDecodedByteCount]"
    muted, volume, decoded = stage.locator("section.stage video").evaluate(heard)
    assert not muted
    assert volume > 0
    assert decoded > 0


def test_space_plays_and_pauses(stage: Page) -> None:
    stage.locator("section.stage").focus()
    before = played_s(stage)
    stage.keyboard.press(" ")
    wait_until(stage, lambda: played_s(stage) > before + 0.5)
    stage.keyboard.press(" ")
    expect(stage.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_word_can_be_clicked_and_lights_up(stage: Page) -> None:
    word = stage.locator(".word").nth(2)
    word.click()
    expect(stage.locator(".word").nth(2)).to_have_class("word spoken now")


def test_a_copied_link_restores_the_view_and_back_goes_back(page: Page, app_url: str) -> None:
    open_page(page, app_url)
    wait_for_stage(page)
    pick(page, "u3")
    wait_until(page, lambda: utterance_in(page) == "u3")
    pick(page, "u5")
    wait_until(page, lambda: utterance_in(page) == "u5")
    link = page.url
    page.go_back()
    wait_until(page, lambda: utterance_in(page) == "u3")
    expect(page.locator('.utterance[aria-pressed="true"]')).to_have_attribute("data-id", "u3")
    page.goto(link)
    wait_for_stage(page)
    expect(page.locator('.utterance[aria-pressed="true"]')).to_have_attribute("data-id", "u5")
    expect(page.locator("section.stage .who")).to_contain_text("u5")


def test_a_step_back_right_after_a_pick_is_not_lost(page: Page, app_url: str) -> None:
    open_page(page, app_url, "?utterance=u2")
    wait_for_stage(page)
    for name in ("u3", "u4", "u5"):
        pick(page, name)
        page.wait_for_url(f"**utterance={name}**", wait_until="commit")
    page.go_back(wait_until="commit")  # before the answer to the last pick may have come
    wait_until(page, lambda: utterance_in(page) == "u4")
    expect(page.locator('.utterance[aria-pressed="true"]')).to_have_attribute("data-id", "u4")
    expect(page.locator("section.stage .who")).to_contain_text("u4")


def test_an_answer_that_skips_the_last_pick_undoes_it(page: Page) -> None:
    value = stage_data(sample_analysis(), StageMedia(), np.zeros((0, 2), dtype=np.float32), "u1", "light")
    page.set_content(f'<div id="stage">{stage_html()}</div>')
    script = (
        stage_script() + "\nwindow.answer = (data) => stage({ data, parentElement: document.querySelector('#stage'),"
    )
    page.add_script_tag(
        content=script + " setTriggerValue: (_, pick) => { window.asked = pick.at; } });", type="module"
    )
    page.wait_for_function("'answer' in window")
    page.evaluate("data => void window.answer(data)", value | {"answered": 0})
    page.locator(".utterance[data-id=u3]").click()
    chosen = page.locator('.utterance[aria-pressed="true"]')
    page.evaluate("data => void window.answer(data)", value | {"answered": 0})  # drawn before the pick was heard
    expect(chosen).to_have_attribute("data-id", "u3")
    page.evaluate("data => void window.answer({ ...data, answered: window.asked })", value)  # a step back after it
    expect(chosen).to_have_attribute("data-id", "u1")


def test_every_lane_has_a_table(stage: Page) -> None:
    stage.get_by_text("The lanes as tables").click()
    lanes = stage.locator(".lane.speaker, .lane.modality").count()
    expect(stage.locator(".tablebox table")).to_have_count(lanes)
    expect(stage.locator(".tablebox caption").first).to_contain_text("Lane of")


@pytest.mark.parametrize("width", [1280, 1920])
def test_nothing_is_cut_off_sideways(page: Page, app_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    open_page(page, app_url)
    wait_for_stage(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 1
    box = page.locator("section.stage").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_an_address_that_makes_no_sense_is_answered_with_what_is_allowed(page: Page, app_url: str) -> None:
    open_page(page, app_url, "layers?tau=7")
    problem = page.get_by_role("alert")
    problem.wait_for()
    expect(problem).to_contain_text("0.0 to 0.5")


def test_the_first_screen_of_a_laptop_shows_who_felt_what(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    open_page(page, app_url)
    wait_for_stage(page)
    for lane in page.locator(".lane.speaker").all():
        box = lane.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900


def test_bars_stand_beside_their_emotions_where_a_model_says_nothing_of_single_modalities(
    page: Page, app_url: str
) -> None:
    open_page(page, app_url, "?model=lmam")
    wait_for_stage(page)
    label = page.locator(".distribution .label").first.bounding_box()
    bar = page.locator(".distribution .mini").first.bounding_box()
    assert label is not None
    assert bar is not None
    assert bar["y"] < label["y"] + label["height"]
    expect(page.locator(".weights")).to_have_text("This model reports nothing of single modalities.")
