"""Results that come with the examples, so that the first page answers at once: ``python -m erc_core.ui.bundle``.

Run it after the weights or the examples changed; names of examples after it make only theirs, ``--model NAME`` only
that model's. A result of other weights or of another clip is passed over, and the example is analysed as any clip is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from erc_core import pipeline
from erc_core.bundled_explanations import write_explanations
from erc_core.bundled_openings import write_opening
from erc_core.clip_faces import KIND, ClipFaces, clip_faces, faces_key
from erc_core.errors import ErcError
from erc_core.features.base import EXTRACTORS
from erc_core.pipeline import Example
from erc_core.settings import load_settings
from erc_core.store.codec import decode, encode
from erc_core.store.store import Store
from erc_core.types import Analysis, Features, silent

FACES = "faces.bin"
BUNDLED = ""  # the owner of what everybody sees


def result_path(example: Example, model: str) -> Path:
    """Return where an example's result by a model lies."""
    return example.clip.parent / f"analysis-{model}.bin"


def write_result(example: Example, model: str, features: Sequence[Features] | None = None) -> Path:
    """Analyse an example, by its features where they are at hand, and write the result beside its clip.

    Raises:
        ErcError: the model cannot be used, or the clip cannot be decoded
    """
    analysis = pipeline.analyse(example.dialogue, example.clip, model, load_settings(), features=features)
    path = result_path(example, model)
    path.write_bytes(encode(analysis))
    return path


def file_result(example: Example, model: str, store: Store) -> bool:
    """File an example's bundled result in the store; tell whether there is one that fits the example.

    Raises:
        StoreError: the file is damaged
    """
    path = result_path(example, model)
    if not path.is_file():
        return False
    found = decode(Analysis, path.read_bytes())
    if found.dialogue.id != example.dialogue.id:
        return False
    store.put_analysis(found, pipeline.analysis_key(example.dialogue, found.prediction.model), BUNDLED)
    return True


def write_faces(example: Example) -> Path | None:
    """Write an example's faces beside its clip; None where it has no picture.

    Raises:
        ErcError: the clip cannot be decoded
    """
    if example.dialogue.media is None or not example.dialogue.media.has_video:
        return None
    path = example.clip.parent / FACES
    path.write_bytes(encode(clip_faces(example.dialogue, example.clip, load_settings())))
    return path


def file_faces(example: Example, store: Store) -> bool:
    """File an example's bundled faces in the store; tell whether there are any that fit the example.

    Raises:
        StoreError: the file is damaged
    """
    path = example.clip.parent / FACES
    if not path.is_file():
        return False
    found = decode(ClipFaces, path.read_bytes())
    if found.dialogue != example.dialogue.id:
        return False
    store.put_result(KIND, faces_key(found.dialogue), found, found.dialogue)
    return True


def main(names: Sequence[str] = (), models: Sequence[str] = ()) -> None:
    """Write what comes with all examples, or with those named: openings, faces, and what all usable models say.

    Args:
        names: of examples; empty for all
        models: names; empty for all, with what opening the examples finds, and their faces
    """
    # Models that read the same follow each other, so that they find each other's encodings in memory.
    usable = [s for s in pipeline.models() if s.checkpoint is not None and s.name in (models or [s.name])]
    usable.sort(key=lambda status: (-len(status.card.extractors), status.card.extractors))
    for example in pipeline.examples():
        if names and example.name not in names:
            continue
        if not models:
            _tell(write_opening(example.clip, pipeline.open_example(example.clip, example.title)))
            _tell(write_faces(example))
        read: dict[str, Features] = {}
        for status in usable:
            for name in status.card.extractors:
                if name not in read:
                    read[name] = EXTRACTORS.get(name)(example.dialogue, example.clip, load_settings(), silent)
            features = [read[name] for name in status.card.extractors]
            _tell(write_result(example, status.name, features))
            if status.card.role == "system":
                _tell(write_explanations(example, status.name, features=features))


def _tell(path: Path | None) -> None:
    if path is not None:
        sys.stdout.write(f"{path.parent.name}/{path.name}: {path.stat().st_size:,} bytes\n")
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the results that come with the examples.")
    parser.add_argument("examples", nargs="*", help="names of examples; all where none is given")
    parser.add_argument("--model", action="append", default=[], help="only this model's; may be given several times")
    options = parser.parse_args()
    try:
        main(options.examples, options.model)
    except ErcError as error:
        raise SystemExit(error.sentence()) from error
