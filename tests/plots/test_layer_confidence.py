"""The confidence heatmap shows masked, silent and missing states as what they are."""

from __future__ import annotations

import numpy as np

from erc_core.plots.layer_confidence import BOTH_MASKED, example, missing_example, silent_layers


def test_a_masked_cell_is_marked_and_the_others_show_their_share() -> None:
    text = example().data[0].text
    assert list(text[0]) == ["0.94", "0.06  ✕ masked"]
    assert list(text[1]) == ["0.71", "0.29"]


def test_a_layer_with_both_modalities_masked_says_that_it_passes_nothing_on() -> None:
    notes = [note for note in example().layout.annotations if note.text == BOTH_MASKED]
    assert [note.y for note in notes] == [2]


def test_a_missing_modality_is_a_gap_with_its_name_and_not_a_zero() -> None:
    figure = missing_example()
    assert np.isnan(np.array(figure.data[0].z, dtype=float)[:, 1]).all()
    assert [row[1] for row in figure.data[0].text] == ["missing"] * 3


def test_an_absent_modality_does_not_make_a_layer_speak() -> None:
    masked = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert silent_layers(masked, (True, False)) == (0,)
    assert silent_layers(masked, (True, True)) == ()
    assert silent_layers(masked, (False, False)) == ()
