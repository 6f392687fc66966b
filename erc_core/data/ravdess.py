"""RAVDESS: two sentences spoken by 24 actors in eight emotions and two intensities.

Source:
    Livingstone and Russo 2018, "The Ryerson Audio-Visual Database of Emotional Speech and Song", PLoS ONE 13(5).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from erc_core.data.base import CORPORA, CorpusCard, Published, SpeechCorpus, Take
from erc_core.types import MELD7

EMOTIONS = {
    "01": ("neutral", "neutral"),
    "02": ("calm", "neutral"),
    "03": ("happy", "joy"),
    "04": ("sad", "sadness"),
    "05": ("angry", "anger"),
    "06": ("fearful", "fear"),
    "07": ("disgust", "disgust"),
    "08": ("surprised", "surprise"),
}
INTENSITIES = {"01": "normal", "02": "strong"}
# Ours: the corpus has no published split. Actors 15 and 16 are there to stop early and to calibrate.
ACTORS = {"train": range(1, 15), "inner": range(15, 17), "dev": range(17, 21), "test": range(21, 25)}
# Modality 03 is sound alone, channel 01 speech; the two others, picture and song, are not for us.
_NAME = re.compile(r"03-01-(0[1-8])-(0[12])-(0[12])-0[12]-(\d\d)\.(?:wav|flac)")


def read_ravdess(root: Path, actors: Collection[int] | None = None) -> tuple[Take, ...]:
    """Read the spoken recordings below a folder, sorted by name.

    Args:
        root: a folder of the files themselves, or one with ``Actor_01`` to ``Actor_24``
        actors: numbers of the actors wanted; None for all

    Raises:
        InputError: there is no recording of those actors
    """
    takes = _takes(root, actors)
    if not takes:
        wanted = "" if actors is None else "actors " + ", ".join(str(actor) for actor in sorted(actors))
        raise RavdessCorpus().wrong_folder(root, wanted)
    return takes


@CORPORA.add("ravdess")
class RavdessCorpus(SpeechCorpus):
    """The spoken, sound-only part of RAVDESS with MELD's labels: calm counts as neutral."""

    card = CorpusCard(
        name="ravdess",
        title="RAVDESS",
        kind="speech",
        labels=MELD7,
        splits=tuple(ACTORS),
        layout="03-01-EMOTION-INTENSITY-SENTENCE-REPETITION-ACTOR.wav or .flac, in the folder itself or in "
        "Actor_01/ to Actor_24/",
        paper="Livingstone and Russo 2018, PLoS ONE 13(5) e0196391",
        terms="CC BY-NC-SA 4.0",
        published=tuple(Published(split, 60 * len(actors)) for split, actors in ACTORS.items()),
    )

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits of which at least one recording is there."""
        present = {int(take.actor.removeprefix("ravdess-")) for take in _takes(root, None)}
        return tuple(split for split, actors in ACTORS.items() if present & set(actors))

    def read(self, root: Path, split: str) -> tuple[Take, ...]:
        """Read the recordings of a split's actors.

        Raises:
            InputError: there are none
            UnknownNameError: the split is none of ours
        """
        self.check_split(split)
        return read_ravdess(root, ACTORS[split])


def _takes(root: Path, actors: Collection[int] | None) -> tuple[Take, ...]:
    takes: dict[str, Take] = {}
    paths = (*root.glob("03-01-*"), *root.glob("Actor_*/03-01-*"))
    for path in sorted(paths, key=lambda path: path.name):
        match = _NAME.fullmatch(path.name)
        if match is None or (actors is not None and int(match[4]) not in actors):
            continue
        raw, label = EMOTIONS[match[1]]
        # The published archive holds a second copy of all folders; a name is read once.
        take = Take(
            path, f"ravdess-{match[4]}", label, INTENSITIES[match[2]], raw_label=raw, sentence=f"ravdess-{match[3]}"
        )
        takes.setdefault(path.stem, take)
    return tuple(takes.values())
