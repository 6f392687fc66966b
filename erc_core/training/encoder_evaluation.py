"""Measuring an encoder with its own head on its own corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.data.base import ALL_SPLITS, FaceImages
from erc_core.data.emodb import SPEAKERS, read_emodb
from erc_core.data.fer2013 import Fer2013Corpus
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.errors import InputError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import AcousticClassifier, FaceClassifier, TextClassifier, face_logits, logits
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import TextEncoder
from erc_core.models.checkpoints import ROOT, load_classifier, read_config
from erc_core.synthesis.samples import MEASURE_SEEDS, studio_voices
from erc_core.training.acoustic import Sounds, listen, spectra
from erc_core.training.face import look
from erc_core.training.roots import root_of
from erc_core.training.text import tokenise
from erc_core.types import MELD7

FITTING = {
    ("text", "meld"),
    ("acoustic", "ravdess"),
    ("acoustic", "emodb"),
    ("acoustic", "studio"),
    ("face", "fer2013"),
}


def encoder_answers(
    encoder: str, corpus: str, roots: Mapping[str, Path], split: str, checkpoints: Path = ROOT
) -> tuple[NDArray[np.integer], NDArray[np.floating]]:
    """Return the truth ``(N,)`` and an encoder's calibrated probabilities ``(N, C)``.

    Args:
        encoder: ``text``, ``acoustic`` or ``face``
        corpus: what it is measured on; ``studio`` are voices of seeds that trained nothing
        roots: corpus folders by name
        split: split of the corpus; ``all`` for everything that lies in the folder
        checkpoints: where the encoder's folder lies

    Raises:
        InputError: the two do not fit, or the corpus cannot be read
        MissingResourceError: the encoder's weights are not there
    """
    if (encoder, corpus) not in FITTING:
        allowed = ", ".join(f"{one} on {other}" for one, other in sorted(FITTING))
        raise InputError("The encoder and the corpus do not fit", got=f"{encoder} on {corpus}", allowed=allowed)
    folder = checkpoints / f"{encoder}_encoder"
    with torch.inference_mode():
        if encoder == "text":
            found, truth = _read(folder, root_of(roots, "meld"), split)
        elif encoder == "acoustic":
            found, truth = _heard(folder, _sounds(corpus, roots, split))
        else:
            found, truth = _seen(folder, _faces(root_of(roots, "fer2013"), split))
    heat = float(read_config(folder)["temperature"])
    return truth.numpy(), (found / heat).softmax(-1).numpy()


def _read(folder: Path, root: Path, split: str) -> tuple[Tensor, Tensor]:
    texts = tokenise(read_meld(root, split), load_tokenizer(folder), MELD7)  # type: ignore[arg-type]
    model = TextClassifier(TextEncoder(read_config(folder)["encoder"]), len(MELD7))
    load_classifier(model, folder)
    return logits(model, texts.tokens.long(), texts.mask), texts.labels


def _heard(folder: Path, sounds: Sounds) -> tuple[Tensor, Tensor]:
    model = AcousticClassifier(AcousticEncoder(**read_config(folder)["encoder"]), len(MELD7))
    load_classifier(model, folder)
    return logits(model, sounds.mel, sounds.mask), sounds.labels


def _sounds(corpus: str, roots: Mapping[str, Path], split: str) -> Sounds:
    if corpus == "studio":
        voices = studio_voices(MEASURE_SEEDS)
        return spectra([voice.audio for voice in voices], [voice.label for voice in voices], MELD7)
    if corpus == "emodb":
        return listen(read_emodb(root_of(roots, corpus), _group(SPEAKERS, split)), read_wave, MELD7)
    return listen(read_ravdess(root_of(roots, corpus), _group(ACTORS, split)), read_wave, MELD7)


def _group(people: Mapping[str, tuple[int, ...] | range], split: str) -> tuple[int, ...] | range | None:
    if split != ALL_SPLITS and split not in people:
        raise InputError("There is no such split", got=split, allowed=", ".join((*people, ALL_SPLITS)))
    return people.get(split)


def _faces(root: Path, split: str) -> FaceImages:
    corpus = Fer2013Corpus()
    parts = [corpus.read(root, name) for name in (corpus.found(root) if split == ALL_SPLITS else (split,))]
    return FaceImages(
        np.concatenate([part.images for part in parts]),
        tuple(label for part in parts for label in part.labels),
        tuple(name for part in parts for name in part.names),
    )


def _seen(folder: Path, images: FaceImages) -> tuple[Tensor, Tensor]:
    faces = look(images, labels=MELD7)
    model = FaceClassifier(FaceEncoder(**read_config(folder)["encoder"]), len(MELD7))
    load_classifier(model, folder)
    return face_logits(model, faces.images), faces.labels
