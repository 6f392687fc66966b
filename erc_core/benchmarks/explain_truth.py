"""Whether explanations name what is known to matter: a modality, a planted word, a moved action unit.

Beside each figure stands what chance would give. Modalities: on the composite corpus, exact Shapley values of the
utterances that a model gets right and of which voice and face both say nothing or something else, so that the words
alone are informative. Words: lines of ten words and more of dialogues generated from seeds, whose key words were
planted. Action units: generated clips in which one channel alone carries each emotion, the utterances where it is the
face. Every part names the model that it was measured on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from erc_core import pipeline
from erc_core.data.base import FaceImages
from erc_core.data.fer2013 import read_fer2013
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.data.waves import read_wave
from erc_core.errors import UnsupportedError
from erc_core.explainers._words import WORD
from erc_core.explaining import Request, explain_features
from erc_core.explanation import Attribution, Explanation
from erc_core.features.acoustic import log_mel, trim
from erc_core.features.base import EXTRACTORS
from erc_core.features.visual_layout import Keyframe, pack_visual
from erc_core.inference import loaded_model, predict
from erc_core.media.action_unit_table import NUMBERS
from erc_core.models.checkpoints import Loaded
from erc_core.settings import Settings
from erc_core.synthesis.composite import (
    CompositeDialogue,
    CompositeUtterance,
    build_composite,
    render_faces,
    render_take,
)
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.studio import build_clip
from erc_core.synthesis.truth import Truth
from erc_core.training.encoder_runs import root_of
from erc_core.types import Dialogue, FeatureRow, Features, Interval, Progress, Utterance, frozen_array, silent

TOP = 3
LONG = 10  # words
MOVED = 0.25  # mean intensity over the utterance, 0 to 1, from which on a unit counts as moved
SETTINGS = {"samples": 600}


@dataclass(frozen=True, slots=True)
class Hits:
    """How often the known truth was named.

    Attributes:
        what: what was looked for
        model: on which model
        cases: utterances or words that count
        share: how often it was named, with its 95% interval; NaN where there was no case
        chance: how often chance would name it
        wanted: the share that is aimed at
    """

    what: str
    model: str
    cases: int
    share: Interval
    chance: float
    wanted: float


def hits(what: str, model: str, found: Sequence[tuple[bool, float]], wanted: float) -> Hits:
    """Sum up cases, each whether it was a hit and how likely that is by chance."""
    if not found:
        return Hits(what, model, 0, Interval(float("nan"), float("nan"), float("nan")), float("nan"), wanted)
    right = sum(hit for hit, _ in found)
    return Hits(what, model, len(found), wilson(right, len(found)), float(np.mean([c for _, c in found])), wanted)


def wilson(right: int, cases: int) -> Interval:
    """Return a share with its 95% interval.

    Source:
        Wilson 1927.
    """
    z, share = 1.96, right / cases
    middle = (share + z**2 / (2 * cases)) / (1 + z**2 / cases)
    half = z / (1 + z**2 / cases) * float(np.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2)))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def measure_modalities(
    model: str, roots: Mapping[str, Path], settings: Settings, dialogues: int = 40, split: str = "dev", seed: int = 0
) -> Hits:
    """Look whether Shapley values put the words first where only they are informative."""
    loaded = loaded_model(model, settings)
    chosen = read_meld(root_of(roots, "meld"), split)[:dialogues]  # type: ignore[arg-type]
    takes = read_ravdess(root_of(roots, "ravdess"), ACTORS[split])
    faces = None
    if "fer2013" in roots and "v" in loaded.model.card.modalities:
        faces = read_fer2013(roots["fer2013"], "validation" if split == "dev" else "test")
    found = []
    for composite in build_composite(chosen, takes, faces, seed):
        features = composite_features(composite, faces, loaded, settings)
        prediction, _ = predict(composite.dialogue, features, loaded, settings)
        for position, made in enumerate(composite.utterances):
            utterance = made.utterance
            if prediction.label_of(position) != utterance.label or not _only_words(made):
                continue
            request = Request(model, utterance.id, "modality_shapley", {}, utterance.label or "", seed)
            explained = explain_features(composite.dialogue, position, features, loaded, request, settings)
            if len(explained.attributions) > 1:
                first = max(explained.attributions, key=lambda a: a.value)
                found.append((first.modality == "t", 1 / len(explained.attributions)))
    return hits("informative modality first (words alone)", model, found, 0.85)


def _only_words(made: CompositeUtterance) -> bool:
    states = [recipe.reliability for recipe in (made.voice, made.face) if recipe is not None]
    return bool(states) and all(state != "informative" for state in states)


def composite_features(
    composite: CompositeDialogue, faces: FaceImages | None, loaded: Loaded, settings: Settings
) -> tuple[Features, ...]:
    """Return what a model reads of a dialogue of the composite corpus."""
    dialogue = composite.dialogue
    makers: dict[str, Callable[[], Features]] = {
        "history_tokens-1": lambda: EXTRACTORS.get("history_tokens-1")(dialogue, None, settings, silent),
        "log_mel-1": lambda: Features(dialogue.id, "a", "log_mel-1", tuple(_heard(u) for u in composite.utterances)),
        "visual-1": lambda: Features(
            dialogue.id, "v", "visual-1", tuple(_seen(u, faces) for u in composite.utterances)
        ),
    }
    return tuple(makers[name]() for name in loaded.model.card.extractors)


def _heard(made: CompositeUtterance) -> FeatureRow:
    if made.voice is None:
        return FeatureRow(made.utterance.id, None, "no recording fits")
    wave = render_take(made.voice, lambda path: trim(read_wave(path)))
    return FeatureRow(made.utterance.id, frozen_array(log_mel(wave)))


def _seen(made: CompositeUtterance, faces: FaceImages | None) -> FeatureRow:
    if made.face is None or faces is None:
        return FeatureRow(made.utterance.id, None, "no picture fits")
    frames = tuple(Keyframe(picture, None, None) for picture in render_faces(made.face, faces))
    return FeatureRow(made.utterance.id, frozen_array(pack_visual(frames)))


def measure_words(model: str, settings: Settings, scripts: int = 12, seed: int = 5000) -> Hits:
    """Look whether LIME's strongest words are the planted ones, in dialogues that are known by their words alone."""
    loaded = loaded_model(model, settings)
    found = []
    for number in range(scripts):
        dialogue, planted = script_dialogue(generate_script(seed + number, carriers="all"))
        features = tuple(
            EXTRACTORS.get(name)(dialogue, None, settings, silent) for name in loaded.model.card.extractors
        )
        for position, (utterance, keys) in enumerate(zip(dialogue.utterances, planted, strict=True)):
            words = WORD.findall(utterance.text or "")
            if len(words) < LONG or not keys or utterance.label is None:
                continue
            request = Request(model, utterance.id, "lime_words", SETTINGS, utterance.label, number)
            explained = explain_features(dialogue, position, features, loaded, request, settings)
            top = {a.name.lower() for a in _strongest(explained, TOP)}
            found += [(key.lower() in top, TOP / len(words)) for key in keys]
    return hits(f"planted key word among LIME's top {TOP}", model, found, 0.8)


def script_dialogue(script: str) -> tuple[Dialogue, list[list[str]]]:
    """Return a script's lines as a dialogue without a clip, and the key words of each line, one by one."""
    lines = yaml.safe_load(script)["lines"]
    utterances = tuple(
        Utterance(f"u{i + 1}", line["speaker"], line["text"], 4.0 * i, 4.0 * i + 3.5, line["emotion"])
        for i, line in enumerate(lines)
    )
    keys = [[word for phrase in line["key_words"] for word in WORD.findall(phrase)] for line in lines]
    return Dialogue.of("generated", "script", utterances), keys


def _strongest(explained: Explanation, count: int) -> list[Attribution]:
    return sorted(explained.attributions, key=lambda a: -a.value)[:count]


def measure_action_units(
    settings: Settings,
    clips: int = 4,
    lines: int = 8,
    seed: int = 7000,
    model: str = "amuse",
    progress: Progress = silent,
) -> Hits:
    """Look whether LIME's strongest action unit is one that was moved, where the face alone carries the emotion."""
    loaded = loaded_model(model, settings)
    found = []
    for number in range(clips):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.yaml"
            script.write_text(generate_script(seed + number, lines, carriers="one"), encoding="utf-8")
            truth = build_clip(script, Path(folder))
            transcript = (Path(folder) / "transcript.csv").read_bytes()
            clip = Path(folder) / "clip.mp4"
            dialogue = pipeline.open_clip(clip, settings, transcript=transcript, transcript_name="transcript.csv")
            features = pipeline.extract(dialogue, clip, model, settings, progress)
            found += list(_unit_hits(dialogue, features, truth, loaded, settings, number))
        progress("clips", (number + 1) / clips)
    return hits("moved action unit is LIME's first", model, found, 0.7)


def _unit_hits(
    dialogue: Dialogue, features: Sequence[Features], truth: Truth, loaded: Loaded, settings: Settings, seed: int
) -> Iterator[tuple[bool, float]]:
    for position, said in enumerate(truth.utterances):
        moved = moved_units(truth, position)
        if said.informative != ("face",) or not moved:
            continue
        utterance = dialogue.utterances[position]
        request = Request(loaded.ref.name, utterance.id, "lime_action_units", SETTINGS, said.emotion, seed)
        try:
            explained = explain_features(dialogue, position, features, loaded, request, settings)
        except UnsupportedError:
            continue  # the face was not found, or turned too far for its units
        first = max(explained.attributions, key=lambda a: a.value)
        numbers = [int(a.name.split()[1]) for a in explained.attributions]
        if set(numbers) & moved:
            yield int(first.name.split()[1]) in moved, sum(n in moved for n in numbers) / len(numbers)


def moved_units(truth: Truth, position: int) -> set[int]:
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
        return set()
    mean = seen.mean(axis=0)
    numbers = [int(name.removeprefix("AU")) for name in truth.unit_names]
    speaking = {25, 26, 45}  # lips, jaw and lids move in all speech and tell nothing
    return {n for n, value in zip(numbers, mean, strict=True) if value >= MOVED and n in NUMBERS} - speaking


def measure(
    roots: Mapping[str, Path], settings: Settings, models: Sequence[str] = (), clips: int = 4
) -> tuple[Hits, ...]:
    """Measure all parts on every model that has weights and reads what the part is about.

    Args:
        roots: folders of meld, ravdess and fer2013; without them the composite corpus is left out
        settings: device and precision
        models: names; empty for all systems with weights
        clips: how many clips are made for the action units
    """
    usable = [s for s in pipeline.models() if s.checkpoint is not None and (not models or s.name in models)]
    rows = []
    for status in usable:
        if {"meld", "ravdess"} <= set(roots) and len(status.card.modalities) > 1:
            rows.append(measure_modalities(status.name, roots, settings))
        if "t" in status.card.modalities:
            rows.append(measure_words(status.name, settings))
        if "action_units" in status.card.picture and "v" in status.card.modalities:
            rows.append(measure_action_units(settings, clips, model=status.name))
    return tuple(rows)


def table(rows: Sequence[Hits]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| known truth | model | cases | named | chance | aimed at |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        i = row.share
        lines.append(
            f"| {row.what} | {row.model} | {row.cases} | {i.value:.1%} [{i.low:.1%}, {i.high:.1%}] | "
            f"{row.chance:.1%} | {row.wanted:.0%} |"
        )
    return "\n".join(lines)
