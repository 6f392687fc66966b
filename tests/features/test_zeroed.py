"""The paper's zeroed input: there, but empty."""

from math import log

import numpy as np
import pytest

from erc_core.errors import UnsupportedError
from erc_core.features.acoustic import EXTRACTOR as SOUND
from erc_core.features.acoustic import FLOOR, log_mel
from erc_core.features.text import EXTRACTOR as WORDS
from erc_core.features.zeroed import zeroed
from erc_core.types import FeatureRow, Features, frozen_array

TOKENS = frozen_array([[101, 0], [7, 0], [102, 0], [9, 1], [102, 1]], np.int64)
MEL = frozen_array(np.random.default_rng(0).normal(size=(30, 80)))


def features():
    words = Features("d", "t", WORDS, (FeatureRow("u1", TOKENS), FeatureRow("u2", None, "no words")))
    sound = Features("d", "a", SOUND, (FeatureRow("u1", MEL), FeatureRow("u2", MEL)))
    return words, sound


def test_zeroed_sound_is_what_a_silent_waveform_of_that_length_gives():
    _, sound = zeroed(features(), ("a",))
    silence = log_mel(np.zeros(16_000, dtype=np.float32))
    assert sound.rows[0].values.shape == MEL.shape
    np.testing.assert_allclose(sound.rows[0].values, log(FLOOR), rtol=1e-6)
    np.testing.assert_allclose(silence, log(FLOOR), rtol=1e-6)


def test_zeroed_words_keep_their_length_and_say_which_tokens_are_the_utterance_s():
    words, sound = zeroed(features(), ("t",))
    assert words.rows[0].values[:, 0].tolist() == [0] * 5
    assert words.rows[0].values[:, 1].tolist() == [0, 0, 0, 1, 1]
    assert sound is features()[1] or sound.rows[0].values is MEL


def test_what_was_absent_stays_absent_and_what_was_given_is_not_changed():
    given = features()
    words, _ = zeroed(given, ("t",))
    assert (words.rows[1].values, words.rows[1].reason) == (None, "no words")
    assert given[0].rows[0].values[1, 0] == 7


def test_other_features_cannot_be_set_to_zero():
    other = Features("d", "v", "visual-1", (FeatureRow("u1", MEL),))
    with pytest.raises(UnsupportedError, match=r"cannot be set to zero\. got: visual-1.*switch the modality off"):
        zeroed((other,), ("v",))
