"""Encoding the composite corpus: which item is read by which encoder, and what is kept; see :mod:`encoded_corpus`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from erc_core.data.base import FaceImages, Take
from erc_core.features.acoustic import log_mel
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.classifier import pooled
from erc_core.features.face_encoder import WIDTH as FACE_WIDTH
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import TARGET, load_tokenizer, text_input
from erc_core.features.text_encoder import TextEncoder
from erc_core.features.visual_layout import UNITS
from erc_core.models._sequences import SEGMENTS, segments
from erc_core.models.checkpoints import load_encoder, read_config, weights_hash
from erc_core.synthesis.composite import (
    FACES_PER_UTTERANCE,
    RELIABILITIES,
    CompositeDialogue,
    build_composite,
    generator_for,
    render_faces,
    render_take,
)
from erc_core.synthesis.room_views import room_views
from erc_core.training.acoustic import trimmed_takes
from erc_core.training.encoded_corpus import Draw, EncodedSplit, Read, Rows, cross_fitted, kept_rows
from erc_core.training.spectral_augment import augment
from erc_core.types import MELD7, Dialogue, Progress, silent

BATCH = 64
Encoder = TypeVar("Encoder", bound=nn.Module)
VERSIONS = 4  # of each distorted take
NOT_SEEN = -1  # the fold of what no encoder was trained on


@dataclass(frozen=True, slots=True)
class Source:
    """What one split is made of.

    Attributes:
        dialogues: labelled dialogues
        dialogue_folds: fold of each, -1 where no encoder has seen it
        takes: recordings of this split's actors
        take_fold: gives the fold of a take's actor, -1 where no encoder has heard it
        faces: the split's pictures; None for no face at all
        face_folds: fold of each picture, -1 where no encoder has seen it, ``(F,)``
        units: their action units, ``(F, A)``
        seeds: of the pairings
        distortion: strength of the augmentation of voices that the encoder has heard; 0 for none
    """

    dialogues: Sequence[Dialogue]
    dialogue_folds: Sequence[int]
    takes: Sequence[Take]
    take_fold: Callable[[Take], int]
    faces: FaceImages | None
    face_folds: NDArray[np.intp]
    units: NDArray[np.float32]
    seeds: Sequence[int]
    distortion: float = 0.0


class Encoders:
    """The final encoders, and those of the folds, loaded when they are needed.

    Args:
        checkpoints: folder of the final ones, ``text_encoder`` and so on
        folds: folder of the folds', ``text_0`` and so on
    """

    def __init__(self, checkpoints: Path, folds: Path) -> None:
        self.checkpoints, self.folds = checkpoints, folds

    def identity(self, kind: str, folds: Sequence[int]) -> str:
        """Identify the final encoder of a kind and some folds' by their weights."""
        hashes = [weights_hash(self._folder(kind, fold)) for fold in (None, *folds)]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()[:12]

    def _folder(self, kind: str, fold: int | None) -> Path:
        return self.checkpoints / f"{kind}_encoder" if fold is None else self.folds / f"{kind}_{fold}"

    def tokenizer(self) -> Tokenizer:
        """Return the text encoder's tokenizer."""
        return load_tokenizer(self.checkpoints / "text_encoder")

    def text(self, fold: int | None) -> TextEncoder:
        """Return a text encoder."""
        folder = self._folder("text", fold)
        return loaded(TextEncoder(read_config(folder)["encoder"]), folder)

    def acoustic(self, fold: int | None) -> AcousticEncoder:
        """Return an acoustic encoder."""
        folder = self._folder("acoustic", fold)
        return loaded(AcousticEncoder(**read_config(folder).get("encoder", {})), folder)

    def face(self, fold: int | None) -> FaceEncoder:
        """Return a face encoder."""
        folder = self._folder("face", fold)
        return loaded(FaceEncoder(**read_config(folder).get("encoder", {})), folder)


def loaded(encoder: Encoder, folder: Path) -> Encoder:
    """Load an encoder's weights and freeze it."""
    load_encoder(encoder, folder)
    encoder.eval()
    encoder.requires_grad_(False)
    return encoder


def encode_split(
    source: Source, encoders: Encoders, keep: Path, progress: Progress = silent
) -> tuple[EncodedSplit, Mapping[str, tuple[float, ...]]]:
    """Encode a split.

    Args:
        source: what it is made of
        encoders: the final and the folds' ones
        keep: beginning of the names of the files that keep the rows of each kind
        progress: told how far it is

    Returns:
        the split, and for words, sound and faces how much of the variance each fold's map explains

    Raises:
        MissingResourceError: an encoder is not there
    """
    composites = [build_composite(source.dialogues, source.takes, source.faces, seed) for seed in source.seeds]
    words, explained_words = _words(source, encoders, keep)
    progress("words", 1 / 3)
    sound, sound_places, explained_sound = _sound(source, composites, encoders, keep)
    progress("sound", 2 / 3)
    faces, units, face_places, explained_faces = _faces(source, composites, encoders, keep)
    progress("faces", 1.0)
    utterances = [(d, u) for d in source.dialogues for u in d.utterances]
    rooms = room_views()
    draws = tuple(
        Draw(sound_places[i], face_places[i], _rooms_of(source, seed), *_flags(composite))
        for i, (seed, composite) in enumerate(zip(source.seeds, composites, strict=True))
    )
    split = EncodedSplit(
        sizes=torch.tensor([len(dialogue.utterances) for dialogue in source.dialogues]),
        labels=torch.tensor([MELD7.index(u.label or "") for _, u in utterances]),
        speakers=torch.tensor([d.speakers.index(u.speaker) for d, u in utterances]),
        words=words,
        sound=sound,
        faces=faces,
        units=units,
        rooms=torch.from_numpy(rooms).permute(0, 3, 1, 2).contiguous(),
        draws=draws,
    )
    return split, {"words": explained_words, "sound": explained_sound, "faces": explained_faces}


def _kept(keep: Path, encoders: Encoders, kind: str, folds: Tensor, read: Read) -> tuple[Rows, tuple[float, ...]]:
    """Read all items across folds, or take what was read before by the same encoders."""
    used = sorted(set(folds[folds >= 0].tolist()))
    path = keep.with_name(f"{keep.name}-{kind}-{encoders.identity(kind, used)}.safetensors")
    return kept_rows(path, lambda: cross_fitted(folds, read))


def _words(source: Source, encoders: Encoders, keep: Path) -> tuple[Rows, tuple[float, ...]]:
    tokenizer = encoders.tokenizer()
    tokens, folds = [], []
    for dialogue, fold in zip(source.dialogues, source.dialogue_folds, strict=True):
        for position in range(len(dialogue.utterances)):
            found = text_input(dialogue, position, tokenizer)
            tokens.append(torch.from_numpy(found.values if found is not None else np.zeros((0, 2), dtype=np.int64)))
            folds.append(fold)

    def read(fold: int | None, index: Tensor) -> Rows:
        return read_words(encoders.text(fold), [tokens[i] for i in index.tolist()])

    return _kept(keep, encoders, "text", torch.tensor(folds), read)


def _sound(
    source: Source, composites: Sequence[Sequence[CompositeDialogue]], encoders: Encoders, keep: Path
) -> tuple[Rows, list[Tensor], tuple[float, ...]]:
    """Read each voice once: a take that is not degraded is the same wherever it is heard."""
    recipes: dict[object, Any] = {}
    places = []
    for composite in composites:
        heard = []
        for utterance in (u for dialogue in composite for u in dialogue.utterances):
            voice = utterance.voice
            if voice is None:
                heard.append(-1)
                continue
            version = voice.seed % VERSIONS if source.distortion else None
            key = (voice.take.path, voice.seed if voice.snr_db is not None else version)
            recipes.setdefault(key, (len(recipes), voice))
            heard.append(recipes[key][0])
        places.append(torch.tensor(heard))
    voices = [voice for _, voice in recipes.values()]
    wave = trimmed_takes()
    mels: dict[int, Tensor] = {}

    def heard_as(i: int) -> Tensor:
        if i not in mels:
            mel = torch.from_numpy(log_mel(render_take(voices[i], wave)))
            mels[i] = (_distorted(mel, source.distortion, i) if source.distortion else mel).half()
        return mels[i]

    def read(fold: int | None, index: Tensor) -> Rows:
        return read_sound(encoders.acoustic(fold), [heard_as(i) for i in index.tolist()])

    folds = torch.tensor([source.take_fold(voice.take) for voice in voices])
    rows, explained = _kept(keep, encoders, "acoustic", folds, read)
    return rows, places, explained


def _distorted(mel: Tensor, strength: float, seed: int) -> Tensor:
    """Distort log-mel frames ``(L, 80)``; the length may change."""
    generator = torch.Generator().manual_seed(seed)
    found, kept = augment(mel.unsqueeze(0), torch.ones(1, len(mel), dtype=torch.bool), generator, strength)
    return found[0][kept[0]]


def _faces(
    source: Source, composites: Sequence[Sequence[CompositeDialogue]], encoders: Encoders, keep: Path
) -> tuple[Rows, Tensor, list[Tensor], tuple[float, ...]]:
    """Read each picture once; a blurred or covered one has no action units."""
    known: dict[object, int] = {}
    pictures: list[Tensor] = []
    origin: list[int] = []
    measured: list[bool] = []
    places = []
    for composite in composites:
        shown = []
        for utterance in (u for dialogue in composite for u in dialogue.utterances):
            row = [-1] * FACES_PER_UTTERANCE
            if utterance.face is not None and source.faces is not None:
                degraded = utterance.face.degradation in ("blur", "occlusion")
                rendered = render_faces(utterance.face, source.faces)
                for k, (position, picture) in enumerate(zip(utterance.face.positions, rendered, strict=True)):
                    key = (position, utterance.face.seed if degraded else None)
                    if key not in known:
                        known[key] = len(pictures)
                        pictures.append(torch.from_numpy(np.array(picture)))
                        origin.append(position)
                        measured.append(not degraded)
                    row[k] = known[key]
            shown.append(row)
        places.append(torch.tensor(shown))
    if not pictures:
        nothing = torch.zeros(1, FACE_WIDTH)
        return Rows(nothing, nothing, torch.ones(1, dtype=torch.long)), torch.zeros(1, UNITS), places, ()
    stack = torch.stack(pictures)
    units = torch.from_numpy(source.units[origin])
    units[~torch.tensor(measured)] = torch.nan

    def read(fold: int | None, index: Tensor) -> Rows:
        return read_faces(encoders.face(fold), stack[index])

    rows, explained = _kept(keep, encoders, "face", torch.from_numpy(source.face_folds[origin]), read)
    return rows, units, places, explained


def _flags(composite: Sequence[CompositeDialogue]) -> tuple[Tensor, Tensor]:
    heard, seen = [], []
    for utterance in (u for dialogue in composite for u in dialogue.utterances):
        heard.append(-1 if utterance.voice is None else RELIABILITIES.index(utterance.voice.reliability))
        seen.append(-1 if utterance.face is None else RELIABILITIES.index(utterance.face.reliability))
    return torch.tensor(heard), torch.tensor(seen)


def rooms_behind(dialogue: Dialogue, seed: int) -> dict[str, int]:
    """Draw for each speaker of a dialogue which of the rooms' views is behind: it says nothing of the emotion."""
    rng = generator_for(seed, dialogue.id, "rooms")
    seats = rng.integers(len(room_views()), size=len(dialogue.speakers))
    return dict(zip(dialogue.speakers, seats.tolist(), strict=True))


def _rooms_of(source: Source, seed: int) -> Tensor:
    found = []
    for dialogue in source.dialogues:
        behind = rooms_behind(dialogue, seed)
        found += [[behind[u.speaker]] * FACES_PER_UTTERANCE for u in dialogue.utterances]
    return torch.tensor(found)


@torch.no_grad()
def read_words(encoder: TextEncoder, tokens: Sequence[Tensor]) -> Rows:
    """Encode token ids and segments, each ``(L, 2)``: states of the target's tokens, and their mean."""

    def encode(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        target = mask & (values[..., 1] == TARGET)
        states = encoder(values, mask)[-1].float()
        return pooled(states, target), states, target

    return _read(tokens, encode, encoder.width)


@torch.no_grad()
def read_sound(encoder: AcousticEncoder, mels: Sequence[Tensor]) -> Rows:
    """Encode log-mel frames, each ``(L, 80)``: means of equal parts, and the mean of all."""

    def encode(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        states, kept = encoder(values.float(), mask)
        last = states[-1].float()
        return pooled(last, kept), *segments(last, kept, SEGMENTS)

    return _read(mels, encode, 0)


@torch.no_grad()
def read_faces(encoder: FaceEncoder, pictures: Tensor) -> Rows:
    """Encode grey pictures ``(N, 48, 48)``: a vector each."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = [encoder(part.float()) for part in torch.split(pictures, 128)]
    vectors = torch.cat(parts).half()
    return Rows(vectors, vectors, torch.ones(len(vectors), dtype=torch.long))


def _read(
    items: Sequence[Tensor], encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]], width: int
) -> Rows:
    """Run ``encode`` on items of alike lengths at a time; an item without positions stays empty."""
    order = sorted((i for i in range(len(items)) if len(items[i])), key=lambda i: len(items[i]))
    vectors: dict[int, Tensor] = {}
    states: dict[int, Tensor] = {}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        values = torch.nn.utils.rnn.pad_sequence([items[i] for i in chosen], batch_first=True)
        lengths = torch.tensor([len(items[i]) for i in chosen])
        mask = torch.arange(values.shape[1]) < lengths.unsqueeze(1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            means, sequences, kept = encode(values, mask)
        for row, i in enumerate(chosen):
            vectors[i], states[i] = means[row].half(), sequences[row][kept[row]].half()
    D = width or next(iter(vectors.values())).shape[-1]
    empty = torch.zeros(D, dtype=torch.half)
    count = torch.tensor([len(states[i]) if i in states else 0 for i in range(len(items))])
    every = torch.stack([vectors.get(i, empty) for i in range(len(items))])
    return Rows(every, torch.cat([states[i] for i in range(len(items)) if i in states]), count)
