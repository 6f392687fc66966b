"""EmoryNLP: scenes of a television series in seven emotions of the feeling wheel, as text.

Source:
    Zahiri and Choi 2018, "Emotion Detection on TV Show Transcripts with Sequence-based Convolutional Neural Networks",
    AAAI workshop on affective content analysis.
"""

from __future__ import annotations

import ast
from pathlib import Path

from erc_core.data._tables import Row, emotion, read_table, whole_number
from erc_core.data._times import ESTIMATED_NOTE, clock_seconds, estimated_spans, spans_in_dialogue
from erc_core.data.base import CORPORA, CorpusCard, DialogueCorpus, Published
from erc_core.errors import InputError
from erc_core.types import Dialogue, LabelSet, Utterance

# In the order of the community's feature pickles.
EMORYNLP7 = LabelSet("EmoryNLP-7", ("joyful", "mad", "peaceful", "neutral", "sad", "powerful", "scared"))
COLUMNS = ("Utterance", "Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode")
_EXCEPTION = "the paper counts all scenes; the community's tables hold {} of them"


@CORPORA.add("emorynlp")
class EmoryNlpCorpus(DialogueCorpus):
    """EmoryNLP in its published split by episode, a dialogue a scene."""

    card = CorpusCard(
        name="emorynlp",
        title="EmoryNLP",
        kind="dialogue",
        labels=EMORYNLP7,
        splits=("train", "dev", "test"),
        layout="emorynlp_SPLIT_final.csv",
        paper="Zahiri and Choi 2018, AAAI workshop, arXiv:1708.04299",
        terms="Apache-2.0",
        published=(
            Published("train", 9934, 713, _EXCEPTION.format(659), 7551, 659),
            Published("dev", 1344, 99, _EXCEPTION.format(89), 954, 89),
            Published("test", 1328, 85, _EXCEPTION.format(79), 984, 79),
        ),
    )

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits whose table is there."""
        return tuple(split for split in self.card.splits if _table(root, split).is_file())

    def read(self, root: Path, split: str) -> tuple[Dialogue, ...]:
        """Read one split; times count from the start of the scene's first utterance.

        Raises:
            InputError: the table is not there, or cannot be read
            UnknownNameError: the split is none of EmoryNLP's
        """
        self.check_split(split)
        path = _table(root, split)
        if not path.is_file():
            raise self.wrong_folder(root, f"the split {split}")
        scenes: dict[tuple[int, int, int], list[Row]] = {}
        for row in read_table(path, COLUMNS):
            season, episode, scene = (whole_number(row, name, path.name) for name in ("Season", "Episode", "Scene_ID"))
            scenes.setdefault((season, episode, scene), []).append(row)
        return tuple(_dialogue(path.name, split, *key, rows) for key, rows in sorted(scenes.items()))


def _table(root: Path, split: str) -> Path:
    return root / f"emorynlp_{split}_final.csv"


def _dialogue(file: str, split: str, season: int, episode: int, scene: int, rows: list[Row]) -> Dialogue:
    rows = sorted(rows, key=lambda row: whole_number(row, "Utterance_ID", file))
    given = spans_in_dialogue(
        [clock_seconds(row.get("Start_Time") or "") for row in rows],
        [clock_seconds(row.get("End_Time") or "") for row in rows],
    )
    spans = given or estimated_spans([row["Utterance"] for row in rows])
    name = f"s{season:02d}_e{episode:02d}_c{scene:02d}"
    utterances = tuple(
        Utterance(
            id=f"{name}_u{whole_number(row, 'Utterance_ID', file):03d}",
            speaker=_speaker(row["Speaker"]),
            text=row["Utterance"].strip(),
            start_s=span.start_s,
            end_s=span.end_s,
            label=emotion(row, EMORYNLP7, file, "EmoryNLP"),
        )
        for row, span in zip(rows, spans, strict=True)
    )
    return Dialogue.of(
        title=f"EmoryNLP {split} {name}",
        source=f"emorynlp/{split}",
        utterances=utterances,
        notes=() if given else (ESTIMATED_NOTE,),
    )


def _speaker(cell: str) -> str:
    """Return the name or names in a cell such as ``['A', 'B']``; a plain name stays as it is."""
    if not cell.startswith("["):
        return cell.strip()
    try:
        names = ast.literal_eval(cell)
    except (ValueError, SyntaxError) as error:
        raise InputError("A speaker of EmoryNLP cannot be read", got=cell, allowed="a list of names") from error
    return " and ".join(str(name) for name in names)
