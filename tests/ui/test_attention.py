"""Attention on words: pieces are joined, hostile words stay words."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.ui.attention import join_pieces, pooled, split_history, words_html
from tests.ui.sample_analysis import sample_analysis


def test_pieces_of_a_word_are_joined_and_their_attention_adds_up() -> None:
    words = join_pieces(("[CLS]", "un", "##believ", "##able", "!"), np.array([0.1, 0.2, 0.3, 0.1, 0.3]))
    assert [word.text for word in words] == ["[CLS]", "unbelievable", "!"]
    assert words[1].weight == pytest.approx(0.6)
    assert [word.marker for word in words] == [True, False, False]


def test_the_mean_over_queries_still_sums_to_one() -> None:
    array = sample_analysis().trace.array("attention_t/u1")
    assert pooled(array, "5", None).sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(pooled(array, "5", "3"), array.values[1, 2])


def test_words_enter_the_page_as_text() -> None:
    page = words_html(join_pieces(("<b>Lisbon</b>",), np.array([1.0])), "light")
    assert "&lt;b&gt;Lisbon&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_strongest_word_has_the_strongest_ground() -> None:
    page = words_html(join_pieces(("weak", "strong"), np.array([0.01, 0.04])), "light")
    assert '--strength:50%">weak' in page
    assert '--strength:100%">strong' in page


def test_history_ends_at_the_first_separator() -> None:
    words = join_pieces(("[CLS]", "b", "hi", "[SEP]", "a", "you", "[SEP]"), np.full(7, 1 / 7))
    history, own = split_history(words)
    assert [word.text for word in history] == ["[CLS]", "b", "hi", "[SEP]"]
    assert [word.text for word in own] == ["a", "you", "[SEP]"]
    assert split_history(words[4:]) == ((), words[4:])
