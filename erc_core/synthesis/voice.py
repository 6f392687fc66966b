"""Speech with an emotion: espeak-ng's prosody, then filters for loudness, voice quality and the room."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal

from erc_core.errors import InputError, MissingResourceError
from erc_core.synthesis import espeak_worker
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.script import Emotion, Line, Script, Speaker

RATE_HZ = 44_100
WORKER = Path(espeak_worker.__file__)


@dataclass(frozen=True, slots=True)
class Prosody:
    """How an emotion sounds at full intensity, against the speaker's neutral voice.

    Args:
        pitch: shift of espeak-ng's pitch (0 to 99)
        spread: espeak-ng's pitch range, 50 is its normal
        rate: factor of the speaking rate
        gain_db: loudness
        gap: added silence between words, in 10 ms
        tilt_db: treble against bass; positive is tense, negative is soft
        breath: share of breath noise
        tremor: depth of a tremble of loudness and pitch
        rough: depth of a creak
    """

    pitch: float = 0.0
    spread: float = 45.0
    rate: float = 1.0
    gain_db: float = 0.0
    gap: float = 0.0
    tilt_db: float = 0.0
    breath: float = 0.0
    tremor: float = 0.0
    rough: float = 0.0


PROSODY: dict[Emotion, Prosody] = {
    "neutral": Prosody(),
    "joy": Prosody(pitch=20, spread=92, rate=1.10, gain_db=3.0, tilt_db=2.0),
    "surprise": Prosody(pitch=30, spread=99, rate=1.03, gain_db=3.0, tilt_db=1.0),
    "anger": Prosody(pitch=8, spread=72, rate=1.14, gain_db=6.5, tilt_db=6.0, rough=0.30),
    "sadness": Prosody(pitch=-14, spread=14, rate=0.80, gain_db=-6.0, gap=2, tilt_db=-7.0, breath=0.10),
    "fear": Prosody(pitch=26, spread=38, rate=1.24, gain_db=-2.5, tilt_db=-1.0, breath=0.16, tremor=0.45),
    "disgust": Prosody(pitch=-9, spread=58, rate=0.86, gain_db=1.0, gap=1, tilt_db=2.5, rough=0.45),
}


@dataclass(frozen=True, slots=True)
class TimedText:
    """A word or a phoneme with its time in seconds from the start of its utterance."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Speech:
    """One spoken line: samples at RATE_HZ, words and phonemes; it starts and ends with sound."""

    samples: Floats
    words: tuple[TimedText, ...]
    phonemes: tuple[TimedText, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.samples) / RATE_HZ


def speak(script: Script) -> tuple[Speech, ...]:
    """Speak every line of a script.

    Raises:
        MissingResourceError: espeak-ng is not installed
        InputError: espeak-ng does not know a voice, or a line has no sound
    """
    speakers = {speaker.name: speaker for speaker in script.speakers}
    requests = [_request(line, speakers[line.speaker]) for line in script.lines]
    answers = _run_worker(requests)
    return tuple(
        _finish(answer, request["ssml"], line, script.seed + number)
        for number, (answer, request, line) in enumerate(zip(answers, requests, script.lines, strict=True))
    )


def prosody_of(line: Line) -> Prosody:
    """Return the line's prosody: its acoustic emotion, scaled by its intensity."""
    full, calm = PROSODY[line.acoustic_emotion], PROSODY["neutral"]
    share = 0.35 + 0.65 * line.intensity
    names = Prosody.__slots__
    return Prosody(
        **{name: getattr(calm, name) + share * (getattr(full, name) - getattr(calm, name)) for name in names}
    )


def _request(line: Line, speaker: Speaker) -> dict[str, Any]:
    prosody = prosody_of(line)
    return {
        "voice": speaker.voice,
        "ssml": _ssml(line, prosody),
        "rate": np.clip(speaker.rate_wpm * prosody.rate, 80, 320),
        "pitch": np.clip(speaker.pitch + prosody.pitch, 0, 99),
        "range": np.clip(prosody.spread, 0, 99),
        "volume": 100,
        "gap": round(prosody.gap),
    }


def _ssml(line: Line, prosody: Prosody) -> str:
    """Mark the key words: higher and slower where the voice carries an emotion."""
    text = html.escape(line.text, quote=False)
    if line.acoustic_emotion != "neutral":
        lift = 8 if prosody.spread < 45 else 22
        for word in line.key_words:
            marked = f'<prosody pitch="+{lift}%" rate="88%">{html.escape(word, quote=False)}</prosody>'
            text = re.sub(rf"(?<!\w){re.escape(html.escape(word, quote=False))}(?!\w)", marked, text, count=1)
    return f"<speak>{text}</speak>"


def _run_worker(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    batch = json.dumps(requests, default=float)
    done = subprocess.run([sys.executable, str(WORKER)], input=batch, capture_output=True, text=True, check=False)
    if done.returncode == espeak_worker.MISSING:
        raise MissingResourceError(
            "espeak-ng is not installed", got=espeak_worker.LIBRARY, do="install it: sudo apt-get install espeak-ng"
        )
    if done.returncode == espeak_worker.BAD_VOICE:
        voices = ", ".join(sorted({request["voice"] for request in requests}))
        raise InputError("espeak-ng does not know a voice", got=voices, do="list them: espeak-ng --voices=en")
    if done.returncode != 0:
        raise MissingResourceError("espeak-ng stopped", got=done.stderr[-300:], do="sudo apt-get install espeak-ng")
    return [json.loads(answer) for answer in done.stdout.splitlines()]


def _finish(answer: dict[str, Any], ssml: str, line: Line, seed: int) -> Speech:
    raw = np.frombuffer(base64.b64decode(answer["speech"]), np.int16).astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(raw) > 0.01)
    if not len(loud):
        raise InputError("A line makes no sound", got=line.text, do="give it words that can be spoken")
    rate_hz = answer["rate_hz"]
    first, last = max(int(loud[0]) - 40, 0), min(int(loud[-1]) + 400, len(raw))
    words, phonemes = _spans(answer["events"], ssml, rate_hz, first, last)
    samples = signal.resample_poly(raw[first:last], RATE_HZ, rate_hz).astype(np.float32)
    return Speech(_color(samples, prosody_of(line), seed), words, phonemes)


def _spans(
    events: list[list[Any]], ssml: str, rate_hz: int, first: int, last: int
) -> tuple[tuple[TimedText, ...], tuple[TimedText, ...]]:
    """Turn espeak-ng's events into words and phonemes that end where the next one starts."""
    timed = [
        (kind, position, length, min(max(sample, first), last), name) for kind, position, length, sample, name in events
    ]
    sounds = [(sample, name) for kind, _, _, sample, name in timed if kind == espeak_worker.PHONEME]
    sounds.append((last, "_"))
    phonemes = [
        TimedText(name, (start - first) / rate_hz, (end - first) / rate_hz)
        for (start, name), (end, _) in pairwise(sounds)
        if end > start
    ]
    starts = [(position - 1, sample) for kind, position, _, sample, _ in timed if kind == espeak_worker.WORD]
    pauses = [sample for sample, name in sounds if name.startswith("_")]
    words = _time_words(_tokens(ssml), starts, pauses, last)
    seconds = [TimedText(text, (start - first) / rate_hz, (end - first) / rate_hz) for text, start, end in words]
    return tuple(seconds), tuple(phonemes)


def _tokens(ssml: str) -> list[tuple[str, int, int]]:
    """Return the words between the marks, with first and last position."""
    bare = re.sub(r"<[^>]*>|&\w+;", lambda mark: " " * len(mark.group()), ssml)
    return [(found.group(), found.start(), found.end()) for found in re.finditer(r"\w+(?:['’-]\w+)*", bare)]


def _time_words(
    tokens: list[tuple[str, int, int]], starts: list[tuple[int, int]], pauses: list[int], last: int
) -> list[tuple[str, int, int]]:
    """Give every word its first and last sample; words that espeak-ng runs together share their time by length."""
    groups: list[tuple[int, list[str]]] = []
    for text, begin, end in tokens:
        own = [sample for position, sample in starts if begin <= position < end]
        if own or not groups:
            groups.append((own[0] if own else 0, [text]))
        else:
            groups[-1][1].append(text)
    timed = []
    for index, (start, texts) in enumerate(groups):
        stop = min([*(s for s, _ in groups[index + 1 : index + 2]), *(p for p in pauses if p > start), last])
        lengths = np.cumsum([0, *(len(text) for text in texts)]) / sum(len(text) for text in texts)
        edges = [round(start + (stop - start) * share) for share in lengths]
        timed += [(text, edges[i], edges[i + 1]) for i, text in enumerate(texts)]
    return timed


def _color(samples: Floats, prosody: Prosody, seed: int) -> Floats:
    """Give the voice its quality: tremble, creak, breath, tilt, loudness."""
    rng = np.random.default_rng(seed)
    time = np.arange(len(samples)) / RATE_HZ
    if prosody.tremor > 0:
        beat = np.sin(2 * np.pi * 6.3 * time + rng.uniform(0, 6))
        shifted = time - 0.00035 * prosody.tremor * beat
        samples = np.interp(shifted, time, samples).astype(np.float32)
        samples = samples * (1 - 0.5 * prosody.tremor * (0.5 + 0.5 * beat)).astype(np.float32)
    if prosody.rough > 0:
        creak = signal.sawtooth(2 * np.pi * (38 * time + 0.7 * np.sin(2 * np.pi * 1.3 * time)), 0.3)
        samples = samples * (1 - 0.5 * prosody.rough * (0.5 + 0.5 * creak)).astype(np.float32)
    if prosody.breath > 0:
        envelope = signal.filtfilt(*signal.butter(1, 18, fs=RATE_HZ), np.abs(samples))
        hiss = signal.lfilter(*signal.butter(2, [1500, 7000], "band", fs=RATE_HZ), rng.standard_normal(len(samples)))
        samples = samples + (2.2 * prosody.breath * envelope * hiss).astype(np.float32)
    samples = _tilt(samples, prosody.tilt_db)
    level = float(np.sqrt(np.mean(samples**2)))
    target = 0.075 * 10 ** (prosody.gain_db / 20)
    return np.asarray(np.tanh(samples * (target / max(level, 1e-6)) * 1.05).astype(np.float32))


def _tilt(samples: Floats, tilt_db: float) -> Floats:
    """Raise or lower everything above about 1 kHz, with a smooth first-order shelf."""
    low = signal.lfilter(*signal.butter(1, 1000, fs=RATE_HZ), samples)
    shaped = low + (samples - low) * 10 ** (tilt_db / 20)
    soft = signal.lfilter(*signal.butter(2, 7500, fs=RATE_HZ), shaped)
    return np.asarray(soft, dtype=np.float32)
