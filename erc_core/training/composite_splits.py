"""The composite corpus's splits from corpus folders, encoded once and kept in a folder of the runs.

``fit`` and ``inner`` are made of train: a tenth of the dialogues and two actors stop and calibrate. Words are
cross-fitted. Voices are too where encoders of folds of the actors are there; else they are distorted, so that the
encoder knows them less by heart. Faces are photos that trained nothing: a twentieth stopped the face encoder, and a
quarter of these stops and calibrates here; where encoders of folds of the photos are there, ``fit`` has all photos,
cross-fitted. ``dev``, ``test`` and ``all`` are for measuring.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import FaceImages, Take
from erc_core.data.fer2013 import read_fer2013, training_faces
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.faces import FaceFinder
from erc_core.models.checkpoints import CONFIG, weights_hash
from erc_core.settings import Settings
from erc_core.training.encode_composite import NOT_SEEN, Encoders, Source, encode_split
from erc_core.training.encoded_corpus import EncodedSplit, load_split, save_split
from erc_core.training.folds import FOLDS, fold_of, fold_of_actor, photo_names
from erc_core.training.roots import root_of
from erc_core.training.splits import is_inner, split_dialogues
from erc_core.training.still_units import still_units
from erc_core.types import Progress, silent

DISTORTION = 0.8  # strength, of voices that the encoder was trained on
DRAWS = 2  # pairings that training goes through in turn
INNER_SEED = 1000
INNER_PHOTOS = 20  # one photo in so many was left out of the face encoder's training
INNER_SHARE = 4  # and one in so many of these stops and calibrates the systems
ENCODERS = ("text", "acoustic", "face")


def composite_split(
    split: str,
    roots: Mapping[str, Path],
    runs: Path,
    checkpoints: Path,
    settings: Settings,
    seed: int = 0,
    progress: Progress = silent,
) -> EncodedSplit:
    """Return an encoded split, from the runs' folder where it was encoded by the same encoders before.

    Args:
        split: ``fit``, ``inner``, or one that is measured on: ``dev``, ``test`` or ``all``
        roots: folders of ``meld``, ``ravdess`` and, for faces, ``fer2013``
        runs: the runs' folder; the folds' encoders lie in ``folds`` below it
        checkpoints: where the final encoders lie
        settings: gives the face finder its models
        seed: of the pairing, for a split that is measured on
        progress: told how far it is

    Raises:
        InputError: a folder was not given or does not hold the split
        MissingResourceError: an encoder is not there
    """
    folder = runs / "composite"
    places = [f"{name}={sorted(p.name for p in root.iterdir())[:3]}" for name, root in sorted(roots.items())]
    corpora = hashlib.sha256("|".join(places).encode()).hexdigest()[:6]
    names = [corpora, *(weights_hash(checkpoints / f"{kind}_encoder") for kind in ENCODERS)]
    crossed = tuple(kind for kind in ENCODERS if kind == "text" or have_folds(runs, kind))
    if split == "fit":
        names += [weights_hash(runs / "folds" / f"{kind}_{k}") for kind in crossed for k in range(FOLDS)]
    key = hashlib.sha256("|".join(names).encode()).hexdigest()[:12]
    path = folder / f"{split}-{seed}-{key}.safetensors"
    if not path.is_file():
        source = source_of(split, roots, folder, settings, seed, crossed)
        encoded, explained = encode_split(
            source, Encoders(checkpoints, runs / "folds"), folder / f"{split}-{seed}-{DRAWS}-{corpora}", progress
        )
        save_split(encoded, path)
        measured = float(np.isfinite(source.units).all(1).mean()) if len(source.units) else 0.0
        photos = 0 if source.faces is None else len(source.faces)
        about = {
            "photos": photos,
            "explained_by_fold_maps": explained,
            "faces_with_action_units": measured,
            "dialogues": len(encoded),
        }
        path.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")
    return load_split(path)


def have_folds(runs: Path, kind: str) -> bool:
    """Tell whether a kind's encoders of all folds are there."""
    return all((runs / "folds" / f"{kind}_{k}" / CONFIG).is_file() for k in range(FOLDS))


def how_encoded(runs: Path) -> tuple[str, ...]:
    """Say, for a card, which encoders the features of training come from."""
    crossed = "by encoders that never saw the {}, in the final encoder's coordinates"
    return (
        "words " + crossed.format("dialogue"),
        "voices " + crossed.format("actor")
        if have_folds(runs, "acoustic")
        else f"voices by the final encoder, which has heard the actors: distorted (strength {DISTORTION}) against that",
        "faces " + crossed.format("photo")
        if have_folds(runs, "face")
        else "faces by the final encoder, of photos that it was not trained on",
    )


def source_of(
    split: str, roots: Mapping[str, Path], folder: Path, settings: Settings, seed: int, crossed: Sequence[str]
) -> Source:
    """Return what a split is made of; ``crossed`` are the kinds whose encoders of folds are there."""
    meld = root_of(roots, "meld")
    train = split in ("fit", "inner")
    if train:
        fit, inner = split_dialogues(read_meld(meld, "train"))
        dialogues = fit if split == "fit" else inner
    else:
        dialogues = read_meld(meld, split)  # type: ignore[arg-type]
    folds = [fold_of(d.id) if split == "fit" else NOT_SEEN for d in dialogues]
    faces, face_folds = _faces(split, roots, "face" in crossed)
    units = np.zeros((0, len(NUMBERS)), dtype=np.float32)
    if faces is not None:
        cache = folder / f"units_{'train' if train else _face_split(split)}.npz"
        units = still_units(faces, FaceFinder(settings), cache)
    return Source(
        dialogues=dialogues,
        dialogue_folds=folds,
        takes=_takes(split, roots),
        take_fold=_fold_of_take if split == "fit" and "acoustic" in crossed else _no_fold,
        faces=faces,
        face_folds=face_folds,
        units=units,
        seeds=range(DRAWS) if split == "fit" else [INNER_SEED if split == "inner" else seed],
        distortion=DISTORTION if split == "fit" and "acoustic" not in crossed else 0.0,
    )


def _fold_of_take(take: Take) -> int:
    return fold_of_actor(take.actor)


def _no_fold(take: Take) -> int:
    return NOT_SEEN


def _takes(split: str, roots: Mapping[str, Path]) -> tuple[Take, ...]:
    root = root_of(roots, "ravdess")
    return read_ravdess(root, ACTORS.get("train" if split == "fit" else split))


def _face_split(split: str) -> str:
    return {"dev": "validation"}.get(split, split)


def _faces(split: str, roots: Mapping[str, Path], crossed: bool) -> tuple[FaceImages | None, NDArray[np.intp]]:
    """Return the split's pictures and their folds; none where no folder is given."""
    if "fer2013" not in roots:
        return None, np.zeros(0, dtype=np.intp)
    if split not in ("fit", "inner"):
        name = _face_split(split)
        faces = read_fer2013(roots["fer2013"], "validation" if name == "all" else name)
        return faces, np.full(len(faces), NOT_SEEN, dtype=np.intp)
    faces = training_faces(roots["fer2013"])
    photos = photo_names(faces)
    held = np.array([is_inner(photo, INNER_PHOTOS) for photo in photos], dtype=bool)
    stops = np.array([is_inner(f"systems:{photo}", INNER_SHARE) for photo in photos], dtype=bool)
    fit = np.ones_like(held) if crossed else held
    chosen = np.flatnonzero(held & stops if split == "inner" else fit & ~(held & stops))
    folds = [fold_of(photos[i]) if crossed and split == "fit" and not held[i] else NOT_SEEN for i in chosen]
    return faces.select(chosen), np.array(folds, dtype=np.intp)
