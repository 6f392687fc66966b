from __future__ import annotations

from pathlib import Path

import pytest

from erc_core.errors import InputError
from erc_core.synthesis.examples import EXAMPLES, check_frozen, frozen_scripts
from erc_core.synthesis.script import EMOTIONS, Script, parse_script, read_script
from erc_core.synthesis.truth import read_truth
from tests.synthesis.scripts import short_script


def test_a_line_says_which_channels_carry_its_label() -> None:
    script = parse_script(short_script(), "short")
    assert script.lines[0].informative() == ("text", "acoustic", "face")
    assert script.lines[1].informative() == ("acoustic", "face")
    assert script.lines[1].text_emotion == "joy"


def test_a_list_of_modalities_leaves_the_others_neutral() -> None:
    text = short_script().replace("emotion: joy,", "emotion: joy, modalities: [face],")
    line = parse_script(text, "short").lines[0]
    assert (line.text_emotion, line.acoustic_emotion, line.face_emotion) == ("neutral", "neutral", "joy")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("emotion: joy", "emotion: bliss", "allowed: neutral, surprise, fear"),
        ("room: office", "room: moon", "living, kitchen, office"),
        ("hair: bob", "hair: mohawk", "short, crop, side"),
        ("jaw: 0.87", "jaww: 0.87", "jaww"),
        ("pitch: 50", "pitch: 500", "0 to 99"),
        ("key_words: [won]", "key_words: [lost]", "got: lost"),
        ("speaker: Bo", "speaker: Cy", "allowed: Ana, Bo"),
        ("seed: 7", "sead: 7", "got: sead"),
        ("lines:", "rows:", "got: rows"),
    ],
)
def test_an_error_in_a_script_names_what_was_got_or_what_is_allowed(old: str, new: str, named: str) -> None:
    assert old in short_script()
    with pytest.raises(InputError, match=named):
        parse_script(short_script().replace(old, new, 1), "short")


def test_a_clip_without_sound_and_without_a_picture_is_refused() -> None:
    with pytest.raises(InputError, match="sound track or a picture"):
        parse_script(short_script(audio="false", picture="false"), "nothing")


def test_text_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(InputError, match="no YAML"):
        parse_script("title: [", "broken")


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_script(tmp_path / "none.yaml")


@pytest.fixture(scope="module")
def examples() -> list[Script]:
    return [read_script(EXAMPLES / name / "script.yaml") for name in sorted(frozen_scripts())]


def test_the_frozen_scripts_are_unchanged() -> None:
    check_frozen()


def test_there_are_at_least_eight_examples_with_every_emotion_several_times(examples: list[Script]) -> None:
    labels = [line.emotion for script in examples for line in script.lines]
    assert len(examples) >= 8
    assert all(labels.count(emotion) >= 5 for emotion in EMOTIONS)


def test_examples_have_two_to_four_speakers_and_six_to_sixteen_lines(examples: list[Script]) -> None:
    assert all(2 <= len(script.speakers) <= 4 and 6 <= len(script.lines) <= 16 for script in examples)


def test_the_examples_lines_are_mostly_eight_words_or_longer(examples: list[Script]) -> None:
    lengths = [len(line.text.split()) for script in examples for line in script.lines]
    assert sum(length >= 8 for length in lengths) >= 0.9 * len(lengths)


def test_the_examples_cover_what_each_modality_can_do_alone_and_against_the_others(examples: list[Script]) -> None:
    patterns = {line.informative() for script in examples for line in script.lines}
    assert {("acoustic",), ("face",), ("acoustic", "face"), ("text", "acoustic", "face")} <= patterns
    assert any(not script.audio for script in examples)
    assert any(not script.picture for script in examples)
    assert any(script.quality == "poor" for script in examples)
    assert any(line.shot == "listener" for script in examples for line in script.lines)
    assert any(line.reactions for script in examples for line in script.lines)


def test_the_built_examples_are_small_and_one_lasts_about_three_minutes() -> None:
    lengths_s = {}
    for name in frozen_scripts():
        lengths_s[name] = read_truth(EXAMPLES / name / "truth.json").seconds
        (clip,) = (EXAMPLES / name).glob("clip.*")
        assert clip.stat().st_size <= 5e6 * lengths_s[name] / 60
    assert 150 <= max(lengths_s.values()) <= 210
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) <= 40e6
