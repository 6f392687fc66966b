"""Explanations that come with the examples, in one compressed file an example and model.

An explanation is found by its content key: one of other weights, words or parameters is never shown.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erc_core import explaining, pipeline
from erc_core.errors import StoreError, UnsupportedError
from erc_core.evidence import RECOMMENDED
from erc_core.explaining import Request
from erc_core.explanation import Explanation
from erc_core.models.checkpoints import model_ref
from erc_core.pipeline import Example
from erc_core.settings import load_settings
from erc_core.store.codec import decode, encode
from erc_core.types import Features


@dataclass(frozen=True, slots=True)
class KeyedExplanation:
    """An explanation under its content key."""

    key: str
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class ExplanationBundle:
    """All explanations of an example by one model."""

    entries: tuple[KeyedExplanation, ...]


def explanations_path(folder: Path, model: str) -> Path:
    """Return where an example's explanations by a model lie."""
    return folder / f"explanations-{model}.bin"


def write_explanations(
    example: Example, model: str, methods: Sequence[str] = RECOMMENDED, features: Sequence[Features] | None = None
) -> Path:
    """Explain every utterance of an example by the methods that apply, and write that beside its clip, compressed.

    Args:
        example: what is explained
        model: name of the model
        methods: names of the methods
        features: what the model reads of it, where that is at hand

    Raises:
        ErcError: the model cannot be used, or the clip cannot be decoded
    """
    settings, dialogue = load_settings(), example.dialogue
    if features is None:
        features = pipeline.extract(dialogue, example.clip, model, settings)
    apply = {status.card.name for status in explaining.methods(model, features) if not status.reason}
    reference, entries = model_ref(model), []
    for utterance in dialogue.utterances:
        for method in (name for name in methods if name in apply):
            request = Request(model, utterance.id, method, {})
            try:
                found = explaining.explain(dialogue, example.clip, request, settings, features=features)
            except UnsupportedError:
                continue  # such as sound of an utterance without sound: the page says so when it is asked
            entries.append(KeyedExplanation(explaining.explanation_key(dialogue, reference, request), found))
    path = explanations_path(example.clip.parent, model)
    path.write_bytes(zlib.compress(encode(ExplanationBundle(tuple(entries))), 9))
    return path


def read_explanations(folder: Path, model: str) -> dict[str, Explanation]:
    """Return an example's explanations by a model, by their content keys; none where none were made.

    Raises:
        StoreError: the file is damaged
    """
    path = explanations_path(folder, model)
    if not path.is_file():
        return {}
    try:
        content = zlib.decompress(path.read_bytes())
    except zlib.error as error:
        raise StoreError(f"{path.name} is damaged", got=error, do="run make examples") from error
    return {entry.key: entry.explanation for entry in decode(ExplanationBundle, content).entries}
