"""The verbs: open a clip, extract features, predict, analyse. Pages, jobs and the command line call these."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from erc_core.bundled_openings import NAME as OPENING
from erc_core.bundled_openings import read_opening
from erc_core.data.transcript import Transcript, check_against, read_transcript
from erc_core.errors import InputError, MissingResourceError
from erc_core.features.base import EXTRACTORS
from erc_core.jobs.context import JobContext
from erc_core.models.base import MODELS, ModelCard, Role, model_class
from erc_core.settings import ASSETS, Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.types import (
    Analysis,
    Dialogue,
    Features,
    Knob,
    Media,
    Modality,
    ModelRef,
    Progress,
    silent,
)
from erc_core.whatif.edits import Edit, edited_dialogue

EXAMPLES = ASSETS / "examples"
FIRST = ("the_letter", "wonderful_news", "only_the_voice")  # shown before the others: a shift, sarcasm, voice alone
NOTHING_SAID = "No speech was found and no words were given, so there is nothing to predict."
FEATURES = "features"  # kind of the results that hold what models read


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model and its weights, or the reason why it cannot be used."""

    name: str
    card: ModelCard
    checkpoint: ModelRef | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A bundled conversation whose truth is known; ``still`` is a picture of it as JPEG, where one came with it."""

    name: str
    title: str
    look_for: str
    clip: Path
    dialogue: Dialogue
    still: bytes = b""


def models(roles: Sequence[Role] = ("system",), variants: bool = False) -> tuple[ModelStatus, ...]:
    """Return the models of some roles, with their weights' identity where they can be used.

    Args:
        roles: what is wanted
        variants: also the variants of these models that have a checkpoint, such as ``bc_lstm+lmam``, bundled or
            trained here; own ones, which lie in the folder that ERC_CHECKPOINTS names, are always there

    Raises:
        UnknownNameError: a folder of own checkpoints is named after a model that is not there
    """
    from erc_core.models.checkpoints import own_variants, trained_variants

    names = dict.fromkeys((*MODELS.names(), *(trained_variants() if variants else ()), *own_variants()))
    return tuple(status for name in names if (status := model_status(name)).card.role in roles)


def model_status(name: str) -> ModelStatus:
    """Return a model, or a variant of one, with its weights' identity where they are there, else the reason.

    Raises:
        UnknownNameError: there is no such model
    """
    from erc_core.models.checkpoints import model_ref

    try:
        return ModelStatus(name, _card(name), model_ref(name))
    except MissingResourceError as error:
        return ModelStatus(name, _card(name), None, error.sentence())


def _card(name: str) -> ModelCard:
    """Return a model's card; a variant's title names the variant."""
    card, variant = model_class(name).card, name.partition("+")[2]
    return replace(card, title=f"{card.title} ({variant})") if variant else card


def examples(folder: Path = EXAMPLES) -> tuple[Example, ...]:
    """Return the bundled examples, those of :data:`FIRST` before the others.

    Raises:
        InputError: an example's files do not fit together
    """
    files = sorted(folder.glob("*/*"))
    states = ((path, path.stat()) for path in files if path.name == OPENING or path.suffix not in (".bin", ".yaml"))
    return _examples(folder, tuple((path, state.st_mtime_ns, state.st_size) for path, state in states))


@lru_cache(maxsize=4)
def _examples(folder: Path, state: tuple[tuple[Path, int, int], ...]) -> tuple[Example, ...]:
    """Open the examples of a folder in this ``state``: a page asks for them often, and they rarely change."""
    places = sorted(folder.glob("*/about.json"), key=_place)
    with ThreadPoolExecutor(max_workers=4) as pool:  # each waits for a decoder that looks at its clip
        return tuple(pool.map(_example, places))


def _example(about: Path) -> Example:
    text = json.loads(about.read_text(encoding="utf-8"))
    clip = next(path for path in sorted(about.parent.glob("clip.*")))
    known = read_opening(clip)
    dialogue, still = (known.dialogue, known.still.tobytes()) if known else (open_example(clip, text["title"]), b"")
    return Example(about.parent.name, text["title"], text["look_for"], clip, dialogue, still)


def open_example(clip: Path, title: str) -> Dialogue:
    """Open the clip of an example with the words beside it.

    Raises:
        InputError: its files do not fit together
    """
    words = (clip.parent / "transcript.csv").read_bytes()
    return open_clip(clip, Settings(), name=title, transcript=words, transcript_name="transcript.csv")


def _place(about: Path) -> tuple[int, str]:
    name = about.parent.name
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def open_clip(
    source: Path,
    settings: Settings,
    *,
    name: str = "",
    transcript: bytes | None = None,
    transcript_name: str = "transcript",
    progress: Progress = silent,
) -> Dialogue:
    """Read a clip and find its utterances: from the transcript, else from the speech in it.

    Args:
        source: the file
        settings: limits, and the Whisper model where there is one
        name: what the user calls the clip; never used as a path
        transcript: content of a transcript file
        transcript_name: what the user calls it, for messages
        progress: told of the steps

    Raises:
        InputError: the clip or the transcript cannot be used
        MissingResourceError: the Whisper model that the settings name cannot be loaded
    """
    from erc_core.media.distance import word_notices
    from erc_core.media.probe import probe

    progress("probe", 0.0)
    media = probe(source, settings, name or source.name)
    progress("probe", 1.0)
    if transcript is not None:
        read = check_against(read_transcript(transcript, transcript_name, settings), media.duration_s)
    else:
        read = _listen(source, media, settings, progress)
    notes = [*read.notes]
    if not media.has_audio:
        notes.append("The clip has no audio track: sound is missing.")
    if not media.has_video:
        notes.append("The clip has no picture: faces are missing.")
    if not read.utterances:
        notes.append(NOTHING_SAID)
    notes += word_notices(read.utterances)
    return Dialogue.of(name or source.name, "clip", read.utterances, media, tuple(notes))


def _listen(source: Path, media: Media, settings: Settings, progress: Progress) -> Transcript:
    """Find utterances and speakers in the sound and the lips; words by Whisper where the settings name a model."""
    from erc_core.media.listening import hear

    heard = hear(source, media, settings, progress)
    return Transcript(heard.utterances, heard.notes)


def check_model(model: str, knobs: Sequence[Knob] = ()) -> None:
    """Say at once what loading the model would say after the clip was read, which may take minutes.

    Raises:
        UnknownNameError: there is no such model or knob
        MissingResourceError: the model's weights are not there
    """
    from erc_core.models.checkpoints import model_ref

    model_ref(model)
    model_class(model).knob_values(knobs)


def extract(
    dialogue: Dialogue, clip: Path | None, model: str, settings: Settings, progress: Progress = silent
) -> tuple[Features, ...]:
    """Return the features that a model reads.

    Raises:
        UnknownNameError: there is no such model
        InputError: the clip cannot be decoded
    """
    return tuple(
        EXTRACTORS.get(name)(dialogue, clip, settings, progress) for name in model_class(model).card.extractors
    )


def kept_features(context: JobContext, dialogue: Dialogue, clip: Path | None, model: str) -> tuple[Features, ...]:
    """Return what a model reads of a stored dialogue, from the store where another model or job has read it before."""
    found = []
    for name in model_class(model).card.extractors:
        key = result_key(dialogue=dialogue.id, extractor=name, code=load_settings().program)
        features = context.store.result(FEATURES, key, Features)
        if features is None:
            features = EXTRACTORS.get(name)(dialogue, clip, context.settings, context.progress)
            context.store.put_result(FEATURES, key, features, dialogue=dialogue.id)
        found.append(features)
    return tuple(found)


def analyse(
    dialogue: Dialogue,
    clip: Path | None,
    model: str,
    settings: Settings,
    *,
    switched_off: tuple[Modality, ...] = (),
    knobs: tuple[Knob, ...] = (),
    features: Sequence[Features] | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Predict a dialogue and sum it up.

    Args:
        dialogue: the conversation
        clip: its file, None where there is none
        model: name of the model
        settings: device, precision, limits
        switched_off: modalities to leave out
        knobs: the model's knobs that differ from their default
        features: what the model reads, where it is at hand; else it is extracted from the clip
        progress: told of the steps

    Raises:
        UnknownNameError: there is no such model or knob
        MissingResourceError: the model's weights are not there
        InputError: the clip cannot be decoded
    """
    from erc_core.features.visual import visual_notes
    from erc_core.features.visual_layout import EXTRACTOR as VISUAL
    from erc_core.inference import loaded_model, predict
    from erc_core.summary import shifts, summarise

    progress("load model", 0.0)
    loaded = loaded_model(model, settings)
    progress("load model", 1.0)
    if features is None:
        features = extract(dialogue, clip, model, settings, progress)
    prediction, trace = predict(dialogue, features, loaded, settings, switched_off, knobs, progress)
    whole, speakers = summarise(dialogue, prediction)
    notes = tuple(f"{model_class(model).card.title} was told to do without {m}." for m in prediction.switched_off)
    seen = tuple(note for one in features if one.extractor == VISUAL for note in visual_notes(one))
    return Analysis(
        dialogue, prediction, trace, whole, speakers, shifts(dialogue, prediction), (*dialogue.notes, *notes, *seen)
    )


def ask_what_if(
    dialogue: Dialogue,
    clip: Path | None,
    model: str,
    settings: Settings,
    edits: Sequence[Edit],
    *,
    features: Sequence[Features] | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Predict a dialogue of which something is edited; the analysis holds the edited dialogue.

    Args:
        dialogue: the conversation as it is
        clip: its file, None where there is none
        model: name of the model
        settings: device, precision, limits
        edits: what is changed between extraction and prediction
        features: of the unedited dialogue, where they are at hand
        progress: told of the steps

    Raises:
        UnknownNameError: there is no such model or utterance
        MissingResourceError: the model's weights are not there
        UnsupportedError: an edit cannot be applied to what the model reads
        InputError: the clip cannot be decoded, or nothing is left
    """
    from erc_core.whatif.features import edited_features

    if features is None:
        features = extract(dialogue, clip, model, settings, progress)
    edited = edited_dialogue(dialogue, edits)
    changed = edited_features(dialogue, features, edits, clip, settings, progress)
    return analyse(edited, clip, model, settings, features=changed, progress=progress)


def analysis_key(dialogue: Dialogue, model: ModelRef) -> str:
    """Return under which key the analysis of a dialogue by a model at its default settings is kept."""
    return result_key(dialogue=dialogue.id, model=model.sha256, method="analysis", code=load_settings().program)


def open_clip_job(
    context: JobContext, media: str, name: str, transcript: str = "", transcript_name: str = "", model: str = ""
) -> str:
    """Open an uploaded clip, file its dialogue, analyse it; returns the dialogue's id.

    Args:
        context: the job
        media: sha256 of the clip in the store
        name: what the user calls it
        transcript: sha256 of the transcript in the store, or empty
        transcript_name: what the user calls that
        model: the model that analyses it; empty for the first that can be used
    """

    def opened() -> Dialogue:
        words = context.store.media_path(transcript).read_bytes() if transcript else None
        return open_clip(
            context.store.media_path(media),
            context.settings,
            name=name,
            transcript=words,
            transcript_name=transcript_name,
            progress=context.progress,
        )

    dialogue = context.once("open", Dialogue, opened)
    context.store.put_dialogue(dialogue, context.owner)
    context.about(dialogue.id)
    if transcript:
        context.store.release_media(transcript, context.owner)
    _keep_playable(context, dialogue)
    analyse_job(context, dialogue.id, model or _first_usable())
    return dialogue.id


def _keep_playable(context: JobContext, dialogue: Dialogue) -> None:
    """Keep a copy that browsers play, where they do not play the clip; without one the rest is still analysed."""
    from erc_core.media.playback import playable

    if dialogue.media is None or context.store.playable(dialogue.media.sha256) is not None:
        return
    clip, media = context.store.media_path(dialogue.media.sha256), dialogue.media
    with context.store.files.scratch() as target:
        try:
            made = playable(clip, media, target, context.settings, context.progress)
        except InputError as error:
            context.store.put_playable(media.sha256, None, error.sentence())
            return
        if made != clip:
            context.store.put_playable(media.sha256, made)


def _first_usable() -> str:
    for status in models():
        if status.checkpoint is not None:
            return status.name
    raise MissingResourceError("No model has weights", do="restore assets/checkpoints, or train one")


def analyse_job(context: JobContext, dialogue: str, model: str) -> str:
    """Analyse a stored dialogue with a model at its default settings; returns the key of the kept analysis."""
    from erc_core.models.checkpoints import model_ref

    opened = context.store.dialogue(dialogue, context.owner)
    key = analysis_key(opened, model_ref(model))
    if context.store.analysis(key, context.owner) is None:
        clip = context.store.media_path(opened.media.sha256) if opened.media else None
        features = kept_features(context, opened, clip, model)
        found = analyse(opened, clip, model, context.settings, features=features, progress=context.progress)
        context.store.put_analysis(replace(found, dialogue=opened), key, context.owner)
    return key
