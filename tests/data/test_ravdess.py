from __future__ import annotations

from pathlib import Path

import pytest
from corpus_layouts import make_ravdess, write_wave

from erc_core.data.ravdess import RavdessCorpus, read_ravdess
from erc_core.errors import InputError


def test_the_name_gives_actor_label_and_intensity(tmp_path: Path) -> None:
    takes = {take.path.stem: take for take in read_ravdess(make_ravdess(tmp_path), actors={17})}
    angry = takes["03-01-05-02-02-01-17"]
    assert (angry.actor, angry.label, angry.raw_label, angry.intensity) == ("ravdess-17", "anger", "angry", "strong")
    assert angry.sentence == "ravdess-02"
    assert takes["03-01-03-01-01-02-17"].label == "joy"


def test_calm_counts_as_neutral_and_keeps_its_name(tmp_path: Path) -> None:
    takes = {take.path.stem: take for take in read_ravdess(make_ravdess(tmp_path), actors={1})}
    calm = takes["03-01-02-01-01-01-01"]
    assert (calm.label, calm.raw_label, calm.intensity) == ("neutral", "calm", "normal")


def test_songs_and_pictures_are_left_out_and_actors_chosen(tmp_path: Path) -> None:
    takes = read_ravdess(make_ravdess(tmp_path), actors=(15, 21))
    assert {take.actor for take in takes} == {"ravdess-15", "ravdess-21"}
    assert len(takes) == 8


def test_files_may_lie_in_the_folder_itself_and_copies_are_read_once(tmp_path: Path) -> None:
    write_wave(tmp_path / "03-01-06-01-01-01-09.flac")
    write_wave(tmp_path / "Actor_09" / "03-01-06-01-01-01-09.wav")
    (take,) = read_ravdess(tmp_path)
    assert take.label == "fear"
    assert RavdessCorpus().found(tmp_path) == ("train",)


def test_actors_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not hold actors 3, 4 of RAVDESS"):
        read_ravdess(make_ravdess(tmp_path), actors=(4, 3))
