"""What the acoustic encoder reads."""

import numpy as np
import pytest
import soundfile

from erc_core.features.acoustic import HOP_S, RATE_HZ, acoustic_features, blocks, level, log_mel, trim
from erc_core.features.acoustic_encoder import STRIDE, AcousticEncoder
from erc_core.features.wave import wave_features
from erc_core.settings import Settings
from erc_core.types import Dialogue, Media, Utterance, silent


def tone(seconds, hz=220.0, gain=0.1):
    return (gain * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def test_a_frame_comes_every_ten_milliseconds():
    assert log_mel(tone(1.0)).shape == (98, 80)  # windows of 25 ms that fit into a second
    assert HOP_S == 0.01


def test_the_gain_of_a_recording_changes_nothing():
    sound = tone(1.0) + np.random.default_rng(0).normal(0, 0.01, RATE_HZ).astype(np.float32)
    np.testing.assert_allclose(log_mel(sound), log_mel(sound * 0.05), atol=1e-3)


def test_a_higher_tone_lies_in_a_higher_band():
    assert log_mel(tone(0.5, 200)).mean(0).argmax() < log_mel(tone(0.5, 2000)).mean(0).argmax()


def test_at_most_ten_seconds_are_read():
    assert len(log_mel(tone(30.0))) == len(log_mel(tone(10.0)))


def test_silence_is_levelled_without_an_error():
    assert np.isfinite(level(np.zeros(100, np.float32))).all()


def test_silence_at_both_ends_is_cut():
    quiet = np.zeros(RATE_HZ, np.float32)
    cut = trim(np.concatenate([quiet, tone(0.5), quiet]))
    assert abs(len(cut) - RATE_HZ / 2) <= 160


def clip(tmp_path, seconds=4.0):
    path = tmp_path / "clip.wav"
    sound = tone(seconds)
    sound[RATE_HZ * 2 : RATE_HZ * 3] = 0
    soundfile.write(path, sound, RATE_HZ)
    media = Media("0" * 64, "clip.wav", "wav", seconds, has_video=False, has_audio=True)
    times = [(0.0, 1.0), (2.1, 2.9), (3.0, 3.05), (3.0, 4.0)]
    spoken = tuple(Utterance(f"u{i}", "Ann", None, a, b) for i, (a, b) in enumerate(times))
    return path, Dialogue.of("d", "test", spoken, media)


@pytest.mark.parametrize(("extract", "width"), [(acoustic_features, 80), (wave_features, 320)])
def test_utterances_without_usable_sound_are_absent_with_their_reason(tmp_path, extract, width):
    path, dialogue = clip(tmp_path)
    found = extract(dialogue, path, Settings(), silent)
    assert found.rows[0].values.shape[1] == width
    assert found.present().tolist() == [True, False, False, True]
    assert "silence" in found.rows[1].reason
    assert "under 0.1 s" in found.rows[2].reason


def test_without_a_recording_all_utterances_are_absent(tmp_path):
    _, dialogue = clip(tmp_path)
    found = acoustic_features(dialogue, None, Settings(), silent)
    assert {row.reason for row in found.rows} == {"no recording: only words are known"}


def test_sound_is_decoded_a_minute_at_a_time():
    spoken = [Utterance(f"u{i}", "Ann", None, i * 20.0, i * 20.0 + 5) for i in range(7)]
    assert [len(block) for block in blocks(spoken)] == [3, 3, 1]


def test_the_encoder_shortens_time_by_its_stride():
    import torch

    encoder = AcousticEncoder(width=16, layers=2, channels=(4, 6, 8, 10)).eval()
    states, mask = encoder(torch.zeros(1, 100, 80), torch.ones(1, 100, dtype=torch.bool))
    assert len(states) == 2
    assert states[0].shape == (1, -(-100 // STRIDE), 16)
    assert mask.shape == (1, -(-100 // STRIDE))
