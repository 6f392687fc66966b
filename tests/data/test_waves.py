from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_layouts import write_wave

from erc_core.data.waves import read_wave, resampled
from erc_core.errors import InputError


def test_a_recording_at_another_rate_keeps_its_pitch_length_and_loudness(tmp_path: Path) -> None:
    write_wave(tmp_path / "tone.wav", rate_hz=48_000, seconds=1.0, pitch_hz=440.0)
    wave = read_wave(tmp_path / "tone.wav")
    assert wave.dtype == np.float32
    assert len(wave) == 16_000
    assert np.argmax(np.abs(np.fft.rfft(wave))) == 440
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.2 / np.sqrt(2), rel=0.01)


def test_frequencies_that_do_not_fit_are_removed_not_folded() -> None:
    time = np.arange(48_000) / 48_000
    assert np.abs(resampled(np.sin(2 * np.pi * 11_000 * time).astype(np.float32), 48_000)).max() < 1e-3


def test_a_lower_rate_is_raised(tmp_path: Path) -> None:
    write_wave(tmp_path / "tone.wav", rate_hz=8_000, seconds=1.0, pitch_hz=440.0)
    wave = read_wave(tmp_path / "tone.wav")
    assert len(wave) == 16_000
    assert np.argmax(np.abs(np.fft.rfft(wave))) == 440


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    soundfile.write(tmp_path / "two.wav", both, 16_000, subtype="FLOAT")
    assert np.allclose(read_wave(tmp_path / "two.wav"), 0.125)


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_bytes(b"notes")
    with pytest.raises(InputError, match=r"The recording notes\.wav cannot be read"):
        read_wave(tmp_path / "notes.wav")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(InputError, match="holds no sample"):
        read_wave(tmp_path / "empty.wav")
