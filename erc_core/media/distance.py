"""Notices when a clip lies far from what the models were trained on: short English sentences, clearly spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from erc_core.media.sound import RATE_HZ
from erc_core.types import Span, Utterance

# The most frequent words of English; about half of what people say is among them.
FREQUENT = frozenset(
    """
    i you the to a and it that of is in what we me this he for my on have your do was no not be are don't know can
    with but all so just there here they like get she go it's i'm if right out about up him what's yeah at her one
    think that's how now an oh come good want as got did well back see from us say why who when his had been where
    were will or let would going by could then some our has am them never because too really okay yes
    """.split()  # noqa: SIM905
)
ENGLISH_SHARE = 0.2
MIN_WORDS = 20
MIN_LETTERS = 0.5
NOISE_DB = 8.0
LITTLE_SPEECH = 0.1
LOUD_DB = -40.0
SHORT_S = 1.0
SMALL_FACE_PX = 40.0
STEP_S = 0.05


def word_notices(utterances: Sequence[Utterance]) -> tuple[str, ...]:
    """Return what has to be said of the words and lengths of utterances."""
    notices = []
    text = " ".join(utterance.text or "" for utterance in utterances).lower().replace("\u2019", "'")
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text)
    if len(words) >= MIN_WORDS:
        latin = np.mean([word.isascii() for word in words])
        known = np.mean([word in FREQUENT for word in words])
        if latin < MIN_LETTERS or known < ENGLISH_SHARE:
            notices.append("The words do not look like English: the text encoder knows English alone.")
    lengths = [utterance.duration_s for utterance in utterances]
    if lengths and float(np.median(lengths)) < SHORT_S:
        notices.append(f"Half of the utterances are shorter than {SHORT_S:g} s: voices say little of feelings there.")
    return tuple(notices)


def sound_notices(audio: NDArray[np.float32], speech: Sequence[Span]) -> tuple[str, ...]:
    """Return what has to be said of the sound of a clip, one channel at 16 kHz ``(N,)``, and the speech in it."""
    width = round(STEP_S * RATE_HZ)
    whole = len(audio) // width
    if not whole:
        return ()
    power = np.square(audio[: whole * width].reshape(whole, width), dtype=np.float64).mean(axis=1)
    level = 10 * np.log10(power + 1e-10)
    spoken = np.zeros(whole, dtype=bool)
    for span in speech:
        spoken[round(span.start_s / STEP_S) : round(span.end_s / STEP_S)] = True
    loud = level > LOUD_DB
    if loud.any() and loud.mean() > 0.5 and spoken.mean() < LITTLE_SPEECH:
        return ("Most of the sound is no speech: music or noise say nothing to the acoustic encoder.",)
    if spoken.sum() * STEP_S < SHORT_S or (~spoken).sum() * STEP_S < SHORT_S:
        return ()
    above = float(np.median(level[spoken]) - np.median(level[~spoken]))
    if above < NOISE_DB and np.median(level[~spoken]) > LOUD_DB:
        return (f"Music or noise is nearly as loud as the speech ({above:.0f} dB below it): trust the voice less.",)
    return ()


def small_face(width_px: float) -> str:
    """Return what has to be said of a face of this width, or nothing."""
    return f"The face is small ({width_px:.0f} pixels wide)." if width_px < SMALL_FACE_PX else ""
