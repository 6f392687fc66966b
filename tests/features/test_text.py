"""What the text encoder reads."""

import numpy as np
import pytest

from erc_core.errors import MissingResourceError
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import HISTORY, TARGET, load_tokenizer, speaker_letters, text_features, text_input
from erc_core.settings import Settings
from erc_core.types import Dialogue, Utterance, silent


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(TEXT_ENCODER)


def dialogue(*lines):
    spoken = [Utterance(f"u{i}", speaker, text, i, i + 1) for i, (speaker, text) in enumerate(lines)]
    return Dialogue.of("d", "test", tuple(spoken))


def test_the_one_who_speaks_is_always_a_and_the_latest_other_is_b():
    assert speaker_letters(["Ann", "Bob", "Cid", "Ann"]) == ["A", "C", "B", "A"]


def test_history_comes_first_and_the_target_last(tokenizer):
    read = text_input(dialogue(("Ann", "Hello there"), ("Bob", "Go away")), 1, tokenizer)
    assert " ".join(read.tokens) == "[CLS] b : hello there [SEP] a : go away [SEP]"
    assert read.values[:6, 1].tolist() == [HISTORY] * 6
    assert read.values[6:, 1].tolist() == [TARGET] * 5


def test_tokens_point_back_to_their_characters(tokenizer):
    read = text_input(dialogue(("Ann", "Hello there"), ("Bob", "Go away")), 1, tokenizer)
    words = ["Hello there", "Go away"]
    found = [words[s.utterance][s.start : s.end].lower() for s in read.spans if s.end]
    assert found == ["hello", "there", "go", "away"]


def test_only_the_last_five_utterances_are_read(tokenizer):
    many = dialogue(*[("Ann", f"number {i}") for i in range(8)])
    assert "1" not in text_input(many, 7, tokenizer).tokens
    assert "2" in text_input(many, 7, tokenizer).tokens


def test_a_long_history_loses_its_beginning_and_never_the_target(tokenizer):
    long = dialogue(*[("Ann", "alpha " * 200)] * 5, ("Bob", "the end"))
    read = text_input(long, 5, tokenizer)
    assert len(read.tokens) == 512
    assert read.tokens[-3:] == ("the", "end", "[SEP]")


def test_an_utterance_without_words_is_absent_with_its_reason():
    found = text_features(dialogue(("Ann", None), ("Bob", "  "), ("Ann", "yes")), None, Settings(), silent)
    assert found.present().tolist() == [False, False, True]
    assert "give a transcript" in found.rows[0].reason


def test_unknown_scripts_and_emoji_are_read_without_an_error(tokenizer):
    read = text_input(dialogue(("Ann", "مرحبا 😀 <script>alert(1)</script>")), 0, tokenizer)
    assert read.values.dtype == np.int64
    assert len(read.tokens) > 5


def test_a_folder_without_a_tokenizer_says_what_to_do(tmp_path):
    with pytest.raises(MissingResourceError, match="restore the checkpoint folder"):
        load_tokenizer(tmp_path)
