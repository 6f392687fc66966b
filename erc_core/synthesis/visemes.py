"""Mouth shapes of phonemes: what jaw and lips do while a sound is spoken."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.voice import TimedText

Shape = dict[int, float]

_OPEN: Shape = {26: 0.46, 25: 0.75}
_MIDDLE: Shape = {26: 0.28, 25: 0.65, 20: 0.12}
_CLOSE: Shape = {26: 0.12, 25: 0.5, 20: 0.32}
_ROUND: Shape = {26: 0.20, 25: 0.45, 18: 0.65, 22: 0.25}
_ROUND_OPEN: Shape = {26: 0.36, 25: 0.6, 18: 0.45, 22: 0.2}
_LIPS: Shape = {24: 0.55}
_TEETH_ON_LIP: Shape = {26: 0.05, 25: 0.2, 10: 0.12, 24: 0.2}
_TONGUE: Shape = {26: 0.12, 25: 0.45}
_HUSH: Shape = {26: 0.10, 25: 0.5, 22: 0.55, 18: 0.2}
_THROAT: Shape = {26: 0.18, 25: 0.45}
_REST: Shape = {}
EASE_S = 0.028  # how softly one shape passes into the next

# espeak-ng's phoneme names for English, by how they begin; the longest match wins
_SHAPES: dict[str, Shape] = {
    "aI": _OPEN, "aU": _OPEN, "a": _OPEN, "A:": _OPEN, "A@": _OPEN, "A": _OPEN, "V": _OPEN, "3:": _MIDDLE,
    "0": _ROUND_OPEN, "O:": _ROUND_OPEN, "OI": _ROUND_OPEN, "O@": _ROUND_OPEN, "O": _ROUND_OPEN, "oU": _ROUND,
    "o@": _ROUND_OPEN, "o": _ROUND_OPEN, "u:": _ROUND, "U": _ROUND, "u": _ROUND, "w": _ROUND, "E": _MIDDLE,
    "e": _MIDDLE, "@": _MIDDLE, "3": _MIDDLE, "I": _CLOSE, "i": _CLOSE, "j": _CLOSE, "p": _LIPS, "b": _LIPS,
    "m": _LIPS, "f": _TEETH_ON_LIP, "v": _TEETH_ON_LIP, "t": _TONGUE, "d": _TONGUE, "n": _TONGUE, "l": _TONGUE,
    "s": _TONGUE, "z": _TONGUE, "T": _TONGUE, "D": _TONGUE, "S": _HUSH, "Z": _HUSH, "tS": _HUSH, "dZ": _HUSH,
    "r": _HUSH, "k": _THROAT, "g": _THROAT, "N": _THROAT, "h": _THROAT, "?": _THROAT, "_": _REST,
}  # fmt: skip


def shape_of(phoneme: str) -> Shape:
    """Return the mouth shape of an espeak-ng phoneme; one that is not listed gets the tongue's shape."""
    for length in (3, 2, 1):
        if phoneme[:length] in _SHAPES:
            return _SHAPES[phoneme[:length]]
    return _TONGUE


def mouth_track(phonemes: tuple[TimedText, ...], start_s: float, frames: int, fps: int) -> Floats:
    """Return what speech does to every action unit in each frame.

    Args:
        phonemes: the sounds, timed from ``start_s``
        start_s: when the utterance starts in the clip
        frames: length of the clip in frames
        fps: frames per second

    Returns:
        intensities, ``(frames, A)``
    """
    fine = 4  # steps per frame, so that short consonants keep their place
    track = np.zeros((frames * fine, len(ACTION_UNITS)))
    for sound in phonemes:
        first = round((start_s + sound.start_s) * fps * fine)
        last = max(round((start_s + sound.end_s) * fps * fine), first + 1)
        for unit, amount in shape_of(sound.text).items():
            track[first:last, ACTION_UNITS.index(unit)] = amount
    first = max(int(start_s * fps * fine) - 40, 0)
    last = int((start_s + (phonemes[-1].end_s if phonemes else 0)) * fps * fine) + 40
    track[first:last] = gaussian_filter1d(track[first:last], EASE_S * fps * fine, axis=0, mode="nearest")
    result: Floats = track.reshape(frames, fine, -1).mean(axis=1)
    return result
