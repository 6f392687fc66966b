"""Recordings that lie in a corpus's folder are read, and what has none is missing."""

import numpy as np
import pytest
import soundfile

from erc_core.corpus_clips import NO_RECORDING, clip_features, clip_keys
from erc_core.data.base import MediaFile
from erc_core.features.acoustic import EXTRACTOR as SOUND
from erc_core.features.acoustic import RATE_HZ, log_mel
from erc_core.features.text import EXTRACTOR as WORDS
from erc_core.settings import Settings
from erc_core.types import Dialogue, Utterance


@pytest.fixture
def voices(tmp_path):
    """A dialogue of three utterances; the first two have a recording, the second is no sound at all."""
    utterances = tuple(Utterance(f"u{i}", "Ann", "Some words", 10.0 * i + 1, 10.0 * i + 2) for i in range(3))
    dialogue = Dialogue.of("D", "corpus/train", utterances)
    tone = (0.3 * np.sin(np.arange(RATE_HZ) / 20)).astype(np.float32)
    soundfile.write(tmp_path / "u0.wav", tone, RATE_HZ)
    (tmp_path / "u1.wav").write_bytes(b"no sound")
    return dialogue, tuple(MediaFile(dialogue.id, f"u{i}", "audio", tmp_path / f"u{i}.wav") for i in range(2))


def test_each_utterance_is_read_from_its_own_recording_whatever_its_times_in_the_dialogue(voices):
    dialogue, files = voices
    found = clip_features(dialogue, files, SOUND, Settings())
    heard, damaged, absent = found.rows
    assert found.dialogue == dialogue.id
    assert heard.utterance == "u0"
    assert heard.values.shape == log_mel(np.zeros(RATE_HZ, dtype=np.float32)).shape
    assert damaged.values is None
    assert "u1.wav" in damaged.reason or damaged.reason
    assert (absent.values, absent.reason) == (None, NO_RECORDING)


def test_words_are_read_with_the_history_of_the_whole_dialogue(voices):
    dialogue, files = voices
    rows = clip_features(dialogue, files, WORDS, Settings()).rows
    assert [row.utterance for row in rows] == ["u0", "u1", "u2"]
    assert len(rows[2].values) > len(rows[0].values)


def test_a_recording_of_the_whole_dialogue_is_cut_at_the_utterances_times(voices, tmp_path):
    dialogue, _ = voices
    audio = np.zeros(30 * RATE_HZ, dtype=np.float32)
    audio[11 * RATE_HZ : 12 * RATE_HZ] = 0.3 * np.sin(np.arange(RATE_HZ) / 20)
    soundfile.write(tmp_path / "all.wav", audio, RATE_HZ)
    files = (MediaFile(dialogue.id, "", "audio", tmp_path / "all.wav"),)
    first, second, _ = clip_features(dialogue, files, SOUND, Settings()).rows
    assert "silence" in first.reason
    assert second.values is not None


def test_a_changed_recording_has_another_key(voices, tmp_path):
    dialogue, files = voices
    before = clip_keys(dialogue, files, "dq_former", Settings())
    assert set(before) == {WORDS, SOUND}
    (tmp_path / "u1.wav").write_bytes(b"another sound")
    assert clip_keys(dialogue, files, "dq_former", Settings()) != before
