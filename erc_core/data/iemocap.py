"""IEMOCAP: five sessions of two actors each, scripted and improvised, in its raw layout.

Source:
    Busso et al. 2008, "IEMOCAP: Interactive emotional dyadic motion capture database", Language Resources and
    Evaluation 42(4).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from erc_core.data.base import CORPORA, CorpusCard, DialogueCorpus, MediaFile, Published
from erc_core.data.text_repair import read_text
from erc_core.errors import InputError
from erc_core.types import IEMOCAP6, Dialogue, LabelSet, Utterance

IEMOCAP4 = LabelSet("IEMOCAP-4", ("happy", "sad", "neutral", "angry"))
CODES6 = {"hap": "happy", "sad": "sad", "neu": "neutral", "ang": "angry", "exc": "excited", "fru": "frustrated"}
CODES4 = {"hap": "happy", "exc": "happy", "sad": "sad", "neu": "neutral", "ang": "angry"}
TEST_SESSION = 5
FOLDER = "IEMOCAP_full_release"
LAYOUT = (
    "Session1/ to Session5/, each with dialog/EmoEvaluation/*.txt and dialog/transcriptions/*.txt; for picture and "
    "sound also dialog/avi/ and sentences/wav/"
)
PAPER = "Busso et al. 2008, Language Resources and Evaluation 42(4)"
TERMS = "by agreement with the University of Southern California, research use"
_EVALUATION = re.compile(r"\[(\d+\.\d+) - (\d+\.\d+)\]\s+(\w+)\s+(\w+)\s+\[")
_TRANSCRIPTION = re.compile(r"(\w+) \[[\d.]+-[\d.]+\]: ?(.*)")
_DIALOGUE = re.compile(r"Ses0([1-5])[FM]_(?:impro|script)\w+")


@dataclass(frozen=True, slots=True)
class _Recording:
    """One dialogue's files."""

    name: str
    session: int
    folder: Path

    @property
    def evaluation(self) -> Path:
        return self.folder / "dialog" / "EmoEvaluation" / f"{self.name}.txt"

    @property
    def transcription(self) -> Path:
        return self.folder / "dialog" / "transcriptions" / f"{self.name}.txt"


class _Iemocap(DialogueCorpus):
    """What the label sets and splits have in common."""

    codes: ClassVar[dict[str, str]]

    def split_of(self, recordings: tuple[_Recording, ...], recording: _Recording) -> str:
        """Return the split of one of the recordings: session 5, two people heard nowhere else, is test."""
        return "test" if recording.session == TEST_SESSION else "train"

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits of which at least one dialogue is there."""
        recordings = _recordings(root)
        present = {self.split_of(recordings, recording) for recording in recordings}
        return tuple(split for split in self.card.splits if split in present)

    def read(self, root: Path, split: str) -> tuple[Dialogue, ...]:
        """Read one split; utterances with another label, or none that the judges agree on, are left out.

        Raises:
            InputError: the split is not there, or a file cannot be read
            UnknownNameError: the corpus has no such split
        """
        recordings = self._recordings_of(root, split)
        if not recordings:
            raise self.wrong_folder(root, f"the split {split}")
        dialogues = (_dialogue(recording, self.codes) for recording in recordings)
        return tuple(dialogue for dialogue in dialogues if dialogue.utterances)

    def files(self, root: Path, split: str) -> tuple[MediaFile, ...]:
        """Return the dialogues' clips, which show both actors side by side, and the utterances' recordings."""
        files: list[MediaFile] = []
        for recording in self._recordings_of(root, split):
            dialogue = _dialogue(recording, self.codes)
            clips = sorted(recording.folder.glob(f"dialog/avi/**/{recording.name}.avi"))
            files += [MediaFile(dialogue.id, "", "video", clip) for clip in clips[:1] if dialogue.utterances]
            waves = recording.folder / "sentences" / "wav" / recording.name
            files += [
                MediaFile(dialogue.id, utterance.id, "audio", path)
                for utterance in dialogue.utterances
                if (path := waves / f"{utterance.id}.wav").is_file()
            ]
        return tuple(files)

    def _recordings_of(self, root: Path, split: str) -> tuple[_Recording, ...]:
        self.check_split(split)
        recordings = _recordings(root)
        return tuple(recording for recording in recordings if self.split_of(recordings, recording) == split)


class _EightOneOne(_Iemocap):
    """A tenth of the dialogues each for dev and test, drawn by their names; the actors are in all three parts."""

    def split_of(self, recordings: tuple[_Recording, ...], recording: _Recording) -> str:
        """Return the split of one of the recordings."""
        names = sorted((hashlib.sha256(other.name.encode()).hexdigest(), other.name) for other in recordings)
        tenth = round(len(names) / 10)
        rank = [name for _, name in names].index(recording.name)
        return "dev" if rank < tenth else "test" if rank < 2 * tenth else "train"


def _card(name: str, title: str, labels: LabelSet, splits: tuple[str, ...], *published: Published) -> CorpusCard:
    return CorpusCard(name, title, "dialogue", labels, splits, LAYOUT, PAPER, TERMS, published)


@CORPORA.add("iemocap")
class Iemocap6(_Iemocap):
    """Six emotions, session 5 for test; as DialogueRNN and all who came after it."""

    card = _card(
        "iemocap",
        "IEMOCAP (six emotions, session 5 for test)",
        IEMOCAP6,
        ("train", "test"),
        Published("train", 5810, 120),
        Published("test", 1623, 31),
    )
    codes = CODES6


@CORPORA.add("iemocap-4")
class Iemocap4(_Iemocap):
    """Four emotions, excited counted as happy, session 5 for test."""

    card = _card(
        "iemocap-4",
        "IEMOCAP (four emotions, session 5 for test)",
        IEMOCAP4,
        ("train", "test"),
        Published("train", 4290),
        Published("test", 1241),
    )
    codes = CODES4


@CORPORA.add("iemocap-811")
class Iemocap6By811(_EightOneOne):
    """Six emotions, dialogues split 8:1:1; which ones is ours, no list was published."""

    card = _card("iemocap-811", "IEMOCAP (six emotions, dialogues split 8:1:1)", IEMOCAP6, ("train", "dev", "test"))
    codes = CODES6


@CORPORA.add("iemocap-4-811")
class Iemocap4By811(_EightOneOne):
    """Four emotions, excited counted as happy, dialogues split 8:1:1; which ones is ours, no list was published."""

    card = _card("iemocap-4-811", "IEMOCAP (four emotions, dialogues split 8:1:1)", IEMOCAP4, ("train", "dev", "test"))
    codes = CODES4


def _recordings(root: Path) -> tuple[_Recording, ...]:
    base = root / FOLDER if (root / FOLDER).is_dir() else root
    found = []
    for path in sorted(base.glob("Session[1-5]/dialog/EmoEvaluation/*.txt"), key=lambda path: path.name):
        # The archive also holds the file system's own leftovers, such as ._Ses01F_impro01.txt.
        if match := _DIALOGUE.fullmatch(path.stem):
            found.append(_Recording(path.stem, int(match[1]), path.parent.parent.parent))
    return tuple(found)


def _dialogue(recording: _Recording, codes: dict[str, str]) -> Dialogue:
    words = dict(_TRANSCRIPTION.findall(read_text(recording.transcription)))
    utterances: list[Utterance] = []
    others = 0
    for start, end, name, code in _EVALUATION.findall(read_text(recording.evaluation)):
        if code not in codes:
            others += 1
            continue
        if name not in words:
            raise InputError(f"Utterance {name} of IEMOCAP has no transcription", do="fetch the folder again")
        speaker = f"Ses0{recording.session}_{name.rsplit('_', 1)[-1][:1]}"
        utterances.append(Utterance(name, speaker, words[name].strip(), float(start), float(end), codes[code]))
    utterances.sort(key=lambda utterance: (utterance.start_s, utterance.id))
    note = f"Utterances left out, with another label or none that the judges agree on: {others}."
    return Dialogue.of(
        title=f"IEMOCAP {recording.name}",
        source="iemocap",
        utterances=tuple(utterances),
        notes=(note,) if others else (),
    )
