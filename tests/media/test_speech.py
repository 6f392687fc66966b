from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from erc_core.errors import CancelledError
from erc_core.media.speech import MAX_SPEECH_S, PADDING_S, speech_segments
from tests.media.voice import RATE_HZ, silence, voice


def test_two_stretches_of_speech_are_found_where_they_are() -> None:
    found = speech_segments(np.concatenate([silence(1), voice(2), silence(1.5), voice(3, 1), silence(1)]))
    assert len(found) == 2
    for span, (start_s, end_s) in zip(found, ((1, 3), (4.5, 7.5)), strict=True):
        assert span.start_s == pytest.approx(start_s, abs=0.3)
        assert span.end_s == pytest.approx(end_s, abs=0.3)


@pytest.mark.parametrize("level", [0.0, 0.02, 0.2])
def test_silence_and_noise_are_no_speech(level: float) -> None:
    noise = np.random.default_rng(1).normal(0, level, 5 * RATE_HZ) if level else silence(5)
    assert speech_segments(noise.astype(np.float32)) == ()


@pytest.mark.parametrize("samples", [0, 1, 511, 513])
def test_sound_too_short_for_speech_has_none(samples: int) -> None:
    assert speech_segments(np.zeros(samples, dtype=np.float32)) == ()


def test_long_speech_is_cut_and_no_stretch_overlaps_the_next() -> None:
    audio = voice(40, 3)
    found = speech_segments(audio)
    assert len(found) >= 3
    assert max(span.duration_s for span in found) <= MAX_SPEECH_S + 2 * PADDING_S
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(found))
    assert found[-1].end_s <= len(audio) / RATE_HZ


def test_the_number_of_threads_is_left_alone() -> None:
    before = torch.get_num_threads()
    speech_segments(voice(1))
    assert torch.get_num_threads() == before


def test_the_same_sound_gives_the_same_speech_again() -> None:
    audio = np.concatenate([silence(0.5), voice(2)])
    assert speech_segments(audio) == speech_segments(audio)


def test_the_search_reports_and_can_be_stopped() -> None:
    seen: list[float] = []

    def stop(step: str, fraction: float) -> None:
        assert step == "speech"
        seen.append(fraction)
        if fraction > 0.3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        speech_segments(silence(10), stop)
    assert seen == sorted(seen)
    assert speech_segments(silence(1)) == ()
