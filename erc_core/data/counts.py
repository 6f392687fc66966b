"""What a corpus holds in the folders given, next to what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from erc_core.data.base import Corpus, FaceImages, Published, Take
from erc_core.data.feature_pickles import FeatureDialogue

Verdict = Literal["as published", "known exception", "differs", "nothing published"]


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How often a label is there."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class SplitCount:
    """One split's size.

    Attributes:
        split: name of the split
        items: labelled utterances, takes or pictures
        dialogues: dialogues, None where the corpus has none
        labels: items a label, in the order of the corpus's labels
        published: what was published, if anything
        verdict: how the two compare
        remark: the difference in words, or the known exception; empty where there is nothing to say
    """

    split: str
    items: int
    dialogues: int | None
    labels: tuple[LabelCount, ...]
    published: Published | None
    verdict: Verdict
    remark: str


def counts(corpus: Corpus[Any], roots: Sequence[Path]) -> tuple[SplitCount, ...]:
    """Count each split that lies in the folders.

    Raises:
        InputError: a folder holds nothing of this corpus, or a file cannot be read
    """
    found = [corpus.found(root) for root in roots]
    for root, splits in zip(roots, found, strict=True):
        if not splits:
            raise corpus.wrong_folder(root)
    present = [split for split in corpus.card.splits if any(split in splits for splits in found)]
    return tuple(_counted(corpus, split, corpus.read_roots(roots, split)) for split in present)


def _counted(corpus: Corpus[Any], split: str, content: Any) -> SplitCount:
    labels, dialogues = labels_of(content)
    published = next((entry for entry in corpus.card.published if entry.split == split), None)
    verdict, remark = compared(len(labels), dialogues, published)
    number = Counter(labels)
    each = tuple(LabelCount(label, number[label]) for label in corpus.card.labels)
    return SplitCount(split, len(labels), dialogues, each, published, verdict, remark)


def labels_of(content: Any) -> tuple[tuple[str, ...], int | None]:
    """Return the labels in what a corpus reads, and the number of dialogues, None where it has none."""
    if isinstance(content, FaceImages):
        return content.labels, None
    if any(isinstance(item, Take) for item in content):
        return tuple(take.label for take in content), None
    dialogues = [item.dialogue if isinstance(item, FeatureDialogue) else item for item in content]
    utterances = (utterance for dialogue in dialogues for utterance in dialogue.utterances)
    return tuple(utterance.label for utterance in utterances if utterance.label is not None), len(dialogues)


def compared(items: int, dialogues: int | None, published: Published | None) -> tuple[Verdict, str]:
    """Return how counted numbers compare with published ones, and the difference in words."""
    if published is None or published.items is None:
        return "nothing published", "" if published is None else published.exception
    paper = (published.items, published.dialogues)
    files = (
        published.items_in_files or published.items,
        published.dialogues_in_files or published.dialogues,
    )
    # A paper that gives no number of dialogues cannot be contradicted on it.
    mine = (items, None if published.dialogues is None else dialogues)
    if mine == paper:
        return "as published", ""
    if published.exception and mine == files:
        return "known exception", published.exception
    return "differs", f"published: {_in_words(*files)}; here: {_in_words(*mine)}"


def _in_words(items: int, dialogues: int | None) -> str:
    return f"{items:,} items" + ("" if dialogues is None else f" in {dialogues:,} dialogues")
