"""Tables of other models' predictions: what is read, and what hostile ones are answered."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.data.other_predictions import MAX_BYTES, format_text, read_predictions
from erc_core.errors import InputError
from erc_core.types import MELD7, Dialogue, LabelSet, Utterance

LABELS = LabelSet("two", ("joy", "fear"))
TALK = Dialogue.of("talk", "test", tuple(Utterance(f"u{i}", "A", "x", float(i), i + 0.5) for i in range(1, 4)))


def read(text: str | bytes, labels: LabelSet = LABELS) -> tuple[str | None, ...]:
    content = text if isinstance(text, bytes) else text.encode()
    return read_predictions(content, TALK, labels).labels


def test_labels_are_read_by_id_or_number_and_rows_may_be_left_out() -> None:
    assert read("utterance,label\nu1,joy\n3,FEAR\n") == ("joy", None, "fear")
    assert read("\ufeffLabel;Utterance;more\nfear;u2;=1+1\n") == (None, "fear", None)


def test_probabilities_are_read_in_the_label_sets_order_and_the_label_is_the_largest() -> None:
    found = read_predictions(b"utterance\tfear\tjoy\nu2\t0.7\t0.3\n", TALK, LABELS)
    assert found.labels == (None, "fear", None)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities[1], [0.3, 0.7], atol=1e-6)
    assert np.isnan(found.probabilities[0]).all()


def test_a_label_column_counts_where_there_are_probabilities_too() -> None:
    assert read("utterance,label,joy,fear\nu1,fear,0.6,0.4\n")[0] == "fear"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The table is empty"),
        ("utterance,label\n", "no predictions"),
        ("id,emotion\nu1,joy\n", r"does not name the columns.*got: id, emotion.*allowed: columns utterance and label"),
        ("utterance,label,label\nu1,joy,joy\n", r"occurs twice.*got: label"),
        ("utterance,joy\nu1,1\n", r"Labels have no column.*got: fear"),
        ("utterance,label\nu9,joy\n", r"Line 2 is about an utterance that the dialogue does not have.*got: u9"),
        ("utterance,label\n0,joy\n", "does not have"),
        ("utterance,label\n٣,joy\n", "does not have"),
        ("utterance,label\nu1,joy\n1,joy\n", "Line 3 is about an utterance that came before"),
        ("utterance,label\nu1,bored\n", r"no label of two.*got: bored.*allowed: joy, fear"),
        ("utterance,label\nu1,\n", "an empty cell"),
        ("utterance,label\nu1,joy,x\n", "Line 2 has another number of cells"),
        ("utterance,joy,fear\nu1,0.5,nan\n", r"no probability of fear.*got: nan"),
        ("utterance,joy,fear\nu1,inf,0\n", r"no probability of joy.*got: inf"),
        ("utterance,joy,fear\nu1,-0.5,1.5\n", r"no probability of joy.*got: -0\.5"),
        ("utterance,joy,fear\nu1,=1+1,0\n", r"no probability of joy.*got: =1\+1"),
        ("utterance,joy,fear\nu1,0.9,0.9\n", r"do not sum to one.*got: 1\.8000"),
        ('utterance,label\nu1,"joy\n', "cannot be read"),
        ("utterance,label\nu1," + "j" * 200_000 + "\n", "cannot be read"),
        (b"utterance,label\nu1,joy\0\n", "NUL"),
        (b"\xff\xfeu\0t\0", "no text in UTF-8"),
        (b"a" * (MAX_BYTES + 1), r"too large.*got: 2,000,001 bytes"),
        ("[" * 5000, "does not name the columns"),
    ],
)
def test_a_table_that_cannot_be_used_is_answered_with_what_is_wrong(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(text)
    assert len(str(caught.value)) < 900


def test_the_format_names_every_label() -> None:
    assert all(f"`{label}`" in format_text(MELD7) for label in MELD7)
