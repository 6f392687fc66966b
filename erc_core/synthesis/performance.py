"""Acting: action units with onset, apex and offset, speech, blinks, gaze and small movements of the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.script import Emotion, Script
from erc_core.synthesis.timeline import FPS, Cue, Timeline
from erc_core.synthesis.visemes import mouth_track

# Which units show an emotion, after Ekman and Friesen's EMFACS prototypes; strengths are ours.
EXPRESSION: dict[Emotion, dict[int, float]] = {
    "neutral": {},
    "joy": {6: 0.75, 12: 0.95, 25: 0.35, 7: 0.1},
    "sadness": {1: 0.95, 4: 0.40, 15: 0.85, 17: 0.50, 7: 0.15, 43: 0.14},
    "anger": {4: 1.0, 5: 0.20, 7: 0.65, 23: 0.65, 24: 0.25, 10: 0.15, 17: 0.2},
    "fear": {1: 0.85, 2: 0.60, 4: 0.45, 5: 0.95, 20: 0.75, 25: 0.45, 26: 0.22},
    "surprise": {1: 0.9, 2: 1.0, 5: 0.8, 25: 0.6, 26: 0.55},
    "disgust": {9: 0.95, 10: 0.75, 4: 0.40, 7: 0.45, 15: 0.35, 17: 0.45, 6: 0.25, 14: 0.15},
}
# Yaw, pitch, roll that the emotion adds, in radians.
POSTURE: dict[Emotion, tuple[float, float, float]] = {
    "neutral": (0.0, 0.0, 0.0),
    "joy": (0.0, 0.03, 0.06),
    "sadness": (0.03, -0.15, 0.06),
    "anger": (0.0, -0.09, 0.0),
    "fear": (0.05, 0.04, -0.03),
    "surprise": (0.0, 0.07, 0.0),
    "disgust": (0.10, 0.05, -0.07),
}
ONSET_S, OFFSET_S, LEAD_S = 0.32, 0.65, 0.22
MOUTH_UNITS = (15, 17, 20, 23, 24, 25, 26)  # these give way while the mouth speaks
BLINK_S = 0.20


@dataclass(frozen=True, slots=True)
class Acting:
    """One speaker's movement through the clip.

    Args:
        units: intensity of each of ACTION_UNITS, ``(frames, A)``
        turn: head's yaw, pitch and roll in radians, ``(frames, 3)``
        gaze: eyes' yaw and pitch against the head in radians, ``(frames, 2)``
        breath: chest lift in [0, 1], ``(frames,)``
        attention: seat looked at, or -1 for nobody, ``(frames,)``
    """

    units: Floats
    turn: Floats
    gaze: Floats
    breath: Floats
    attention: Indices


def act(script: Script, timeline: Timeline, seat: int) -> Acting:
    """Play one speaker's part."""
    rng = np.random.default_rng([script.seed, seat, 77])
    name = script.speakers[seat].name
    units: Floats = np.zeros((timeline.frames, len(ACTION_UNITS)))
    turn = _sway(rng, timeline.frames)
    speech = np.zeros_like(units)
    for cue in timeline.cues:
        if cue.line.speaker == name:
            envelope = _envelope(cue.start_s - LEAD_S, cue.end_s, timeline.frames)
            _show(units, envelope, cue.line.face_emotion, cue.line.intensity, rng, _beats(cue, timeline.frames))
            _lean(turn, envelope, cue.line.face_emotion, cue.line.intensity, rng)
            speech = np.maximum(speech, mouth_track(cue.speech.phonemes, cue.start_s, timeline.frames, FPS))
            turn[:, 1] += _nods(cue, timeline.frames, rng)
        for reaction in cue.line.reactions:
            if reaction.speaker == name:
                late = cue.start_s + 0.35 * cue.speech.seconds
                envelope = _envelope(late, cue.end_s + 0.3, timeline.frames)
                _show(units, envelope, reaction.emotion, reaction.intensity, rng, None)
                _lean(turn, envelope, reaction.emotion, reaction.intensity, rng)
    units = _join_speech(units, speech)
    units[:, ACTION_UNITS.index(45)] = _blinks(rng, timeline.frames, units)
    attention = _attention(script, timeline, seat)
    breath = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(timeline.frames) / FPS / 3.9 + rng.random()))
    return Acting(np.clip(units, 0, 1), turn, _gaze(rng, timeline.frames, turn), breath, attention)


def _envelope(start_s: float, end_s: float, frames: int) -> Floats:
    """Return onset, apex and offset: 0 before the start, 1 between, 0 again after the end."""
    time = np.arange(frames) / FPS
    rise = np.clip((time - start_s) / ONSET_S, 0, 1)
    fall = np.clip((end_s + OFFSET_S - time) / OFFSET_S, 0, 1)
    smooth = np.minimum(rise, fall)
    envelope: Floats = smooth * smooth * (3 - 2 * smooth)
    return envelope


def _beats(cue: Cue, frames: int) -> Floats:
    """Return an extra push around the key words, in [0, 1]."""
    time = np.arange(frames) / FPS
    beat = np.zeros(frames)
    keys = {part.lower() for word in cue.line.key_words for part in word.split()}
    for word in cue.speech.words:
        if word.text.lower() in keys:
            middle = cue.start_s + 0.5 * (word.start_s + word.end_s)
            beat = np.maximum(beat, np.exp(-(((time - middle) / 0.28) ** 2)))
    return beat


def _show(
    units: Floats, envelope: Floats, emotion: Emotion, intensity: float, rng: np.random.Generator, beat: Floats | None
) -> None:
    pulse = 1.0 + 0.06 * np.sin(np.arange(len(envelope)) / FPS * 2 * np.pi * 0.45 + rng.uniform(0, 6))
    push = 0.82 + 0.18 * beat if beat is not None else 0.85
    for unit, strength in EXPRESSION[emotion].items():
        amount = strength * intensity * rng.uniform(0.88, 1.08)
        column = ACTION_UNITS.index(unit)
        units[:, column] = np.maximum(units[:, column], amount * envelope * pulse * push)


def _lean(turn: Floats, envelope: Floats, emotion: Emotion, intensity: float, rng: np.random.Generator) -> None:
    slow = gaussian_filter1d(envelope, 0.22 * FPS)
    side = 1.0 if rng.random() < 0.5 else -1.0
    yaw, pitch, roll = POSTURE[emotion]
    turn += slow[:, None] * intensity * np.array([side * yaw, pitch, side * roll])
    if emotion == "disgust":
        turn[:, 0] += 0.03 * slow * np.sin(np.arange(len(slow)) / FPS * 2 * np.pi * 1.6)
    if emotion == "fear":
        turn[:, 0] += 0.010 * slow * np.sin(np.arange(len(slow)) / FPS * 2 * np.pi * 5.1)


def _sway(rng: np.random.Generator, frames: int) -> Floats:
    time = np.arange(frames)[:, None] / FPS
    rates = rng.uniform(0.07, 0.33, (3, 3))
    phases = rng.uniform(0, 2 * np.pi, (3, 3))
    waves = np.sin(2 * np.pi * time[..., None] * rates + phases).sum(axis=-1)
    sway: Floats = waves * np.array([0.022, 0.012, 0.013])
    return sway


def _nods(cue: Cue, frames: int, rng: np.random.Generator) -> Floats:
    """Return small dips of the head with the longer words."""
    time = np.arange(frames) / FPS
    dips = np.zeros(frames)
    for word in cue.speech.words:
        if len(word.text) >= 4 and rng.random() < 0.7:
            middle = cue.start_s + word.start_s + 0.12
            dips -= rng.uniform(0.015, 0.04) * np.exp(-(((time - middle) / 0.14) ** 2))
    return dips


def _join_speech(units: Floats, speech: Floats) -> Floats:
    """Lay the mouth's speech over the expression: the mouth's own units give way while it moves."""
    busy = np.clip(gaussian_filter1d(speech.max(axis=1), 0.12 * FPS) * 2.2, 0, 1)
    calm = units.copy()
    for unit in MOUTH_UNITS:
        calm[:, ACTION_UNITS.index(unit)] *= 1 - (0.75 if unit in (25, 26) else 0.35) * busy
    smile = calm[:, ACTION_UNITS.index(12)]
    lips = speech.copy()
    for unit in (18, 22):
        lips[:, ACTION_UNITS.index(unit)] *= 1 - 0.45 * smile
    calm[:, ACTION_UNITS.index(12)] *= 1 - 0.3 * lips[:, ACTION_UNITS.index(18)]
    joined: Floats = np.clip(np.maximum(calm, lips) + 0.35 * np.minimum(calm, lips), 0, 1)
    return joined


def _blinks(rng: np.random.Generator, frames: int, units: Floats) -> Floats:
    time = np.arange(frames) / FPS
    closed = np.zeros(frames)
    now = rng.uniform(0.4, 2.5)
    while now < frames / FPS:
        wide = units[min(int(now * FPS), frames - 1), ACTION_UNITS.index(5)]
        if wide < 0.6:
            shape = np.clip(1.35 - np.abs(time - now) / (BLINK_S / 2) * 1.35, 0, 1)
            closed = np.maximum(closed, shape)
        now += rng.uniform(1.8, 4.6)
    return closed


def _gaze(rng: np.random.Generator, frames: int, turn: Floats) -> Floats:
    """Return the eyes' own turning: they hold their aim while the head sways, and make small jumps."""
    jumps = np.zeros((frames, 2))
    now = 0
    while now < frames:
        hold = int(rng.uniform(0.5, 1.9) * FPS)
        jumps[now : now + hold] = rng.normal(0, 1, 2) * np.array([0.045, 0.025])
        now += hold
    steady = np.stack([-0.8 * (turn[:, 0] - turn[:, 0].mean()), -0.5 * turn[:, 1]], axis=-1)
    gaze: Floats = np.clip(gaussian_filter1d(jumps, 0.6, axis=0) + steady, -0.35, 0.35)
    return gaze


def _attention(script: Script, timeline: Timeline, seat: int) -> Indices:
    """Return whom the person looks at: the one who speaks, or, when speaking, the one who spoke before."""
    attention = np.full(timeline.frames, -1, np.intp)
    previous = next((i for i in range(len(script.speakers)) if i != seat), -1)
    for number, cue in enumerate(timeline.cues):
        own = script.speaker_index(cue.line.speaker)
        first = 0 if number == 0 else int((cue.start_s - 0.1) * FPS)
        attention[first:] = previous if own == seat else own
        if own != seat:
            previous = own
    return attention
