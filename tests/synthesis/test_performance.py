from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.film import Production
from erc_core.synthesis.script import parse_script
from erc_core.synthesis.studio import rehearse
from erc_core.synthesis.timeline import FPS
from erc_core.synthesis.visemes import mouth_track, shape_of
from erc_core.synthesis.voice import TimedText
from tests.synthesis.scripts import short_script


@pytest.fixture(scope="module")
def production() -> Production:
    return rehearse(parse_script(short_script(), "acting"))


def unit(track: Floats, number: int) -> Floats:
    return np.asarray(track[:, ACTION_UNITS.index(number)])


def test_joy_rises_before_the_first_word_and_falls_after_the_last(production: Production) -> None:
    smile = unit(production.acting[0].units, 12)
    cue = production.timeline.cues[0]
    middle = smile[round((cue.start_s + cue.end_s) / 2 * FPS)]
    assert middle > 0.6
    assert 0.0 < smile[round((cue.start_s - 0.05) * FPS)] < middle
    assert smile[0] == 0.0
    assert smile[round((cue.end_s + 1.0) * FPS)] < 0.05


def test_sarcasm_shows_the_faces_emotion_and_not_that_of_the_words(production: Production) -> None:
    cue = production.timeline.cues[1]
    frame = round((cue.start_s + cue.end_s) / 2 * FPS)
    units = production.acting[1].units
    assert unit(units, 4)[frame] > 0.5
    assert unit(units, 12)[frame] < 0.1


def test_a_face_that_does_not_carry_the_emotion_stays_neutral() -> None:
    text = short_script().replace("emotion: joy,", "emotion: joy, modalities: [text, acoustic],")
    units = rehearse(parse_script(text, "calm")).acting[0].units
    assert unit(units, 12).max() < 0.05
    assert unit(units, 6).max() < 0.05


def test_intensities_stay_between_zero_and_one_and_eyes_blink(production: Production) -> None:
    for acting in production.acting:
        assert acting.units.min() >= 0
        assert acting.units.max() <= 1
        assert unit(acting.units, 45).max() > 0.9


def test_lips_close_for_a_labial_and_the_jaw_opens_for_a_vowel() -> None:
    track = mouth_track((TimedText("m", 0.0, 0.2), TimedText("A:", 0.2, 0.5)), 1.0, 60, FPS)
    assert unit(track, 26)[round(1.08 * FPS)] < 0.1
    assert unit(track, 26)[round(1.35 * FPS)] > 0.35
    assert unit(track, 24)[round(1.08 * FPS)] > 0.3
    assert track[:20].max() == 0


@pytest.mark.parametrize(("phoneme", "number"), [("u:", 18), ("f", 24), ("aI", 26), ("S", 22), ("i:", 20)])
def test_a_phoneme_moves_the_unit_that_it_needs(phoneme: str, number: int) -> None:
    assert shape_of(phoneme)[number] > 0


def test_shots_follow_each_other_without_a_gap(production: Production) -> None:
    takes = production.timeline.takes
    assert takes[0].first_frame == 0
    assert takes[-1].last_frame == production.timeline.frames
    assert all(one.last_frame == two.first_frame for one, two in pairwise(takes))


def test_a_listeners_shot_shows_the_other_one() -> None:
    text = short_script().replace('text: "Oh great.",', 'text: "Oh great.", shot: listener,')
    takes = rehearse(parse_script(text, "listener")).timeline.takes
    assert takes[-1].seats == (0,)
