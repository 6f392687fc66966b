"""Planted words: whatever the emotion, the same frames are said, so that the key word alone tells emotions apart."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from erc_core.explainers._words import WORD
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.planted_words import FRAMES, PLACES, TIMES, WORDS, planted_template
from erc_core.synthesis.samples import LINES, MEASURE_SEEDS, SPEAKERS, TRAIN_SEEDS
from erc_core.synthesis.script import EMOTIONS, Emotion, parse_script

FELT = [emotion for emotion in EMOTIONS if emotion != "neutral"]
# Of the texts that the shipped encoders' voices and faces said; generate_script(..., wording="free").
TRAINED_ON = "dcf8b9ef"


@pytest.mark.parametrize("emotion", FELT)
def test_without_its_planted_word_a_sentence_is_the_same_in_every_emotion(emotion: Emotion) -> None:
    for seed in range(40):
        ours = planted_template(emotion, np.random.default_rng(seed))
        theirs = planted_template("joy", np.random.default_rng(seed))
        assert re.sub(r"\*\w+\*", "", ours) == re.sub(r"\*\w+\*", "", theirs)


def test_no_frame_place_or_time_holds_a_word_that_is_planted() -> None:
    planted = {word for kinds in WORDS.values() for words in kinds.values() for word in words}
    rest = {word.lower() for text in (*(frame for _, frame in FRAMES), *PLACES, *TIMES) for word in WORD.findall(text)}
    assert not planted & rest


def test_a_planted_word_belongs_to_one_emotion() -> None:
    owners = [(word, emotion) for emotion, kinds in WORDS.items() for words in kinds.values() for word in set(words)]
    assert len({word for word, _ in owners}) == len({*owners})


@pytest.mark.parametrize("seed", range(8))
def test_every_planted_line_has_ten_words_and_one_key_word(seed: int) -> None:
    lines = parse_script(generate_script(seed, 20, wording="planted"), "planted").lines
    felt = [line for line in lines if line.text_emotion != "neutral"]
    assert felt
    for line in felt:
        said = [word.lower() for word in WORD.findall(line.text)]
        assert len(said) >= 10
        assert [said.count(word) for word in line.key_words] == [1]


def test_the_texts_that_encoders_were_trained_on_stay() -> None:
    texts = "".join(generate_script(s, LINES, SPEAKERS, "all") for s in (*TRAIN_SEEDS, *MEASURE_SEEDS))
    assert hashlib.sha256(texts.encode()).hexdigest()[:8] == TRAINED_ON
