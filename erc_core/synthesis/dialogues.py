"""Conversations from a seed: own sentence templates, people and scenes, for measuring on dialogues nobody has seen."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import yaml

from erc_core.errors import InputError
from erc_core.synthesis import planted_words
from erc_core.synthesis.script import CHANNELS, EMOTIONS, Channel, Emotion, Room

Carriers = Literal["all", "one", "mixed"]
Wording = Literal["free", "planted"]
STAY = 0.45  # how often the next utterance keeps the mood of the one before

THINGS = ("boat", "garden", "theatre", "bakery", "garage", "library", "kitchen", "harbour", "old house", "workshop")
PEOPLE = ("my sister", "the neighbour", "our teacher", "the new doctor", "your cousin", "the lady from upstairs")
TIMES = ("this morning", "last night", "on Sunday", "after the rain", "just before noon", "during the storm")

TEMPLATES: dict[Emotion, tuple[str, ...]] = {
    "neutral": (
        "{Who} put the keys of the {thing} on the table {time}.",
        "The way to the {thing} takes about twenty minutes on foot.",
        "{Who} asked me {time} how many rooms there are near the {thing}.",
        "There is a paper about the {thing} in the second drawer.",
    ),
    "joy": (
        "I am so *happy*, {who} gave us the {thing} {time}!",
        "What a *wonderful* day, the {thing} is ours at last!",
        "{Who} made me *laugh* so much at the {thing} {time}, it was lovely!",
        "We won, we really *won* the prize for the {thing}!",
    ),
    "sadness": (
        "I *miss* the {thing} so much since {who} moved away {time}.",
        "{Who} cried for hours {time}, and nothing can *bring back* the {thing}.",
        "It is *over*, they sold the {thing} and we never said goodbye.",
        "I feel so *alone* in the {thing} now that {who} is gone.",
    ),
    "anger": (
        "How *dare* {who} touch the {thing} without asking me!",
        "I am *furious*, they broke the {thing} again {time}!",
        "Stop it *now*, you have lied to me about the {thing} for years!",
        "{Who} *ruined* the {thing} {time} and does not even say sorry!",
    ),
    "fear": (
        "Please do not leave me, I am *afraid* of what waits behind the {thing}.",
        "Something *moved* in the {thing} {time}, I heard it breathing.",
        "I am *scared* that {who} will never come back from the {thing}.",
        "We must *hide*, somebody followed us from the {thing} {time}.",
    ),
    "surprise": (
        "*What*, {who} bought the whole {thing} {time}?",
        "I cannot *believe* it, the {thing} was here all the time!",
        "*Wait*, you mean that {who} can play the trumpet in the {thing}?",
        "Oh, I never *expected* to see {who} in the {thing} {time}!",
    ),
    "disgust": (
        "*Ugh*, the {thing} smells of rotten fish since {time}.",
        "That is *revolting*, {who} left dirty plates in the {thing} {time}.",
        "Take it away, the slime on the {thing} makes me *sick*.",
        "How *filthy*, there are worms under the floor of the {thing}.",
    ),
}
_WOMAN: dict[str, tuple[Any, ...]] = {
    "name": ("Ana", "Carla", "Elif", "Greta", "Ines", "Kira", "Nadia", "Olga"),
    "hair": ("bob", "long", "bun", "curly"),
    "jaw": (0.84, 0.87, 0.9),
    "lashes": (0.7, 0.9),
    "beard": (0.0,),
    "voice": ("en-us+f2", "en-us+f3", "en-us+f4", "en-us+f5", "en+f3"),
    "pitch": (46, 50, 54),
}
_MAN: dict[str, tuple[Any, ...]] = {
    "name": ("Bruno", "David", "Femi", "Hugo", "Jonas", "Luca", "Pavel", "Sami"),
    "hair": ("short", "crop", "side", "bald"),
    "jaw": (0.98, 1.02, 1.07),
    "lashes": (0.3,),
    "beard": (0.0, 0.25, 0.6),
    "voice": ("en-us+m1", "en-us+m2", "en-us+m3", "en-us+m5", "en+m3", "en-us+m7"),
    "pitch": (36, 40, 44),
}
_SKIN_AND_LIPS = (
    ("#f1cbb0", "#c06a66"),
    ("#e2b08c", "#b1655b"),
    ("#c68a63", "#a55c52"),
    ("#8d5a3c", "#8a4540"),
    ("#6b4430", "#743d38"),
)
_HAIR_COLORS = ("#17110e", "#3b2a20", "#6b4226", "#a06a3a", "#c9a55f", "#9a9690")
_EYE_COLORS = ("#3a2415", "#5b4632", "#4f7a5a", "#5c86a8", "#6f7f86")
_CLOTH_COLORS = ("#39617a", "#7a3b4e", "#5f7a4a", "#b5803a", "#444d58", "#8c6aa0", "#a8503f", "#cfd6da")


def generate_script(
    seed: int, lines: int = 10, speakers: int = 2, carriers: Carriers = "mixed", wording: Wording = "free"
) -> str:
    """Write the YAML of a new script; the same seed gives the same text.

    Args:
        seed: decides everything
        lines: number of utterances
        speakers: number of people
        carriers: ``all`` lets words, voice and face agree, ``one`` lets a single one carry each emotion (the other
            two are neutral), ``mixed`` draws any set of them for each line
        wording: ``free`` sentences were written for each emotion, and several of their words may carry it; in
            ``planted`` ones the key word alone does (:mod:`erc_core.synthesis.planted_words`)

    Raises:
        InputError: a number is out of range
    """
    if not 1 <= lines <= 200:
        raise InputError("A dialogue cannot have so many lines", got=lines, allowed="1 to 200")
    if not 1 <= speakers <= 4:
        raise InputError("A dialogue cannot have so many speakers", got=speakers, allowed="1 to 4")
    rng = np.random.default_rng([seed, 2024])
    people: dict[str, dict[str, Any]] = {}
    while len(people) < speakers:
        name, person = _person(rng)
        people.setdefault(name, person)
    script = {
        "title": f"Generated dialogue {seed}",
        "look_for": "A generated dialogue for measuring.",
        "seed": int(seed),
        "room": _pick(rng, get_args(Room)),
        "layout": _pick(rng, ("cut", "together", "call")) if speakers < 4 else "cut",
        "speakers": people,
        "lines": _lines(rng, list(people), lines, carriers, wording),
    }
    return yaml.safe_dump(script, sort_keys=False, allow_unicode=True, width=110)


def _pick(rng: np.random.Generator, choices: tuple[Any, ...]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _person(rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Draw a name, and a voice and looks that go with it."""
    kind = _WOMAN if rng.random() < 0.5 else _MAN
    drawn = {key: _pick(rng, values) for key, values in kind.items()}
    skin, lips = _pick(rng, _SKIN_AND_LIPS)
    looks = {
        "skin": skin,
        "lip_color": lips,
        "hair_color": _pick(rng, _HAIR_COLORS),
        "eye_color": _pick(rng, _EYE_COLORS),
        "garment": _pick(rng, ("crew", "vneck", "shirt", "hoodie", "turtleneck")),
        "garment_color": _pick(rng, _CLOTH_COLORS),
        **{key: drawn[key] for key in ("hair", "jaw", "lashes", "beard")},
    }
    for key, low, high in (
        ("face_width", 0.96, 1.04),
        ("chin", 0.92, 1.05),
        ("nose_length", 0.8, 1.15),
        ("nose_width", 0.9, 1.25),
        ("eye_size", 0.95, 1.12),
        ("lips", 0.9, 1.3),
        ("age", 0.0, 0.9),
    ):
        looks[key] = round(float(rng.uniform(low, high)), 2)
    rate = int(rng.integers(124, 142))
    return drawn["name"], {"voice": drawn["voice"], "pitch": drawn["pitch"], "rate": rate, "looks": looks}


def _lines(
    rng: np.random.Generator, names: list[str], count: int, carriers: Carriers, wording: Wording
) -> list[dict[str, Any]]:
    entries = []
    mood: Emotion = "neutral"
    for number in range(count):
        if number == 0 or rng.random() > STAY:
            mood = _pick(rng, EMOTIONS)
        entries.append(_line(rng, names[number % len(names)], mood, carriers, wording))
    return entries


def _line(
    rng: np.random.Generator, speaker: str, emotion: Emotion, carriers: Carriers, wording: Wording
) -> dict[str, Any]:
    shown: dict[Channel, Emotion] = dict.fromkeys(CHANNELS, "neutral")
    shown |= dict.fromkeys(_carrying(rng, carriers), emotion)
    text, keys = _words(rng, shown["text"], wording)
    return {
        "speaker": speaker,
        "text": text,
        "emotion": emotion,
        "intensity": round(float(rng.uniform(0.7, 1.0)), 2),
        "modalities": shown,
        "key_words": keys,
    }


def _carrying(rng: np.random.Generator, carriers: Carriers) -> tuple[Channel, ...]:
    if carriers == "all":
        return CHANNELS
    if carriers == "one":
        return (_pick(rng, CHANNELS),)
    count = int(rng.integers(1, 4))
    chosen = rng.permutation(len(CHANNELS))[:count]
    return tuple(CHANNELS[int(index)] for index in chosen)


def _words(rng: np.random.Generator, emotion: Emotion, wording: Wording) -> tuple[str, list[str]]:
    """Draw a sentence that shows an emotion, and its key words."""
    if wording == "free" or emotion == "neutral":
        template = _pick(rng, TEMPLATES[emotion])
    else:
        template = planted_words.planted_template(emotion, rng)
    if wording == "free":
        return _fill(rng, template, THINGS, TIMES)
    return _fill(rng, template, planted_words.PLACES, planted_words.TIMES)


def _fill(
    rng: np.random.Generator, template: str, things: tuple[str, ...], times: tuple[str, ...]
) -> tuple[str, list[str]]:
    """Fill a template; the words between stars are its key words."""
    who = _pick(rng, PEOPLE)
    words = {"who": who, "Who": who[0].upper() + who[1:], "thing": _pick(rng, things), "time": _pick(rng, times)}
    filled = template.format(**words)
    parts = filled.split("*")
    return "".join(parts), parts[1::2]
