"""Emo-DB, the Berlin database: ten everyday German sentences spoken by ten actors in seven emotions.

Source:
    Burkhardt et al. 2005, "A Database of German Emotional Speech", Interspeech.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from erc_core.data.base import CORPORA, CorpusCard, Published, SpeechCorpus, Take
from erc_core.types import MELD7

# The letter is the German word's first one (Wut, Ekel, Angst, Freude, Trauer). Boredom (L) has no MELD label.
EMOTIONS = {
    "W": ("anger", "anger"),
    "E": ("disgust", "disgust"),
    "A": ("anxiety", "fear"),
    "F": ("happiness", "joy"),
    "T": ("sadness", "sadness"),
    "N": ("neutral", "neutral"),
}
# Ours: the corpus has no published split. One man and one woman each are kept from train.
SPEAKERS = {"train": (3, 8, 9, 10, 11, 13), "dev": (12, 14), "test": (15, 16)}
_NAME = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])[a-z]\.(?:wav|flac)")


def read_emodb(root: Path, speakers: Collection[int] | None = None) -> tuple[Take, ...]:
    """Read the recordings of a folder, sorted by name; bored ones are left out.

    Args:
        root: a folder of the files themselves, or one with ``wav/``
        speakers: numbers of the speakers wanted; None for all

    Raises:
        InputError: there is no recording of those speakers
    """
    takes = _takes(root, speakers)
    if not takes:
        wanted = "" if speakers is None else "speakers " + ", ".join(str(speaker) for speaker in sorted(speakers))
        raise EmodbCorpus().wrong_folder(root, wanted)
    return takes


@CORPORA.add("emodb")
class EmodbCorpus(SpeechCorpus):
    """Emo-DB with MELD's labels, without boredom."""

    card = CorpusCard(
        name="emodb",
        title="Emo-DB",
        kind="speech",
        labels=MELD7,
        splits=tuple(SPEAKERS),
        layout="SPEAKER SENTENCE EMOTION VERSION in one name, such as 03a01Fa.wav or .flac, in the folder itself or "
        "in wav/",
        paper="Burkhardt et al. 2005, Interspeech",
        terms="free for research",
        published=tuple(
            Published(split, None, exception="the paper counts 535 recordings, 81 of them bored, by no split")
            for split in SPEAKERS
        ),
    )

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits of which at least one recording is there."""
        present = {int(take.actor.removeprefix("emodb-")) for take in _takes(root, None)}
        return tuple(split for split, speakers in SPEAKERS.items() if present & set(speakers))

    def read(self, root: Path, split: str) -> tuple[Take, ...]:
        """Read the recordings of a split's speakers.

        Raises:
            InputError: there are none
            UnknownNameError: the split is none of ours
        """
        self.check_split(split)
        return read_emodb(root, SPEAKERS[split])


def _takes(root: Path, speakers: Collection[int] | None) -> tuple[Take, ...]:
    takes: dict[str, Take] = {}
    for path in sorted((*root.glob("*"), *root.glob("wav/*")), key=lambda path: path.name):
        match = _NAME.fullmatch(path.name)
        if match is None or match[3] not in EMOTIONS or (speakers is not None and int(match[1]) not in speakers):
            continue
        raw, label = EMOTIONS[match[3]]
        take = Take(path, f"emodb-{match[1]}", label, raw_label=raw, sentence=f"emodb-{match[2]}")
        takes.setdefault(path.stem, take)
    return tuple(takes.values())
