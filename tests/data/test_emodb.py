from __future__ import annotations

from pathlib import Path

import pytest
from corpus_layouts import make_emodb

from erc_core.data.emodb import SPEAKERS, read_emodb
from erc_core.errors import InputError


def test_letters_become_labels_and_boredom_is_left_out(tmp_path: Path) -> None:
    takes = {take.path.stem: (take.label, take.actor) for take in read_emodb(make_emodb(tmp_path))}
    assert takes == {
        "03a01Fa": ("joy", "emodb-03"),
        "03a02Wc": ("anger", "emodb-03"),
        "12b10Na": ("neutral", "emodb-12"),
        "15a05Ta": ("sadness", "emodb-15"),
    }


def test_each_speaker_is_in_one_split() -> None:
    speakers = [speaker for split in SPEAKERS.values() for speaker in split]
    assert sorted(speakers) == [3, 8, 9, 10, 11, 12, 13, 14, 15, 16]


def test_speakers_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not hold speakers 9 of Emo-DB"):
        read_emodb(make_emodb(tmp_path), speakers=(9,))
