"""Utterances of which it is known what matters, from three sources, with what every model reads of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core import pipeline
from erc_core.benchmarks.seed_clips import open_seed
from erc_core.data.base import FaceImages
from erc_core.data.fer2013 import read_fer2013
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.explainers._words import WORD
from erc_core.features.acoustic import log_mel, trim
from erc_core.features.base import EXTRACTORS
from erc_core.features.visual_layout import Keyframe, pack_visual
from erc_core.media.action_unit_table import NUMBERS, SPEAKING
from erc_core.media.faces import FaceFinder
from erc_core.settings import Settings
from erc_core.synthesis.composite import (
    CompositeDialogue,
    CompositeUtterance,
    build_composite,
    render_faces,
    render_take,
)
from erc_core.synthesis.room_views import room_views
from erc_core.synthesis.script import Channel
from erc_core.synthesis.truth import Truth, read_truth
from erc_core.training.encode_composite import rooms_behind
from erc_core.training.encoder_evaluation import encoder_answers
from erc_core.training.mechanisms import word_flags
from erc_core.training.roots import root_of
from erc_core.training.still_units import units_of_still
from erc_core.truth_checks import Source
from erc_core.types import Dialogue, FeatureRow, Features, Modality, frozen_array, silent

READ = ("history_tokens-1", "log_mel-1", "visual-1")
CARRIED: Mapping[Channel, Modality] = {"text": "t", "acoustic": "a", "face": "v"}
MOVED = 0.25  # mean intensity over the utterance, 0 to 1, from which on a unit counts as moved


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about one utterance.

    Attributes:
        informative: modalities that show the emotion
        rest_is_silent: whether all other modalities say nothing, rather than something else
        key_words: planted words, lower case; empty where none are known
        units: action units that were moved, by number
    """

    informative: tuple[Modality, ...]
    rest_is_silent: bool
    key_words: tuple[str, ...] = ()
    units: frozenset[int] = frozenset()

    @property
    def alone(self) -> Modality | None:
        """The only informative modality, where there is one and the others say nothing."""
        return self.informative[0] if len(self.informative) == 1 and self.rest_is_silent else None


@dataclass(frozen=True, slots=True)
class TruthCase:
    """A dialogue with labels, what is known of each utterance, and its features by extractor."""

    source: Source
    title: str
    dialogue: Dialogue
    clip: Path | None
    features: Mapping[str, Features]
    known: tuple[Known, ...]


def example_cases(settings: Settings) -> Iterator[TruthCase]:
    """Yield the bundled examples."""
    for example in pipeline.examples():
        truth = read_truth(example.clip.parent / "truth.json")
        yield _built("examples", example.title, example.dialogue, example.clip, truth, settings)


def studio_cases(folder: Path, settings: Settings) -> Iterator[TruthCase]:
    """Yield the built studio dialogues of a folder, in the order of their seeds."""
    for own in sorted(folder.iterdir(), key=lambda path: path.name):
        made = open_seed(own, settings)
        yield _built("studio", made.name, made.dialogue, made.clip, made.truth, settings)


def _built(source: Source, title: str, dialogue: Dialogue, clip: Path, truth: Truth, settings: Settings) -> TruthCase:
    features = {name: EXTRACTORS.get(name)(dialogue, clip, settings, silent) for name in READ}
    known = tuple(known_of(truth, position) for position in range(len(truth.utterances)))
    return TruthCase(source, title, dialogue, clip, features, known)


def known_of(truth: Truth, position: int) -> Known:
    """Return what the studio knows of one utterance; a channel that carries nothing is acted neutrally."""
    said = truth.utterances[position]
    there: dict[Channel, bool] = {"text": True, "acoustic": truth.audio, "face": truth.picture and said.seen > 0}
    shown: dict[Channel, str] = {
        "text": said.text_emotion,
        "acoustic": said.acoustic_emotion,
        "face": said.face_emotion,
    }
    informative = tuple(CARRIED[channel] for channel in CARRIED if channel in said.informative and there[channel])
    silent_rest = all(
        shown[channel] == "neutral" and said.emotion != "neutral"
        for channel in CARRIED
        if there[channel] and CARRIED[channel] not in informative
    )
    words = tuple(word.lower() for phrase in said.key_words for word in WORD.findall(phrase))
    return Known(informative, silent_rest, words if "t" in informative else (), moved_units(truth, position))


def moved_units(truth: Truth, position: int) -> frozenset[int]:
    """Return the numbers of the action units that an utterance's speaker moves, those that are estimated."""
    said = truth.utterances[position]
    first, last = round(said.start_s * truth.fps), round(said.end_s * truth.fps)
    rows = [
        track.units[max(0, first - track.first_frame) : max(0, last - track.first_frame)]
        for track in truth.faces
        if track.speaker == said.speaker
    ]
    seen = np.concatenate(rows) if rows else np.zeros((0, len(truth.unit_names)))
    if not len(seen):
        return frozenset()
    numbers = [int(name.removeprefix("AU")) for name in truth.unit_names]
    strong = {n for n, value in zip(numbers, seen.mean(axis=0), strict=True) if value >= MOVED and n in NUMBERS}
    return frozenset(strong - SPEAKING)


def composite_cases(
    roots: Mapping[str, Path], settings: Settings, dialogues: int, split: str = "dev", seed: int = 0
) -> Iterator[TruthCase]:
    """Yield dialogues of the composite corpus; what the words are worth, a text encoder that never saw them tells.

    Raises:
        InputError: a corpus folder is not given or cannot be read
    """
    chosen = read_meld(root_of(roots, "meld"), split)[:dialogues]  # type: ignore[arg-type]
    takes = read_ravdess(root_of(roots, "ravdess"), ACTORS[split])
    faces = read_fer2013(root_of(roots, "fer2013"), "validation" if split == "dev" else "test")
    truth, probabilities = encoder_answers("text", "meld", roots, split)
    words = iter(word_flags(probabilities, truth).tolist())
    finder, views = FaceFinder(settings), room_views()
    for composite in build_composite(chosen, takes, faces, seed):
        dialogue = composite.dialogue
        behind = {speaker: views[room] for speaker, room in rooms_behind(dialogue, seed).items()}
        known = tuple(_paired(made, next(words) if _said(made) else None) for made in composite.utterances)
        read = {
            "history_tokens-1": EXTRACTORS.get("history_tokens-1")(dialogue, None, settings, silent),
            "log_mel-1": Features(dialogue.id, "a", "log_mel-1", tuple(_heard(u) for u in composite.utterances)),
            "visual-1": Features(
                dialogue.id,
                "v",
                "visual-1",
                tuple(_seen(u, faces, finder, behind[u.utterance.speaker]) for u in composite.utterances),
            ),
        }
        yield TruthCase("composite", _title(composite), dialogue, None, read, known)


def _title(composite: CompositeDialogue) -> str:
    return f"MELD dialogue {composite.dialogue.title}"


def _said(made: CompositeUtterance) -> bool:
    """Tell whether an utterance has words and a label: the text encoder answers for no other."""
    return bool((made.utterance.text or "").strip()) and made.utterance.label is not None


def _paired(made: CompositeUtterance, words: str | None) -> Known:
    flags: dict[Modality, str] = {} if words is None else {"t": words}
    if made.voice is not None:
        flags["a"] = made.voice.reliability
    if made.face is not None:
        flags["v"] = made.face.reliability
    informative = tuple(m for m, flag in flags.items() if flag == "informative")
    return Known(informative, all(flags[m] == "uninformative" for m in flags if m not in informative))


def _heard(made: CompositeUtterance) -> FeatureRow:
    if made.voice is None:
        return FeatureRow(made.utterance.id, None, "no recording fits")
    wave = render_take(made.voice, lambda path: trim(read_wave(path)))
    return FeatureRow(made.utterance.id, frozen_array(log_mel(wave)))


def _seen(made: CompositeUtterance, faces: FaceImages, finder: FaceFinder, room: NDArray[np.uint8]) -> FeatureRow:
    """Return the pictures before a room, with their action units; a blurred or covered one has none, as in training."""
    if made.face is None:
        return FeatureRow(made.utterance.id, None, "no picture fits")
    clear = made.face.degradation not in ("blur", "occlusion")
    frames = tuple(
        Keyframe(picture, units_of_still(picture, finder) if clear else None, room)
        for picture in render_faces(made.face, faces)
    )
    return FeatureRow(made.utterance.id, frozen_array(pack_visual(frames)))


def features_for(case: TruthCase, extractors: Sequence[str]) -> tuple[Features, ...]:
    """Return what a model reads of a case."""
    return tuple(case.features[name] for name in extractors)
