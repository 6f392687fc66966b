"""The contract of a corpus: a card, the splits that lie in a folder, and what each split holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError, ShapeError, UnknownNameError
from erc_core.registry import Registry
from erc_core.types import Dialogue, LabelSet

ALL_SPLITS = "all"
CorpusKind = Literal["dialogue", "speech", "faces", "features"]
Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Take:
    """One recording of one acted sentence.

    Attributes:
        path: the sound file
        actor: who speaks, unique over all corpora, such as ``ravdess-01``
        label: the emotion as a MELD-7 label
        intensity: the corpus's word for the strength of the emotion; empty where it has none
        text: the words spoken; empty where the corpus gives only a code for them
        raw_label: the corpus's own word for the emotion, such as ``calm``
        sentence: the corpus's code for the sentence, the same for all who speak it
    """

    path: Path
    actor: str
    label: str
    intensity: str = ""
    text: str = ""
    raw_label: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class FaceImages:
    """Grey face pictures, ``images`` uint8 ``(N, 48, 48)``, with a label and a name each."""

    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.images.ndim != 3 or len(self.images) != count or len(self.names) != count:
            raise ShapeError(
                "Face images, labels and names do not fit together",
                got=f"images {self.images.shape}, {count} labels, {len(self.names)} names",
                allowed="images (N, H, W), N labels, N names",
            )

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, positions: NDArray[np.intp]) -> FaceImages:
        """Return the pictures at ``positions`` ``(K,)``, in that order."""
        return FaceImages(
            self.images[positions],
            tuple(self.labels[position] for position in positions),
            tuple(self.names[position] for position in positions),
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What the paper or the corpus's own page says a split holds; None where it says nothing.

    Attributes:
        split: name of the split
        items: utterances, takes or images
        dialogues: dialogues, for a corpus of dialogues
        exception: a difference to the files as published that is known and why; empty for none
        items_in_files: items that the published files hold where they differ from the paper
        dialogues_in_files: dialogues that the published files hold where they differ from the paper
    """

    split: str
    items: int | None
    dialogues: int | None = None
    exception: str = ""
    items_in_files: int | None = None
    dialogues_in_files: int | None = None


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """What a person has to know about a corpus before using it.

    Attributes:
        name: name in the registry
        title: name as its authors write it
        kind: what :meth:`Corpus.read` returns
        labels: its labels, in the order of a model's output axis
        splits: names of its splits
        layout: the files and folders that are looked for, as a sentence
        paper: where it was published
        terms: its licence or terms of use
        published: counts per split as published
    """

    name: str
    title: str
    kind: CorpusKind
    labels: LabelSet
    splits: tuple[str, ...]
    layout: str
    paper: str
    terms: str
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file with the picture or sound of one utterance, or of the whole dialogue where ``utterance`` is empty."""

    dialogue: str
    utterance: str
    kind: Literal["video", "audio"]
    path: Path


class Corpus(ABC, Generic[Content]):
    """One corpus in its published layouts; the only place that knows them."""

    card: ClassVar[CorpusCard]

    @abstractmethod
    def found(self, root: Path) -> tuple[str, ...]:
        """Return the names of the splits that lie in ``root``."""

    @abstractmethod
    def read(self, root: Path, split: str) -> Content:
        """Read one split of one folder.

        Raises:
            InputError: the folder does not hold the split, or a file cannot be read
            UnknownNameError: the corpus has no such split
        """

    @abstractmethod
    def joined(self, parts: Sequence[Content]) -> Content:
        """Return several parts as one; nothing may be in two of them.

        Raises:
            InputError: an item is in two parts
        """

    def files(self, root: Path, split: str) -> tuple[MediaFile, ...]:
        """Return the clips that lie in the folder, empty where it holds text alone."""
        return ()

    def read_roots(self, roots: Sequence[Path], split: str) -> Content:
        """Read a split, or ``all`` that lie there, from any number of folders.

        Raises:
            InputError: no folder holds the split, or one holds nothing of this corpus
            UnknownNameError: the corpus has no such split
        """
        self.check_split(split, ALL_SPLITS)
        parts = []
        for root in roots:
            found = self.found(root)
            if not found:
                raise self.wrong_folder(root)
            parts += [self.read(root, name) for name in found if split in (name, ALL_SPLITS)]
        if not parts:
            raise self.wrong_folder(roots[0] if roots else Path(), f"the split {split}")
        return self.joined(parts)

    def check_split(self, split: str, *further: str) -> None:
        """Raise UnknownNameError where ``split`` is neither one of the card's nor one of ``further``."""
        names = (*self.card.splits, *further)
        if split not in names:
            raise UnknownNameError(f"{self.card.title} has no such split", got=split, allowed=", ".join(names))

    def wrong_folder(self, root: Path, part: str = "") -> InputError:
        """Return the error that says what was expected in ``root`` and what is there."""
        wanted = f"{part} of {self.card.title}" if part else self.card.title
        return InputError(
            f"The folder {root} does not hold {wanted}",
            got=folder_content(root),
            allowed=self.card.layout,
            do="name the folder that holds these files",
        )


CORPORA: Registry[type[Corpus[Any]]] = Registry("corpus", "erc_core.data")


class DialogueCorpus(Corpus[tuple[Dialogue, ...]]):
    """A corpus whose splits are dialogues."""

    def joined(self, parts: Sequence[tuple[Dialogue, ...]]) -> tuple[Dialogue, ...]:
        """Return all dialogues; see :meth:`Corpus.joined`."""
        refuse_shared(((dialogue.id for dialogue in part) for part in parts), "dialogue")
        return tuple(dialogue for part in parts for dialogue in part)


class SpeechCorpus(Corpus[tuple[Take, ...]]):
    """A corpus whose splits are acted recordings."""

    def joined(self, parts: Sequence[tuple[Take, ...]]) -> tuple[Take, ...]:
        """Return all takes; see :meth:`Corpus.joined`."""
        refuse_shared(((take.path.stem for take in part) for part in parts), "recording")
        return tuple(take for part in parts for take in part)


class FaceCorpus(Corpus[FaceImages]):
    """A corpus whose splits are face pictures."""

    def joined(self, parts: Sequence[FaceImages]) -> FaceImages:
        """Return all pictures; see :meth:`Corpus.joined`."""
        refuse_shared((part.names for part in parts), "picture")
        names = tuple(name for part in parts for name in part.names)
        labels = tuple(label for part in parts for label in part.labels)
        return FaceImages(np.concatenate([part.images for part in parts]), labels, names)


def refuse_shared(parts: Iterable[Iterable[str]], kind: str) -> None:
    """Check that no name is in two parts; within one part it may come twice.

    Raises:
        InputError: one is; the message names it
    """
    seen: set[str] = set()
    for part in parts:
        names = set(part)
        if shared := seen & names:
            raise InputError(
                f"One {kind} lies in two of the folders or splits given",
                got=min(shared),
                do="give each folder once",
            )
        seen |= names


def folder_content(root: Path, most: int = 8) -> str:
    """Return what lies in ``root``, for a message."""
    if not root.exists():
        return "no such folder"
    if not root.is_dir():
        return "a file, not a folder"
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in root.iterdir())
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + more) if names else "an empty folder"
