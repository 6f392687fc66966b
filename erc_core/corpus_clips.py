"""What models read of a corpus's dialogue whose recordings lie in its folder: one clip for all, or one an utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erc_core.data.base import MediaFile
from erc_core.errors import InputError
from erc_core.features.base import EXTRACTORS
from erc_core.models.base import model_class
from erc_core.settings import Settings
from erc_core.store.keys import result_key
from erc_core.types import Dialogue, FeatureRow, Features, silent

WORDS = "t"
NO_RECORDING = "no recording of it lies in the corpus's folder"


def clip_features(dialogue: Dialogue, files: Sequence[MediaFile], extractor: str, settings: Settings) -> Features:
    """Return one modality of a dialogue, read from the recordings of the whole or of each utterance.

    Args:
        dialogue: of a corpus, without a clip of its own
        files: its recordings; a recording of the whole is preferred
        extractor: name of the extractor
        settings: limits of decoding

    Raises:
        InputError: a recording of the whole dialogue cannot be decoded; of an utterance's the reason is in its row
    """
    whole = next((file for file in files if not file.utterance), None)
    if whole is not None:
        return _extract(dialogue, whole, extractor, settings)
    first = EXTRACTORS.get(extractor)(dialogue, None, settings, silent)
    if first.modality == WORDS:
        return first
    own = {file.utterance: file for file in files}
    rows = tuple(_row(dialogue, number, own, extractor, settings) for number in range(len(dialogue.utterances)))
    return replace(first, rows=rows)


def _row(dialogue: Dialogue, number: int, own: dict[str, MediaFile], extractor: str, settings: Settings) -> FeatureRow:
    """Return the row of an utterance from its own recording, in which it lasts from the beginning to the end."""
    utterance = dialogue.utterances[number]
    file = own.get(utterance.id)
    if file is None:
        return FeatureRow(utterance.id, None, NO_RECORDING)
    try:
        alone = replace(dialogue, utterances=(utterance,))
        return _extract(alone, file, extractor, settings).rows[0]
    except InputError as error:
        return FeatureRow(utterance.id, None, error.sentence())


def _extract(dialogue: Dialogue, file: MediaFile, extractor: str, settings: Settings) -> Features:
    from erc_core.media.probe import probe

    media = probe(file.path, settings, file.path.name)
    utterances = dialogue.utterances
    if file.utterance:
        utterances = (replace(utterances[0], start_s=0.0, end_s=media.duration_s, words=()),)
    opened = replace(dialogue, utterances=utterances, media=media)
    return EXTRACTORS.get(extractor)(opened, file.path, settings, silent)


def clip_keys(dialogue: Dialogue, files: Sequence[MediaFile], model: str, settings: Settings) -> dict[str, str]:
    """Return under which key each of a model's features is kept, by extractor; it changes with the recordings."""
    states = ((file, file.path.stat()) for file in files)
    state = [[file.utterance, file.path.name, found.st_size, found.st_mtime_ns] for file, found in states]
    return {
        name: result_key(dialogue=dialogue.id, extractor=name, files=state, code=settings.program)
        for name in model_class(model).card.extractors
    }
