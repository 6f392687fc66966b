"""The community's feature pickles as encoded splits, so that systems train and are measured on them alike."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from erc_core.data.feature_pickles import FeatureDialogue
from erc_core.errors import InputError
from erc_core.media.action_unit_table import NUMBERS
from erc_core.training.encoded_corpus import Draw, EncodedSplit, Rows
from erc_core.types import MODALITIES, Features, LabelSet, Modality


def feature_split(items: Sequence[FeatureDialogue], labels: LabelSet) -> EncodedSplit:
    """Lay out the features of labelled dialogues.

    Of several kinds of one modality the first is taken. A modality that no dialogue has gets a width of one and is
    absent everywhere. The files hold vectors of faces, neither action units nor what is behind: models that read these
    of a keyframe have no picture.

    Args:
        items: dialogues with their features
        labels: the corpus's label set

    Raises:
        InputError: there is no dialogue
    """
    if not items:
        raise InputError("There is no dialogue to lay out", got=0)
    rows = {m: _rows([_first(item, m) for item in items]) for m in MODALITIES}
    N = len(rows["t"].lengths)
    place = torch.arange(N)
    none = torch.full((N,), -1)
    sound, face = (torch.where(rows[m].lengths > 0, place, none) for m in ("a", "v"))
    draw = Draw(sound, face.unsqueeze(1), none.unsqueeze(1), none, none.clone())
    utterances = [(item.dialogue, u) for item in items for u in item.dialogue.utterances]
    return EncodedSplit(
        sizes=torch.tensor([len(item.dialogue.utterances) for item in items]),
        labels=torch.tensor([labels.index(u.label or "") for _, u in utterances]),
        speakers=torch.tensor([d.speakers.index(u.speaker) for d, u in utterances]),
        words=rows["t"],
        sound=rows["a"],
        faces=rows["v"],
        units=torch.full((N, len(NUMBERS)), torch.nan),
        rooms=torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
        draws=(draw,),
    )


def _first(item: FeatureDialogue, modality: Modality) -> Features | int:
    """Return a dialogue's features of a modality, or its number of utterances where it has none."""
    found = next((f for f in item.features if f.modality == modality), None)
    return len(item.dialogue.utterances) if found is None else found


def _rows(parts: Sequence[Features | int]) -> Rows:
    width = next(
        (len(r.values) for part in parts if not isinstance(part, int) for r in part.rows if r.values is not None), 1
    )
    vectors: list[Tensor] = []
    lengths: list[int] = []
    for part in parts:
        values = [None] * part if isinstance(part, int) else [row.values for row in part.rows]
        for value in values:
            vectors.append(torch.zeros(width) if value is None else torch.from_numpy(value.copy()).float())
            lengths.append(int(value is not None))
    every, count = torch.stack(vectors), torch.tensor(lengths)
    return Rows(every, every[count > 0], count)
