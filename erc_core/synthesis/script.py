"""The script of a re-enacted conversation: who they are, what they say, and which modality carries the emotion."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from erc_core.errors import InputError
from erc_core.synthesis.looks import Looks, looks_from

Emotion = Literal["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
EMOTIONS: tuple[Emotion, ...] = get_args(Emotion)
Channel = Literal["text", "acoustic", "face"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
Shot = Literal["auto", "single", "listener", "together", "empty"]
Layout = Literal["cut", "together", "call"]
Room = Literal["living", "kitchen", "office", "cafe", "street"]
Quality = Literal["good", "poor"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person: an espeak-ng voice, its middle pitch (0 to 99) and rate (words a minute), and looks."""

    name: str
    voice: str
    pitch: int
    rate_wpm: int
    looks: Looks


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a listener's face shows during a line."""

    speaker: str
    emotion: Emotion
    intensity: float


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance of a script.

    Args:
        speaker: who says it
        text: the words
        emotion: the utterance's label
        intensity: 0 to 1
        text_emotion: emotion of the words
        acoustic_emotion: emotion of the voice
        face_emotion: emotion of the face
        key_words: the words that carry the text's emotion
        pause_s: silence before it, in seconds
        shot: how it is seen
        reactions: faces of those who listen
    """

    speaker: str
    text: str
    emotion: Emotion
    intensity: float
    text_emotion: Emotion
    acoustic_emotion: Emotion
    face_emotion: Emotion
    key_words: tuple[str, ...] = ()
    pause_s: float = 0.65
    shot: Shot = "auto"
    reactions: tuple[Reaction, ...] = ()

    def informative(self) -> tuple[Channel, ...]:
        """Return the channels that carry the label."""
        shown = (self.text_emotion, self.acoustic_emotion, self.face_emotion)
        return tuple(name for name, emotion in zip(CHANNELS, shown, strict=True) if emotion == self.emotion)


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation.

    Args:
        name: short name, the folder's
        title: what people read
        look_for: one sentence on what it shows
        seed: decides everything that the script leaves open
        room: the place
        layout: how pictures are shared between speakers
        speakers: in the order of their seats, left to right
        lines: the utterances
        audio: whether the clip has a sound track
        picture: whether the clip has a picture
        quality: ``poor`` is a bad line: noise, low rate, dim light
        sha256: hash of the script's file, or of its text
    """

    name: str
    title: str
    look_for: str
    seed: int
    room: Room
    layout: Layout
    speakers: tuple[Speaker, ...]
    lines: tuple[Line, ...]
    audio: bool = True
    picture: bool = True
    quality: Quality = "good"
    sha256: str = field(default="", compare=False)

    def speaker_index(self, name: str) -> int:
        """Return a speaker's seat."""
        return [speaker.name for speaker in self.speakers].index(name)


def read_script(path: Path) -> Script:
    """Read a script from YAML.

    Raises:
        InputError: the file is missing, is no YAML, or an entry is missing, unknown or out of range
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("The script cannot be read", got=path, do="give the path of a YAML file") from error
    return parse_script(text, path.stem if path.stem != "script" else path.resolve().parent.name)


def parse_script(text: str, name: str) -> Script:
    """Build a script from the text of its YAML.

    Raises:
        InputError: the text is no YAML, or an entry is missing, unknown or out of range
    """
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError("The script is no YAML", got=str(error)[:200]) from error
    if not isinstance(entries, dict):
        raise InputError("A script is a mapping", got=type(entries).__name__)
    allowed = {"title", "look_for", "seed", "room", "layout", "speakers", "lines", "audio", "picture", "quality"}
    _known(entries, allowed, "script")
    speakers = tuple(_speaker(str(key), value) for key, value in _need(entries, "speakers", dict).items())
    if not 1 <= len(speakers) <= 4:
        raise InputError("A conversation has one to four speakers", got=len(speakers))
    names = tuple(speaker.name for speaker in speakers)
    lines = tuple(_line(entry, names, number) for number, entry in enumerate(_need(entries, "lines", list), 1))
    if not lines:
        raise InputError("The script has no lines", do="add at least one line")
    audio, picture = bool(entries.get("audio", True)), bool(entries.get("picture", True))
    if not audio and not picture:
        raise InputError("A clip needs a sound track or a picture", do="leave one of audio and picture true")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Script(
        name=name,
        title=str(entries.get("title", name)),
        look_for=str(entries.get("look_for", "")),
        seed=int(entries.get("seed", 0)),
        room=cast(Room, _choice(entries.get("room", "living"), get_args(Room), "room")),
        layout=cast(Layout, _choice(entries.get("layout", "cut"), get_args(Layout), "layout")),
        speakers=speakers,
        lines=lines,
        audio=audio,
        picture=picture,
        quality=cast(Quality, _choice(entries.get("quality", "good"), get_args(Quality), "quality")),
        sha256=digest,
    )


def _speaker(name: str, entries: Any) -> Speaker:
    if not isinstance(entries, dict):
        raise InputError(f"Speaker {name} is a mapping", got=type(entries).__name__)
    _known(entries, {"voice", "pitch", "rate", "looks"}, f"speaker {name}")
    return Speaker(
        name=name,
        voice=str(entries.get("voice", "en-us")),
        pitch=int(_between(entries.get("pitch", 50), 0, 99, f"pitch of {name}")),
        rate_wpm=int(_between(entries.get("rate", 165), 80, 300, f"rate of {name}")),
        looks=looks_from(entries.get("looks") or {}),
    )


def _line(entries: Any, names: tuple[str, ...], number: int) -> Line:
    where = f"line {number}"
    if not isinstance(entries, dict):
        raise InputError(f"A script's {where} is a mapping", got=type(entries).__name__)
    allowed = {"speaker", "text", "emotion", "intensity", "modalities", "key_words", "pause", "shot", "reactions"}
    _known(entries, allowed, where)
    text = str(_need(entries, "text", str)).strip()
    if not text:
        raise InputError(f"The {where} has no words", do="give it a text")
    emotion = cast(Emotion, _choice(entries.get("emotion", "neutral"), EMOTIONS, f"emotion of {where}"))
    shown = _shown(entries.get("modalities", list(CHANNELS)), emotion, where)
    key_words = tuple(str(word) for word in entries.get("key_words", []))
    for word in key_words:
        if word.lower() not in text.lower():
            raise InputError(f"A key word of {where} is not in its text", got=word)
    return Line(
        speaker=_choice(entries.get("speaker"), names, f"speaker of {where}"),
        text=text,
        emotion=emotion,
        intensity=_between(entries.get("intensity", 0.8), 0, 1, f"intensity of {where}"),
        text_emotion=shown["text"],
        acoustic_emotion=shown["acoustic"],
        face_emotion=shown["face"],
        key_words=key_words,
        pause_s=_between(entries.get("pause", 0.65), 0.1, 5, f"pause of {where}"),
        shot=cast(Shot, _choice(entries.get("shot", "auto"), get_args(Shot), f"shot of {where}")),
        reactions=tuple(_reaction(who, what, names, where) for who, what in (entries.get("reactions") or {}).items()),
    )


def _shown(entry: Any, emotion: Emotion, where: str) -> dict[Channel, Emotion]:
    """Read the emotion of each channel: a list names those that carry the label, a mapping names all emotions."""
    shown: dict[Channel, Emotion] = dict.fromkeys(CHANNELS, "neutral")
    given = dict.fromkeys(entry, emotion) if isinstance(entry, list) else entry
    if not isinstance(given, dict):
        raise InputError(f"modalities of {where} is a list or a mapping", got=type(entry).__name__)
    for channel, value in given.items():
        name = cast(Channel, _choice(channel, CHANNELS, f"modality of {where}"))
        shown[name] = cast(Emotion, _choice(value, EMOTIONS, f"{channel} emotion of {where}"))
    return shown


def _reaction(speaker: Any, entries: Any, names: tuple[str, ...], where: str) -> Reaction:
    if not isinstance(entries, dict):
        raise InputError(f"A reaction in {where} is a mapping", got=type(entries).__name__)
    _known(entries, {"emotion", "intensity"}, f"reaction in {where}")
    return Reaction(
        speaker=_choice(speaker, names, f"who reacts in {where}"),
        emotion=cast(Emotion, _choice(entries.get("emotion"), EMOTIONS, f"reaction in {where}")),
        intensity=_between(entries.get("intensity", 0.5), 0, 1, f"reaction in {where}"),
    )


def _known(entries: dict[Any, Any], allowed: set[str], where: str) -> None:
    for key in entries:
        if key not in allowed:
            raise InputError(f"Unknown entry in {where}", got=key, allowed=", ".join(sorted(allowed)))


def _need(entries: dict[Any, Any], key: str, kind: type) -> Any:
    if not isinstance(entries.get(key), kind):
        raise InputError(f"An entry is missing or has a wrong kind: {key}", got=entries.get(key), allowed=kind.__name__)
    return entries[key]


def _choice(value: Any, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise InputError(f"Unknown {what}", got=value, allowed=", ".join(allowed))
    return str(value)


def _between(value: Any, low: float, high: float, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"Out of range: {what}", got=value, allowed=f"{low} to {high}")
    return float(value)
