"""Utterances where no transcript gives them: speech, cut where the voice changes, named by voice and by lips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.diarisation import Turn, cut_at_changes, diarise, merged
from erc_core.media.distance import sound_notices
from erc_core.media.people import see_faces
from erc_core.media.sound import RATE_HZ, read_audio
from erc_core.media.speech import MAX_SPEECH_S, speech_segments
from erc_core.media.voices import projection, voice_odds, voice_points
from erc_core.media.who_speaks import link_faces
from erc_core.settings import Settings
from erc_core.types import Dialogue, Media, Progress, Span, Utterance, silent

NAME = "Speaker"
# Lips that are less sure than this do not decide whose voice it is.
SURE_LIPS = 0.8


@dataclass(frozen=True, slots=True)
class Heard:
    """Utterances found in a clip, and what has to be said of them."""

    utterances: tuple[Utterance, ...]
    notes: tuple[str, ...] = ()


def hear(
    source: Path, media: Media, settings: Settings, progress: Progress = silent, speakers: int | None = None
) -> Heard:
    """Find the utterances of a clip by its sound, and their speakers by voices and, in a video, by lips.

    Args:
        source: the clip
        media: what the probe found in it
        settings: limits, and the models that the user has
        progress: told of the steps
        speakers: how many speakers there are; None to estimate it

    Raises:
        InputError: the clip cannot be decoded, or holds too many utterances
        MissingResourceError: a model that the settings name cannot be loaded
        CancelledError: ``progress`` asks to stop
    """
    if not media.has_audio:
        return Heard(())
    progress("decode", 0.0)
    audio = read_audio(source, settings)
    progress("decode", 1.0)
    speech = speech_segments(audio, progress)
    turns, how = find_turns(audio, speech, source, media, settings, progress, speakers)
    if len(turns) > settings.max_utterances:
        raise InputError(
            "The clip holds too many utterances (step: speech)",
            got=f"{len(turns):,}",
            allowed=f"up to {settings.max_utterances:,} (ERC_MAX_UTTERANCES)",
            do="cut the clip into parts",
        )
    if not turns:
        return Heard((), sound_notices(audio, speech))
    count = len({turn.voice for turn in turns})
    found = "one speaker" if count == 1 else f"{count} speakers"
    notes = [f"Utterances were found by their sound, {found} by {how}: check who says what."]
    words: Sequence[str | None] = [None] * len(turns)
    if settings.whisper:
        from erc_core.media.whisper import transcribe

        words = transcribe(audio, [turn.span for turn in turns], settings.whisper, progress)
        notes.append(f"The words are an automatic transcript by {Path(settings.whisper).name}: check them.")
    else:
        notes.append("The words are not known: give a transcript or type them.")
    utterances = tuple(
        Utterance(f"u{number}", f"{NAME} {turn.voice + 1}", text or None, turn.span.start_s, turn.span.end_s)
        for number, (turn, text) in enumerate(zip(turns, words, strict=True), start=1)
    )
    return Heard(utterances, (*notes, *sound_notices(audio, speech)))


def find_turns(
    audio: NDArray[np.float32],
    speech: Sequence[Span],
    source: Path,
    media: Media,
    settings: Settings,
    progress: Progress = silent,
    speakers: int | None = None,
) -> tuple[tuple[Turn, ...], str]:
    """Return who speaks when, and by what that was told.

    Args:
        audio: one channel at 16 kHz, ``(N,)``
        speech: stretches of speech in it
        source: the clip
        media: what the probe found in it
        settings: limits, and the voice model of the user, if any
        progress: told of the steps
        speakers: how many there are; None to estimate it
    """
    if settings.voice_model:
        from erc_core.media.voice_models import turns_by_model

        return turns_by_model(audio, speech, settings.voice_model, speakers, progress), (
            f"the model {Path(settings.voice_model).name}"
        )
    pieces = cut_at_changes(audio, speech, speakers)
    faces = _speaking_faces(pieces, source, settings, progress) if media.has_video and pieces else None
    told = "their voices and lips" if faces and any(face is not None for face in faces) else "their voices"
    turns = diarise(audio, speakers, progress, same=faces, spans=pieces)
    return merged(turns, longest_s=MAX_SPEECH_S), told


def _speaking_faces(pieces: Sequence[Span], source: Path, settings: Settings, progress: Progress) -> list[int | None]:
    """Return whose lips surely say each piece; nothing is known yet of who speaks elsewhere."""
    strangers = [Utterance(f"u{n}", f"{n}", None, piece.start_s, piece.end_s) for n, piece in enumerate(pieces, 1)]
    seen = see_faces(source, strangers, settings, progress=progress)
    links = link_faces(strangers, seen.found, seen.levels)
    return [link.track if link.how == "lips" and link.score >= SURE_LIPS else None for link in links]


def name_by_voice(
    dialogue: Dialogue, clip: Path, settings: Settings, speakers: int | None = None, progress: Progress = silent
) -> Dialogue:
    """Return a dialogue whose speakers are told by their voices, such as one whose transcript names nobody.

    Raises:
        InputError: the clip has no sound, or ``speakers`` is out of range
        CancelledError: ``progress`` asks to stop
    """
    audio = read_audio(clip, settings)
    spans = [Span(utterance.start_s, utterance.end_s) for utterance in dialogue.utterances]
    turns = diarise(audio, speakers, progress, spans=spans)
    return dialogue.with_utterances(
        tuple(
            Utterance(u.id, f"{NAME} {turn.voice + 1}", u.text, u.start_s, u.end_s, u.label, u.words, u.face_track)
            for u, turn in zip(dialogue.utterances, turns, strict=True)
        )
    )


def same_voice(dialogue: Dialogue, clip: Path, settings: Settings, picked: str) -> tuple[float | None, ...]:
    """Find a picked utterance's voice in the others, as AMuSE does with the speaker of the first keyframe.

    Args:
        dialogue: the conversation
        clip: its file
        settings: gives the limits
        picked: id of the utterance whose voice is looked for

    Returns:
        for each utterance the probability that it is the same voice, None where too little speech is in it

    Raises:
        UnknownNameError: the dialogue has no such utterance
        InputError: the clip has no sound, or the picked utterance holds too little speech
    """
    place = dialogue.position(picked)
    audio = read_audio(clip, settings)
    spans = [slice(round(u.start_s * RATE_HZ), round(u.end_s * RATE_HZ)) for u in dialogue.utterances]
    points = voice_points(audio, spans)
    if not np.isfinite(points[place]).all():
        raise InputError(
            "The voice of this utterance cannot be read", got=picked, do="pick one with a second of speech or more"
        )
    odds = voice_odds(points, place, projection().between)
    return tuple(None if np.isnan(one) else float(1 / (1 + np.exp(-one))) for one in odds)
