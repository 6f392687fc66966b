"""The features of an edited dialogue: what no edit concerns is kept, only the rest is extracted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from erc_core.features.base import EXTRACTORS
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress, silent
from erc_core.whatif.edits import BlankFace, Edit, MuteSound, NeutralFace, NoiseSound, edited_dialogue

REREAD = ("words", "speaker", "presence")  # aspects that change what the words' rows hold, those of later ones too


def edited_features(
    dialogue: Dialogue,
    features: Sequence[Features],
    edits: Sequence[Edit],
    clip: Path | None,
    settings: Settings,
    progress: Progress = silent,
) -> tuple[Features, ...]:
    """Return the features of ``edited_dialogue(dialogue, edits)``.

    Words are read anew where words, speakers or presence changed, for a row holds the words before it too. Of sound
    and picture only the edited utterances' rows are made again; the picture stays with the utterance, whoever says it.

    Args:
        dialogue: the dialogue as it is
        features: of that dialogue, one entry a modality
        edits: what is changed
        clip: its file, None where there is none
        settings: limits of decoding
        progress: told of the steps

    Raises:
        UnknownNameError: an edit names an utterance that the dialogue does not have
        UnsupportedError: an edit cannot be applied to these features
        InputError: the clip cannot be decoded, or nothing is left
    """
    edited = edited_dialogue(dialogue, edits)
    reread = any(edit.aspect in REREAD for edit in edits)
    found = []
    for one in features:
        if one.modality == "t" and reread:
            found.append(EXTRACTORS.get(one.extractor)(edited, clip, settings, progress))
            continue
        rows = {row.utterance: row for row in one.rows}
        rows |= {row.utterance: row for row in _changed(dialogue, one, edits, clip, settings)}
        found.append(replace(one, dialogue=edited.id, rows=tuple(rows[u.id] for u in edited.utterances)))
    return tuple(found)


def _changed(
    dialogue: Dialogue, features: Features, edits: Sequence[Edit], clip: Path | None, settings: Settings
) -> list[FeatureRow]:
    from erc_core.whatif.face import edited_face_row
    from erc_core.whatif.sound import edited_sound_row

    rows = []
    for edit in edits:
        position = dialogue.position(edit.utterance)
        if features.rows[position].values is None:
            continue  # what is absent cannot be changed
        if features.modality == "a" and isinstance(edit, MuteSound | NoiseSound):
            rows.append(edited_sound_row(features, dialogue.utterances[position], edit, clip, settings))
        elif features.modality == "v" and isinstance(edit, BlankFace | NeutralFace):
            rows.append(edited_face_row(dialogue, features, edit.utterance, isinstance(edit, NeutralFace)))
    return rows
