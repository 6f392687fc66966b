"""Sentences whose emotion lies in one planted word: frames that all emotions share, and a word that fills them.

With sentences written freely for each emotion it is not known which word matters: in "Stop it now, you have lied to
me" any of four could. Here the same frame is said in every emotion, so what tells emotions apart is the planted word
and nothing else. Places, people and times are drawn for all emotions alike, and none of them is a mood.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from erc_core.synthesis.script import Emotion

Kind = Literal["feeling", "finding"]

FRAMES: tuple[tuple[Kind, str], ...] = (
    ("feeling", "I am *{word}* because {who} came to the {thing} with us {time}."),
    ("feeling", "When I came home from the {thing} {time}, I was *{word}*."),
    ("feeling", "{Who} took me to the {thing} {time}, and I felt *{word}* there."),
    ("feeling", "You can tell {who} that I am *{word}* about the {thing}."),
    ("finding", "It was *{word}* to meet {who} at the {thing} {time}."),
    ("finding", "{Who} told me {time} that it is *{word}* in the {thing}."),
    ("finding", "I went to see the {thing} {time}, and it was *{word}*."),
    ("finding", "There is something *{word}* about the {thing} that {who} told me of."),
)
WORDS: dict[Emotion, dict[Kind, tuple[str, ...]]] = {
    "joy": {
        "feeling": ("happy", "delighted", "glad", "thrilled", "overjoyed"),
        "finding": ("wonderful", "lovely", "delightful", "fantastic", "joyful"),
    },
    "sadness": {
        "feeling": ("sad", "heartbroken", "miserable", "lonely", "unhappy"),
        "finding": ("sad", "heartbreaking", "tragic", "depressing", "sorrowful"),
    },
    "anger": {
        "feeling": ("angry", "furious", "mad", "outraged", "annoyed"),
        "finding": ("outrageous", "infuriating", "maddening", "annoying", "insulting"),
    },
    "fear": {
        "feeling": ("afraid", "scared", "terrified", "frightened", "anxious"),
        "finding": ("terrifying", "scary", "frightening", "creepy", "horrifying"),
    },
    "surprise": {
        "feeling": ("surprised", "amazed", "astonished", "shocked", "stunned"),
        "finding": ("surprising", "unexpected", "astonishing", "unbelievable", "startling"),
    },
    "disgust": {
        "feeling": ("disgusted", "revolted", "sickened", "repelled", "nauseated"),
        "finding": ("disgusting", "revolting", "sickening", "gross", "nauseating"),
    },
}
PLACES = ("boat", "garden", "theatre", "bakery", "garage", "library", "kitchen", "harbour", "workshop")
TIMES = ("this morning", "last night", "on Sunday", "just before noon", "after lunch")


def planted_template(emotion: Emotion, rng: np.random.Generator) -> str:
    """Draw a frame and a word for it; the word stands between stars, the other slots are left open."""
    kind, frame = FRAMES[int(rng.integers(len(FRAMES)))]
    words = WORDS[emotion][kind]
    return frame.replace("{word}", words[int(rng.integers(len(words)))])
