from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corpus_layouts import face_pictures, make_fer2013, make_fer2013_table

from erc_core.data.fer2013 import Fer2013Corpus, read_fer2013, training_faces
from erc_core.errors import InputError


def test_arrays_and_table_hold_the_same(tmp_path: Path) -> None:
    for name in ("arrays", "table"):
        (tmp_path / name).mkdir()
    arrays = read_fer2013(make_fer2013(tmp_path / "arrays"), "validation")
    table = read_fer2013(make_fer2013_table(tmp_path / "table"), "validation")
    assert np.array_equal(arrays.images, table.images)
    assert arrays.labels == table.labels == ("anger", "joy", "neutral")
    assert arrays.names[0] == "validation_0.jpg"


def test_a_table_with_spaces_in_its_header_is_read(tmp_path: Path) -> None:
    path = make_fer2013_table(tmp_path) / "fer2013.csv"
    renamed = tmp_path / "icml_face_data.csv"
    renamed.write_text(path.read_text().replace("emotion,pixels,Usage", "emotion, pixels, Usage", 1))
    path.unlink()
    assert len(read_fer2013(tmp_path, "train")) == 3


def test_a_table_of_train_alone_holds_no_other_split(tmp_path: Path) -> None:
    path = make_fer2013_table(tmp_path) / "fer2013.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "Test" not in line))
    assert Fer2013Corpus().found(tmp_path) == ("train",)
    with pytest.raises(InputError, match="does not hold the split test"):
        read_fer2013(tmp_path, "test")


def test_photos_of_validation_are_removed_from_train(tmp_path: Path) -> None:
    make_fer2013(tmp_path)
    validation = read_fer2013(tmp_path, "validation")
    pictures = np.concatenate([face_pictures(2, 7), validation.images[1:2]])
    np.savez(tmp_path / "train.npz", images=pictures, labels=np.array(["sad", "fear", "sad"]))
    assert training_faces(tmp_path).labels == ("sadness", "fear")


@pytest.mark.parametrize("pixels", ["1 2 3", "0 " * 2303 + "256", "0 " * 2303 + "x"])
def test_a_damaged_picture_is_named_by_its_line(tmp_path: Path, pixels: str) -> None:
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n0,{pixels},Training\n")
    with pytest.raises(InputError, match=r"The picture in line 2 of fer2013\.csv cannot be read"):
        read_fer2013(tmp_path, "train")


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text("label,image\n0,1\n")
    with pytest.raises(InputError, match="got: label, image"):
        Fer2013Corpus().found(tmp_path)


def test_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", images=np.zeros((2, 64, 64), np.uint8), labels=np.array(["sad", "sad"]))
    with pytest.raises(InputError, match=r"got: \(2, 64, 64\) uint8"):
        read_fer2013(tmp_path, "train")


def test_arrays_that_hide_a_pickle_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", images=face_pictures(1, 0), labels=np.array([{"sad": 1}], dtype=object))
    with pytest.raises(InputError, match=r"train\.npz cannot be read"):
        read_fer2013(tmp_path, "train")
    (tmp_path / "test.npz").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"test\.npz cannot be read"):
        read_fer2013(tmp_path, "test")


def test_an_unknown_emotion_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", images=face_pictures(1, 0), labels=np.array(["bored"]))
    with pytest.raises(InputError, match=r"got: bored\. allowed: angry"):
        read_fer2013(tmp_path, "train")
