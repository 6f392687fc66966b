"""FER2013: grey faces in the wild, 48 by 48 pixels, in seven emotions; as its table or as arrays.

Source:
    Goodfellow et al. 2013, "Challenges in Representation Learning: A report on three machine learning contests",
    ICONIP, arXiv:1307.0414.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import CORPORA, CorpusCard, FaceCorpus, FaceImages, Published
from erc_core.data.same_pictures import without_pictures_of
from erc_core.errors import InputError
from erc_core.types import MELD7

TABLES = ("fer2013.csv", "icml_face_data.csv")
USAGES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
# In the order of the table's numbers.
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
TO_MELD = {"angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "joy", "sad": "sadness"}
TO_MELD |= {"surprise": "surprise", "neutral": "neutral"}
SIDE = 48


def read_fer2013(root: Path, split: str) -> FaceImages:
    """Read one split; see :meth:`Fer2013Corpus.read`."""
    return Fer2013Corpus().read(root, split)


def training_faces(root: Path) -> FaceImages:
    """Read the train split without the photos that are in validation too.

    Raises:
        InputError: the folder does not hold both splits
    """
    return without_pictures_of(read_fer2013(root, "train"), read_fer2013(root, "validation"))


@CORPORA.add("fer2013")
class Fer2013Corpus(FaceCorpus):
    """FER2013 in its published split, with MELD's labels."""

    card = CorpusCard(
        name="fer2013",
        title="FER2013",
        kind="faces",
        labels=MELD7,
        splits=tuple(USAGES),
        layout="train.npz, validation.npz, test.npz with the arrays images and labels, or fer2013.csv with the columns "
        "emotion, pixels and Usage",
        paper="Goodfellow et al. 2013, ICONIP, arXiv:1307.0414",
        terms="research use",
        published=(Published("train", 28709), Published("validation", 3589), Published("test", 3589)),
    )

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits that lie there, as arrays or as rows of the table."""
        table = _table_of(root)
        usages = set() if table is None else {row["Usage"] for row in _rows(table)}
        return tuple(split for split, usage in USAGES.items() if usage in usages or (root / f"{split}.npz").is_file())

    def read(self, root: Path, split: str) -> FaceImages:
        """Read one split.

        Raises:
            InputError: the split is not there, or its file is damaged
            UnknownNameError: the split is none of FER2013's
        """
        self.check_split(split)
        if (arrays := root / f"{split}.npz").is_file():
            return _from_arrays(arrays, split)
        table = _table_of(root)
        if table is None:
            raise self.wrong_folder(root, f"the split {split}")
        faces = _from_table(table, split)
        if not len(faces):
            raise self.wrong_folder(root, f"the split {split}")
        return faces


def _table_of(root: Path) -> Path | None:
    return next((path for name in TABLES if (path := root / name).is_file()), None)


def _from_arrays(path: Path, split: str) -> FaceImages:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
            names = arrays["names"] if "names" in arrays else np.array(_numbered(split, len(labels)))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path.name} cannot be read",
            got=error,
            allowed="arrays images (N, 48, 48) uint8 and labels (N,), names (N,) if you like",
        ) from error
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise InputError(
            f"{path.name} holds other pictures than FER2013's",
            got=f"{images.shape} {images.dtype}",
            allowed=f"(N, {SIDE}, {SIDE}) uint8",
        )
    meld = tuple(_meld_label(str(label), path.name) for label in labels)
    return FaceImages(images, meld, tuple(str(name) for name in names))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, skipinitialspace=True)
        if not {"emotion", "pixels", "Usage"} <= set(reader.fieldnames or ()):
            raise InputError(
                f"{path.name} is not FER2013's table",
                got=", ".join(reader.fieldnames or ()) or "an empty file",
                allowed="the columns emotion, pixels and Usage",
            )
        yield from reader


def _from_table(path: Path, split: str) -> FaceImages:
    rows = [(number, row) for number, row in enumerate(_rows(path), start=2) if row["Usage"] == USAGES[split]]
    images = [_picture(row["pixels"], f"line {number} of {path.name}") for number, row in rows]
    labels = tuple(_meld_label(row["emotion"], path.name) for _, row in rows)
    stacked = np.stack(images) if images else np.zeros((0, SIDE, SIDE), np.uint8)
    return FaceImages(stacked, labels, _numbered(split, len(labels)))


def _picture(pixels: str, where: str) -> NDArray[np.uint8]:
    try:
        return np.array(pixels.split(), dtype=np.uint8).reshape(SIDE, SIDE)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"The picture in {where} cannot be read", got=error, allowed=f"{SIDE * SIDE} numbers from 0 to 255"
        ) from error


def _numbered(split: str, count: int) -> tuple[str, ...]:
    return tuple(f"{split}-{index:05d}" for index in range(count))


def _meld_label(raw: str, file: str) -> str:
    word = EMOTIONS[int(raw)] if raw in ("0", "1", "2", "3", "4", "5", "6") else raw.lower()
    if word not in TO_MELD:
        raise InputError(f"{file} has an emotion that FER2013 does not know", got=raw, allowed=", ".join(EMOTIONS))
    return TO_MELD[word]
