from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import InputError, MissingResourceError
from erc_core.synthesis import espeak_worker, voice
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.script import EMOTIONS, Emotion, parse_script
from erc_core.synthesis.voice import RATE_HZ, Speech, speak
from tests.synthesis.scripts import short_script

TEXT = "The train leaves from platform four at ten past nine."


def pitch_hz(samples: Floats) -> Floats:
    """Return the pitch of each loud piece of 25 ms, found by autocorrelation."""
    size = int(0.045 * RATE_HZ)
    found = []
    for start in range(0, len(samples) - size, size // 2):
        piece = samples[start : start + size] - samples[start : start + size].mean()
        if np.sqrt((piece**2).mean()) < 0.02:
            continue
        same = np.fft.irfft(np.abs(np.fft.rfft(piece, 2 * size)) ** 2)
        low, high = RATE_HZ // 450, RATE_HZ // 60
        best = low + int(same[low:high].argmax())
        if same[best] > 0.5 * same[0]:
            found.append(RATE_HZ / best)
    return np.array(found)


@pytest.fixture(scope="module")
def spoken() -> dict[Emotion, Speech]:
    script = parse_script(short_script(), "voices")
    line = replace(script.lines[0], text=TEXT, key_words=("platform",), intensity=1.0)
    lines = tuple(replace(line, acoustic_emotion=emotion) for emotion in EMOTIONS)
    return dict(zip(EMOTIONS, speak(replace(script, lines=lines)), strict=True))


def loudness_db(speech: Speech) -> float:
    return float(20 * np.log10(np.sqrt((speech.samples**2).mean())))


def brightness_db(speech: Speech) -> float:
    power = np.abs(np.fft.rfft(speech.samples)) ** 2
    hertz = np.fft.rfftfreq(len(speech.samples), 1 / RATE_HZ)
    return float(10 * np.log10(power[hertz > 1000].sum() / power[hertz < 1000].sum()))


def test_joy_surprise_and_fear_are_higher_and_sadness_is_lower_than_neutral(spoken: dict[Emotion, Speech]) -> None:
    level = {emotion: float(np.median(pitch_hz(speech.samples))) for emotion, speech in spoken.items()}
    for emotion in ("joy", "surprise", "fear"):
        assert level[emotion] > 1.15 * level["neutral"]
    assert level["sadness"] < 0.92 * level["neutral"]


def test_joy_has_a_wider_pitch_range_and_sadness_a_narrower_one(spoken: dict[Emotion, Speech]) -> None:
    spread = {emotion: np.ptp(np.percentile(pitch_hz(spoken[emotion].samples), [10, 90])) for emotion in spoken}
    assert spread["joy"] > 1.5 * spread["neutral"]
    assert spread["sadness"] < 0.7 * spread["neutral"]


def test_anger_is_louder_and_brighter_and_sadness_softer_and_darker(spoken: dict[Emotion, Speech]) -> None:
    assert loudness_db(spoken["anger"]) > loudness_db(spoken["neutral"]) + 4
    assert loudness_db(spoken["sadness"]) < loudness_db(spoken["neutral"]) - 4
    assert brightness_db(spoken["anger"]) > brightness_db(spoken["neutral"]) + 2
    assert brightness_db(spoken["sadness"]) < brightness_db(spoken["neutral"]) - 2


def test_fear_is_faster_and_sadness_slower(spoken: dict[Emotion, Speech]) -> None:
    assert spoken["fear"].seconds < 0.9 * spoken["neutral"].seconds
    assert spoken["sadness"].seconds > 1.2 * spoken["neutral"].seconds


def test_every_word_has_a_time_in_order_within_the_sound(spoken: dict[Emotion, Speech]) -> None:
    for speech in spoken.values():
        assert [word.text for word in speech.words] == TEXT.rstrip(".").split()
        times = [time for word in speech.words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= speech.seconds + 1e-3


def test_words_that_are_spoken_together_each_have_an_own_time() -> None:
    script = parse_script(short_script().replace("We won!", "And I am won, so it is."), "joined")
    words = speak(script)[0].words
    assert [word.text for word in words] == ["And", "I", "am", "won", "so", "it", "is"]
    assert all(word.end_s > word.start_s for word in words)


def test_the_same_script_sounds_the_same_again() -> None:
    script = parse_script(short_script(), "again")
    for first, second in zip(speak(script), speak(script), strict=True):
        np.testing.assert_array_equal(first.samples, second.samples)


def test_characters_of_markup_in_a_line_are_spoken_and_not_obeyed() -> None:
    script = parse_script(short_script().replace("We won!", "Cats <b>and</b> dogs won & ran."), "marks")
    assert "dogs" in [word.text for word in speak(script)[0].words]


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(InputError, match="does not know a voice"):
        speak(parse_script(short_script().replace("en-us+m3", "xx-none"), "voice"))


def test_a_line_without_sound_is_refused() -> None:
    script = parse_script(short_script().replace('"Oh great."', '"..."'), "mute")
    with pytest.raises(InputError, match="makes no sound"):
        speak(script)


def test_a_machine_without_espeak_is_told_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(espeak_worker.__file__).read_text(encoding="utf-8")
    other = tmp_path / "worker.py"
    other.write_text(source.replace(espeak_worker.LIBRARY, "libespeak-of-nowhere.so.9"), encoding="utf-8")
    monkeypatch.setattr(voice, "WORKER", other)
    with pytest.raises(MissingResourceError, match="apt-get install espeak-ng"):
        speak(parse_script(short_script(), "missing"))
