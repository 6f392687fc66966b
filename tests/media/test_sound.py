from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from erc_core.errors import InputError
from erc_core.media.sound import RATE_HZ, read_audio
from erc_core.settings import Settings
from tests.media.conftest import AAC, H264, TONE, VIDEO, Maker


def tone_of(hertz: float, seconds: float, rate_hz: int, peak: float = 0.3) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz)


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.0, 3.0, 5.0, 10.0])
def test_a_tone_keeps_its_level_and_length(tmp_path: Path, settings: Settings, clip: Maker, seconds: float) -> None:
    # moviepy's reader loses clips of just these lengths.
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone_of(440, seconds, 44100), 44100)
    audio = read_audio(clip(f"{seconds}.m4a", "-i", path, *AAC, "-b:a", "192k"), settings)
    assert len(audio) == pytest.approx(seconds * RATE_HZ, abs=700)
    inner = audio[len(audio) // 4 : 3 * len(audio) // 4]
    assert np.sqrt(2 * np.mean(inner**2)) == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_equal_channels_come_out_at_their_own_level(tmp_path: Path, settings: Settings, channels: int) -> None:
    path = tmp_path / "equal.wav"
    wave = tone_of(440, 1, 16000)
    wave = np.repeat(wave[:, None], channels, axis=1)
    if channels == 6:
        wave[:, 3] = 0  # the bass channel is left out of a mix
    soundfile.write(path, wave, 16000)
    assert np.abs(read_audio(path, settings)).max() == pytest.approx(0.3, abs=0.005)


def test_two_channels_are_averaged(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "left.wav"
    left, right = tone_of(440, 1, 16000, 0.8), tone_of(880, 1, 16000, 0.4)
    soundfile.write(path, np.stack([left, right], axis=1), 16000, subtype="FLOAT")
    np.testing.assert_allclose(read_audio(path, settings), (left + right) / 2, atol=1e-4)


def test_many_channels_without_a_layout_are_read(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "many.wav"
    soundfile.write(path, np.repeat(tone_of(440, 1, 16000)[:, None], 20, axis=1), 16000)
    assert np.abs(read_audio(path, settings)).max() == pytest.approx(0.3, abs=0.01)


def test_a_stretch_holds_the_samples_of_its_time(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "ramp.wav"
    ramp = np.linspace(-0.9, 0.9, 4 * RATE_HZ)
    soundfile.write(path, ramp, RATE_HZ, subtype="FLOAT")
    audio = read_audio(path, settings, 1.25, 2.5)
    np.testing.assert_allclose(audio, ramp[20_000:40_000], atol=2e-3)


def test_a_stretch_of_a_compressed_clip_lies_where_the_whole_has_it(
    tmp_path: Path, settings: Settings, clip: Maker
) -> None:
    path = tmp_path / "noise.wav"
    rng = np.random.default_rng(5)
    loudness = np.repeat(rng.uniform(0.02, 0.6, 40), RATE_HZ // 10)
    soundfile.write(path, loudness * rng.uniform(-1, 1, len(loudness)), RATE_HZ)
    for name in ("noise.m4a", "noise.mp3", "noise.mkv", "noise.ogg"):
        packed = clip(name, "-i", path)
        whole, part = read_audio(packed, settings), read_audio(packed, settings, 1.7, 3.1)
        lags = range(-400, 401, 8)
        fit = [np.corrcoef(part[400:-400], whole[27_200 + 400 + lag :][: len(part) - 800])[0, 1] for lag in lags]
        assert abs(lags[int(np.argmax(fit))]) <= 16, name


def test_sound_that_begins_late_is_preceded_by_silence(clip: Maker, video: Path, settings: Settings) -> None:
    late = clip("late.mkv", "-i", video, "-itsoffset", "1", "-i", video, "-map", "0:v", "-map", "1:a", "-c", "copy")
    audio = read_audio(late, settings)
    assert np.abs(audio[: RATE_HZ - 800]).max() < 1e-3
    assert np.abs(audio[RATE_HZ + 800 : 2 * RATE_HZ]).max() > 0.05


def test_numbers_that_are_no_sound_become_silence(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "broken.wav"
    wave = tone_of(440, 1, RATE_HZ)
    wave[100:200], wave[300], wave[301] = np.nan, np.inf, 1e30
    soundfile.write(path, wave, RATE_HZ, subtype="FLOAT")
    audio = read_audio(path, settings)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= 1


def test_a_clip_without_sound_is_an_error_that_says_so(clip: Maker, settings: Settings) -> None:
    with pytest.raises(InputError) as caught:
        read_audio(clip("mute.mp4", *VIDEO, *H264), settings)
    assert str(caught.value) == (
        "The clip has no sound (step: sound). got: no audio track. what to do: analyse it by its words or pictures."
    )


def test_a_stretch_after_the_end_is_empty(tone: Path, settings: Settings) -> None:
    assert read_audio(tone, settings, 5, 6).shape == (0,)
    assert read_audio(tone, settings, 1, 1).shape == (0,)


def test_a_stretch_that_ends_before_it_begins_is_refused(tone: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match=re.escape("got: 3 s to 1 s. allowed: 0 <= start <= end")):
        read_audio(tone, settings, 3, 1)


def test_no_more_is_read_than_the_longest_clip(clip: Maker, tmp_path: Path) -> None:
    short = Settings(data=tmp_path, max_duration_s=1)
    assert len(read_audio(clip("tone.wav", *TONE), short)) == RATE_HZ
