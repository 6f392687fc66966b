"""A corpus in which the truth about the modalities is known: real words, real voices, real faces, paired by us.

Each utterance of a dialogue keeps its words, speaker and label. Its voice is an acted take by the actor who plays that
speaker in that dialogue, its face a few pictures. For each of the two it is drawn, independently, whether it shows
the utterance's emotion (*informative*), says nothing about it (*uninformative*), or shows another (*misleading*).
The draw is recorded. It is truth for measuring: it enters no loss, no selection and no early stopping.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import FaceImages, Take
from erc_core.errors import InputError
from erc_core.synthesis.degradations import babble, blurred_in_shadow, coloured_noise, drowned, occluded
from erc_core.types import Dialogue, Missing, Modality, Utterance

WHAT_IT_IS = "Real words, real voices and real faces, paired by us: nobody said these words in this voice."
Reliability = Literal["informative", "uninformative", "misleading"]
RELIABILITIES: tuple[Reliability, ...] = ("informative", "uninformative", "misleading")
PROBABILITIES = (0.6, 0.3, 0.1)
VoiceDegradation = Literal["none", "neutral_delivery", "noise", "babble"]
FaceDegradation = Literal["none", "neutral_face", "blur", "occlusion"]
NEUTRAL = "neutral"
FACES_PER_UTTERANCE = 3
BABBLE_VOICES = 4
# Heavy enough that the emotion is lost: speech has at most a twentieth of the disturbance's power.
SNR_DB = (-19.0, -13.0)

ReadWave = Callable[[Path], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """How an utterance's voice is made.

    Attributes:
        take: the recording
        reliability: what the voice says about the utterance's label
        degradation: why it is uninformative; ``none`` where it is not
        snr_db: speech over noise or babble; None without either
        seed: of the noise
        babble: recordings that are mixed for babble
    """

    take: Take
    reliability: Reliability
    degradation: VoiceDegradation
    snr_db: float | None
    seed: int
    babble: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceRecipe:
    """How an utterance's face pictures are made.

    Attributes:
        positions: which pictures of the pool
        label: the emotion that they show
        reliability: what they say about the utterance's label
        degradation: why they are uninformative; ``none`` where they are not
        seed: of the blur and of the occlusion
    """

    positions: tuple[int, ...]
    label: str
    reliability: Reliability
    degradation: FaceDegradation
    seed: int


@dataclass(frozen=True, slots=True)
class CompositeUtterance:
    """An utterance with its voice and face, or None with the reason in ``missing``."""

    utterance: Utterance
    voice: VoiceRecipe | None
    face: FaceRecipe | None
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Casting:
    """Which actor plays a speaker in one dialogue."""

    speaker: str
    actor: str


@dataclass(frozen=True, slots=True)
class CompositeDialogue:
    """A dialogue with the recipes of its utterances, in order."""

    dialogue: Dialogue
    casting: tuple[Casting, ...]
    utterances: tuple[CompositeUtterance, ...]


def build_composite(
    dialogues: Sequence[Dialogue], takes: Sequence[Take], faces: FaceImages | None, seed: int
) -> tuple[CompositeDialogue, ...]:
    """Draw a voice and a face for each utterance.

    The result depends on the seed, the dialogues' ids and the pools alone, not on the order of the dialogues or of
    the takes. That no actor and no picture is in two splits is up to the caller, who gives each split its own pools.

    Args:
        dialogues: dialogues whose utterances are labelled
        takes: recordings of this split's actors
        faces: this split's pictures, None for no face at all
        seed: of all draws

    Raises:
        InputError: an utterance has no label, or there is no recording
    """
    if not takes:
        raise InputError("A composite corpus needs recordings", got="none", do="give a folder that holds some")
    voices = _VoicePool(takes)
    pictures = None if faces is None else _FacePool(faces)
    return tuple(_composite_dialogue(dialogue, voices, pictures, seed) for dialogue in dialogues)


def generator_for(seed: int, *parts: str) -> np.random.Generator:
    """Return a generator that depends on ``seed`` and ``parts`` alone, whatever the process."""
    digest = hashlib.sha256("\x1f".join((str(seed), *parts)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


class _VoicePool:
    """Takes by actor and label, in an order that does not depend on the folder's."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self.takes = tuple(sorted(takes, key=lambda take: (take.actor, take.path.stem)))
        self.actors = tuple(sorted({take.actor for take in self.takes}))
        self.of_actor: dict[str, dict[str, list[Take]]] = {actor: {} for actor in self.actors}
        for take in self.takes:
            self.of_actor[take.actor].setdefault(take.label, []).append(take)


class _FacePool:
    """Positions of the pictures by label."""

    def __init__(self, faces: FaceImages) -> None:
        labels = np.array(faces.labels)
        self.of_label = {str(label): np.flatnonzero(labels == label) for label in np.unique(labels)}


def _composite_dialogue(
    dialogue: Dialogue, voices: _VoicePool, pictures: _FacePool | None, seed: int
) -> CompositeDialogue:
    casting = _cast(dialogue, voices.actors, seed)
    actor_of = {part.speaker: part.actor for part in casting}
    utterances = []
    for utterance in dialogue.utterances:
        if utterance.label is None:
            raise InputError(f"Utterance {utterance.id} has no label", do="leave unlabelled dialogues out")
        rng = generator_for(seed, dialogue.id, utterance.id, "a")
        voice = _draw_voice(utterance.label, actor_of[utterance.speaker], voices, rng)
        face = None
        if pictures is not None:
            face = _draw_face(utterance.label, pictures, generator_for(seed, dialogue.id, utterance.id, "v"))
        utterances.append(CompositeUtterance(utterance, voice, face, _absent(utterance, voice, face, pictures)))
    return CompositeDialogue(dialogue, casting, tuple(utterances))


def _cast(dialogue: Dialogue, actors: tuple[str, ...], seed: int) -> tuple[Casting, ...]:
    """Give each speaker an actor, and two speakers one actor only where there are more speakers than actors."""
    order = generator_for(seed, dialogue.id, "casting").permutation(len(actors))
    return tuple(
        Casting(speaker, actors[order[index % len(actors)]]) for index, speaker in enumerate(dialogue.speakers)
    )


def _absent(
    utterance: Utterance, voice: VoiceRecipe | None, face: FaceRecipe | None, pictures: _FacePool | None
) -> tuple[Missing, ...]:
    reasons: list[tuple[Modality, str]] = []
    if voice is None:
        reasons.append(("a", f"the speaker's actor has no recording that fits {utterance.label}"))
    if face is None:
        lack = "no face pictures were given" if pictures is None else f"no picture fits {utterance.label}"
        reasons.append(("v", lack))
    return tuple(Missing(utterance.id, modality, reason) for modality, reason in reasons)


def _draw_reliability(rng: np.random.Generator) -> Reliability:
    return RELIABILITIES[int(rng.choice(len(RELIABILITIES), p=PROBABILITIES))]


def _shown_label(
    label: str, reliability: Reliability, neutral_shown: bool, available: Sequence[str], rng: np.random.Generator
) -> str | None:
    """Return which emotion the voice or face shows, None where the pool has nothing that fits.

    A misleading one is never neutral: beside another emotion, neutral is uninformative.
    """
    if reliability == "misleading":
        others = sorted(name for name in available if name not in (label, NEUTRAL))
        return others[int(rng.integers(len(others)))] if others else None
    wanted = NEUTRAL if neutral_shown else label
    return wanted if wanted in available else None


def _draw_voice(label: str, actor: str, voices: _VoicePool, rng: np.random.Generator) -> VoiceRecipe | None:
    reliability = _draw_reliability(rng)
    degradation: VoiceDegradation = "none"
    if reliability == "uninformative":
        # Where the label itself is neutral, a neutral delivery is informative: only degradation is left.
        kinds: tuple[VoiceDegradation, ...] = ("noise", "babble")
        kinds = kinds if label == NEUTRAL else ("neutral_delivery", *kinds)
        degradation = kinds[int(rng.integers(len(kinds)))]
    own = voices.of_actor[actor]
    shown = _shown_label(label, reliability, degradation == "neutral_delivery", tuple(own), rng)
    if shown is None:
        return None
    take = own[shown][int(rng.integers(len(own[shown])))]
    degraded = degradation in ("noise", "babble")
    snr_db = round(float(rng.uniform(*SNR_DB)), 2) if degraded else None
    seed = int(rng.integers(2**62))
    babble: tuple[Take, ...] = ()
    if degradation == "babble":
        others = [other for other in voices.takes if other.actor != actor] or list(voices.takes)
        babble = tuple(others[int(index)] for index in rng.integers(len(others), size=BABBLE_VOICES))
    return VoiceRecipe(take, reliability, degradation, snr_db, seed, babble)


def _draw_face(label: str, pictures: _FacePool, rng: np.random.Generator) -> FaceRecipe | None:
    reliability = _draw_reliability(rng)
    degradation: FaceDegradation = "none"
    if reliability == "uninformative":
        kinds: tuple[FaceDegradation, ...] = ("blur", "occlusion")
        kinds = kinds if label == NEUTRAL else ("neutral_face", *kinds)
        degradation = kinds[int(rng.integers(len(kinds)))]
    shown = _shown_label(label, reliability, degradation == "neutral_face", tuple(pictures.of_label), rng)
    if shown is None:
        return None
    pool = pictures.of_label[shown]
    chosen = rng.choice(pool, size=min(FACES_PER_UTTERANCE, len(pool)), replace=False)
    return FaceRecipe(
        tuple(int(position) for position in chosen), shown, reliability, degradation, int(rng.integers(2**62))
    )


def render_take(recipe: VoiceRecipe, read_wave: ReadWave) -> NDArray[np.float32]:
    """Make the waveform of a recipe.

    Args:
        recipe: what to make
        read_wave: reads a recording as float32 ``(N,)`` at 16 kHz, such as :func:`erc_core.data.waves.read_wave`

    Returns:
        float32 ``(N,)`` at 16 kHz; the loudness of a degraded one is drawn anew, so that it tells nothing

    Raises:
        InputError: a recording cannot be read
    """
    speech = read_wave(recipe.take.path)
    if recipe.snr_db is None:
        return speech
    rng = np.random.default_rng(recipe.seed)
    if recipe.degradation == "noise":
        disturbance = coloured_noise(len(speech), rng)
    else:
        disturbance = babble(len(speech), [read_wave(take.path) for take in recipe.babble], rng)
    return drowned(speech, disturbance, recipe.snr_db, rng)


def render_faces(recipe: FaceRecipe, faces: FaceImages) -> NDArray[np.uint8]:
    """Make the pictures of a recipe, uint8 ``(K, H, W)``, from the pool that it was drawn from."""
    pictures = faces.images[list(recipe.positions)]
    rng = np.random.default_rng(recipe.seed)
    if recipe.degradation == "blur":
        return np.stack([blurred_in_shadow(picture, rng) for picture in pictures])
    if recipe.degradation == "occlusion":
        return np.stack([occluded(picture, rng) for picture in pictures])
    return pictures
