"""The verbs ``diarise`` and ``faces`` of the command line: who speaks when, and the faces of a clip as a table."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erc_core.errors import InputError
from erc_core.settings import Settings, load_settings
from erc_core.types import Progress, Utterance, silent
from erc_core.verb_arguments import add_verb, print_made, write_file

# A clip without speech and without a transcript has its keyframes by stretches of this length.
STRETCH_S = 10.0


@dataclass(frozen=True, slots=True)
class Diarised:
    """Turns as RTTM, how many, of how many speakers, and by what they were told apart."""

    rttm: str
    turns: int
    speakers: int
    how: str


def diarise_file(
    source: Path, settings: Settings, speakers: int | None = None, progress: Progress = silent
) -> Diarised:
    """Find who speaks when in a video or audio file.

    Raises:
        InputError: the file cannot be used, or has no sound
        MissingResourceError: the voice model that the settings name cannot be loaded
    """
    from erc_core.media.listening import find_turns
    from erc_core.media.probe import probe
    from erc_core.media.rttm import as_rttm
    from erc_core.media.sound import read_audio
    from erc_core.media.speech import speech_segments

    media = probe(source, settings, source.name)
    audio = read_audio(source, settings)
    turns, how = find_turns(audio, speech_segments(audio, progress), source, media, settings, progress, speakers)
    return Diarised(as_rttm(turns, source.stem), len(turns), len({turn.voice for turn in turns}), how)


def faces_of_clip(
    source: Path,
    settings: Settings,
    transcript: Path | None = None,
    per_utterance: int = 3,
    progress: Progress = silent,
) -> str:
    """Return the faces of a clip's keyframes as CSV, a row for each keyframe and face.

    Args:
        source: the clip
        settings: gives the limits
        transcript: where the utterances come from; else from the speech, else from stretches of ten seconds
        per_utterance: how many keyframes an utterance gets
        progress: told of the steps

    Raises:
        InputError: the clip or the transcript cannot be used, or the clip has no picture
    """
    from erc_core.media.keyframes import as_csv
    from erc_core.media.people import see_faces
    from erc_core.pipeline import open_clip

    words = transcript.read_bytes() if transcript else None
    name = transcript.name if transcript else ""
    dialogue = open_clip(source, settings, name=source.name, transcript=words, transcript_name=name, progress=progress)
    media = dialogue.media
    if media is None or not media.has_video:
        raise InputError("The clip has no picture", got="no video track", do="give a video")
    utterances = dialogue.utterances or _stretches(media.duration_s)
    return as_csv(see_faces(source, utterances, settings, per_utterance).found)


def _stretches(duration_s: float) -> tuple[Utterance, ...]:
    count = max(1, round(duration_s / STRETCH_S))
    step_s = duration_s / count
    return tuple(Utterance(f"u{n + 1}", "?", None, n * step_s, (n + 1) * step_s) for n in range(count))


def add_verbs(verbs: Any) -> None:
    """Add both verbs to the parser's."""
    diarise = add_verb(verbs, "diarise", "find who speaks when, and write it as RTTM")
    diarise.add_argument("source", type=Path, metavar="AUDIO_OR_VIDEO")
    diarise.add_argument("--speakers", type=int, help="how many there are; estimated where it is not given")
    diarise.add_argument("--rttm", type=Path, required=True, metavar="OUT", help="the file to write")
    diarise.set_defaults(run=_diarise)

    faces = add_verb(
        verbs,
        "faces",
        "write the faces of a clip's keyframes with their action units as CSV",
    )
    faces.add_argument("source", type=Path, metavar="CLIP")
    faces.add_argument("--csv", type=Path, required=True, metavar="OUT", help="the file to write")
    faces.add_argument("--transcript", type=Path, help="SRT, WebVTT, ELAN, or CSV with start_s,end_s,speaker,text")
    faces.add_argument("--keyframes", type=int, default=3, help="how many an utterance gets")
    faces.set_defaults(run=_faces)


def _diarise(options: argparse.Namespace) -> None:
    found = diarise_file(options.source, load_settings(), options.speakers, options.tell)
    write_file(options.rttm, found.rttm)
    made = {"out": options.rttm, "turns": found.turns, "speakers": found.speakers, "how": found.how}
    text = f"{options.rttm}: {found.turns} turns, {found.speakers} speakers by {found.how}"
    print_made(options, made, text)


def _faces(options: argparse.Namespace) -> None:
    table = faces_of_clip(options.source, load_settings(), options.transcript, options.keyframes, options.tell)
    write_file(options.csv, table)
    rows = table.count("\n") - 1
    print_made(options, {"out": options.csv, "rows": rows}, f"{options.csv}: {rows} rows")
