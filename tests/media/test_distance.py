from __future__ import annotations

import numpy as np

from erc_core.media.distance import small_face, sound_notices, word_notices
from erc_core.types import Span, Utterance

ENGLISH = "I did not know that you were coming, but we have a room for you and it is right there by the door"
GERMAN = "Ich habe nicht gewusst dass ihr kommt aber wir haben ein Zimmer und das ist gleich dort neben der alten Tür"
RUSSIAN = "я не знал что вы придёте но у нас есть комната и она там рядом с дверью и мы очень рады вас видеть"
RATE_HZ = 16_000


def said(text: str | None, length_s: float = 3.0) -> tuple[Utterance, ...]:
    return (Utterance("u1", "A", text, 0.0, length_s),)


def test_english_is_near_and_other_languages_are_far() -> None:
    assert word_notices(said(ENGLISH)) == ()
    for text in (GERMAN, RUSSIAN):
        assert word_notices(said(text)) == (
            "The words do not look like English: the text encoder knows English alone.",
        )


def test_few_words_tell_no_language() -> None:
    assert word_notices(said("Guten Abend")) == ()
    assert word_notices(said(None)) == ()


def test_utterances_too_short_are_noticed() -> None:
    (notice,) = word_notices(said("Yes.", 0.5))
    assert "shorter than 1 s" in notice


def noise(seconds: float, level: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, round(seconds * RATE_HZ)).astype(np.float32)


def test_noise_beside_the_speech_is_noticed() -> None:
    quiet = np.concatenate([noise(4, 0.001), noise(4, 0.2)])
    loud = np.concatenate([noise(4, 0.1), noise(4, 0.2)])
    assert sound_notices(quiet, [Span(4, 8)]) == ()
    assert "nearly as loud as the speech (6 dB below it)" in sound_notices(loud, [Span(4, 8)])[0]


def test_music_without_speech_is_noticed() -> None:
    assert "no speech" in sound_notices(noise(20, 0.1), [Span(4, 5)])[0]
    assert sound_notices(noise(20, 0.0001), []) == ()
    assert sound_notices(np.zeros(10, dtype=np.float32), []) == ()


def test_a_small_face_is_noticed() -> None:
    assert small_face(30) == "The face is small (30 pixels wide)."
    assert small_face(90) == ""
