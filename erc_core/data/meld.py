"""MELD: dialogues of a television series, as its text tables alone or with a clip an utterance.

Source:
    Poria et al. 2019, "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations", ACL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from erc_core.data._tables import Row, emotion, read_table, whole_number
from erc_core.data._times import ESTIMATED_NOTE, clock_seconds, estimated_spans, spans_in_dialogue
from erc_core.data.base import CORPORA, CorpusCard, DialogueCorpus, MediaFile, Published
from erc_core.types import MELD7, Dialogue, Utterance

MeldSplit = Literal["train", "dev", "test"]
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime")
CLIP_FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}


def read_meld(root: Path, split: MeldSplit) -> tuple[Dialogue, ...]:
    """Read a published split from a folder that holds its table; see :meth:`MeldCorpus.read`."""
    return MeldCorpus().read(root, split)


@CORPORA.add("meld")
class MeldCorpus(DialogueCorpus):
    """MELD with its seven emotions, in its published split (the main characters are in all three parts)."""

    card = CorpusCard(
        name="meld",
        title="MELD",
        kind="dialogue",
        labels=MELD7,
        splits=("train", "dev", "test"),
        layout="SPLIT_sent_emo.csv, in the folder itself, in SPLIT/ or in data/MELD/; for picture and sound also "
        + ", ".join(f"{folder}/ ({split})" for split, folder in CLIP_FOLDERS.items())
        + " with diaX_uttY.mp4",
        paper="Poria et al. 2019, ACL, arXiv:1810.02508",
        terms="GPL-3.0 (annotations and text)",
        published=(
            Published(
                "train",
                9989,
                1039,
                "the paper says 1,039 dialogues; the published table holds 1,038: dialogue 60 is not in it",
                dialogues_in_files=1038,
            ),
            Published("dev", 1109, 114),
            Published("test", 2610, 280),
        ),
    )

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits whose table is there."""
        return tuple(split for split in self.card.splits if table_of(root, split) is not None)

    def read(self, root: Path, split: str) -> tuple[Dialogue, ...]:
        """Read one split; times count from the start of the dialogue's first utterance.

        Raises:
            InputError: the table is not there, or cannot be read
            UnknownNameError: the split is none of MELD's
        """
        self.check_split(split)
        path = table_of(root, split)
        if path is None:
            raise self.wrong_folder(root, f"the split {split}")
        rows: dict[int, list[Row]] = {}
        for row in read_table(path, COLUMNS):
            rows.setdefault(whole_number(row, "Dialogue_ID", path.name), []).append(row)
        return tuple(_dialogue(path.name, split, number, rows[number]) for number in sorted(rows))

    def files(self, root: Path, split: str) -> tuple[MediaFile, ...]:
        """Return the clips there are, one an utterance; those missing in the folder are left out."""
        folders = [folder for base in _bases(root, split) if (folder := base / CLIP_FOLDERS[split]).is_dir()]
        if not folders:
            return ()
        return tuple(
            MediaFile(dialogue.id, utterance.id, "video", path)
            for dialogue in self.read(root, split)
            for utterance in dialogue.utterances
            if (path := folders[0] / f"{utterance.id}.mp4").is_file()
        )


def _bases(root: Path, split: str) -> tuple[Path, ...]:
    return (root, root / split, root / "data" / "MELD", root / "MELD.Raw", root / "MELD.Raw" / split)


def table_of(root: Path, split: str) -> Path | None:
    """Return the table of a split, or None where the folder has none."""
    for base in _bases(root, split):
        if (path := base / f"{split}_sent_emo.csv").is_file():
            return path
    return None


def _dialogue(file: str, split: str, number: int, rows: list[Row]) -> Dialogue:
    rows = sorted(rows, key=lambda row: whole_number(row, "Utterance_ID", file))
    given = spans_in_dialogue(
        [clock_seconds(row["StartTime"]) for row in rows], [clock_seconds(row["EndTime"]) for row in rows]
    )
    spans = given or estimated_spans([row["Utterance"] for row in rows])
    utterances = tuple(
        Utterance(
            id=f"dia{number}_utt{whole_number(row, 'Utterance_ID', file)}",
            speaker=row["Speaker"].strip(),
            text=row["Utterance"].strip(),
            start_s=span.start_s,
            end_s=span.end_s,
            label=emotion(row, MELD7, file, "MELD"),
        )
        for row, span in zip(rows, spans, strict=True)
    )
    return Dialogue.of(
        title=f"MELD {split} {number}",
        source=f"meld/{split}",
        utterances=utterances,
        notes=() if given else (ESTIMATED_NOTE,),
    )
