"""Single utterances of the studio for training encoders."""

import numpy as np

from erc_core.synthesis.samples import HEARD_HZ, LINES, MEASURE_SEEDS, TRAIN_SEEDS, sample_script, studio_voices


def test_voices_of_a_seed_are_the_lines_of_its_dialogue():
    voices = studio_voices([7])
    assert [voice.label for voice in voices] == [line.acoustic_emotion for line in sample_script(7).lines]
    assert len(voices) == LINES
    for voice in voices:
        assert len(voice.audio) > 0.5 * HEARD_HZ
        assert np.abs(voice.audio).max() > 0.01


def test_what_trains_is_not_what_measures():
    assert not set(TRAIN_SEEDS) & set(MEASURE_SEEDS)
