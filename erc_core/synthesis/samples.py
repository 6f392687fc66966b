"""Single utterances of generated studio dialogues: voices as a clip's sound has them, faces as the app cuts them out.

Encoders are trained on a small share of these beside recordings of people, so that studio clips are understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from erc_core.data.base import FaceImages
from erc_core.media.face_stills import face_still
from erc_core.media.faces import Face, FaceFinder
from erc_core.settings import Settings
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.film import SeenFace, Studio
from erc_core.synthesis.script import Script, parse_script
from erc_core.synthesis.sound import mix
from erc_core.synthesis.studio import rehearse
from erc_core.synthesis.timeline import FPS, lay_out
from erc_core.synthesis.voice import RATE_HZ, speak

HEARD_HZ = 16_000
LINES = 14
SPEAKERS = 2
FAINTEST = 0.45  # intensity of an emotion
# Dialogues from these seeds train encoders; whoever measures takes seeds under the first.
TRAIN_SEEDS = range(50_000, 50_020)
MEASURE_SEEDS = range(20_000, 20_006)
NEAR = 0.6  # a found face is the true one where their middles are nearer than this share of its width


@dataclass(frozen=True, slots=True)
class StudioVoice:
    """One spoken line at 16 kHz, ``(samples,)``, and the emotion of its voice."""

    audio: NDArray[np.float32]
    label: str


def sample_script(seed: int) -> Script:
    """Return the script of a seed: every channel carries the emotion, faint ones too, good and poor recordings."""
    rng = np.random.default_rng([seed, 5])
    script = parse_script(generate_script(seed, LINES, SPEAKERS, "all"), f"generated-{seed}")
    lines = tuple(replace(line, intensity=round(float(rng.uniform(FAINTEST, 1)), 2)) for line in script.lines)
    return replace(script, lines=lines, quality="poor" if rng.random() < 0.2 else "good")


def studio_voices(seeds: Iterable[int]) -> list[StudioVoice]:
    """Speak the lines of each seed's dialogue and cut them out of its sound track.

    Raises:
        MissingResourceError: espeak-ng is not installed
    """
    found = []
    for seed in seeds:
        script = sample_script(seed)
        timeline = lay_out(script, speak(script))
        track = signal.resample_poly(mix(script, timeline).mean(axis=1), 160, RATE_HZ * 160 // HEARD_HZ)
        for cue in timeline.cues:
            first, last = round(cue.start_s * HEARD_HZ), round(cue.end_s * HEARD_HZ)
            found.append(StudioVoice(track[first:last].astype(np.float32), cue.line.acoustic_emotion))
    return found


def studio_faces(seeds: Iterable[int], settings: Settings, each: int = 2) -> FaceImages:
    """Draw moments of each line of each seed's dialogue, find the speaker's face and cut it out.

    Args:
        seeds: of the dialogues
        settings: gives the face finder its models
        each: pictures of a line; the faces are those that are found in them

    Raises:
        MissingResourceError: espeak-ng is not installed
    """
    finder = FaceFinder(settings)
    images, labels, names = [], [], []
    for seed in seeds:
        studio = Studio(rehearse(sample_script(seed)))
        for cue in studio.production.timeline.cues:
            seat = studio.production.script.speaker_index(cue.line.speaker)
            for part in range(each):
                frame = round((cue.start_s + (part + 0.6) / each * (cue.end_s - cue.start_s)) * FPS)
                drawn = studio.draw(frame, frame + 1)[0]
                shown = next((face for face in drawn.faces if face.seat == seat), None)
                face = None if shown is None else _nearest(shown, finder.detect(drawn.image))
                if face is not None:
                    images.append(face_still(drawn.image, face))
                    labels.append(cue.line.face_emotion)
                    names.append(f"studio-{seed}-{cue.number}-{part}")
    return FaceImages(np.stack(images), tuple(labels), tuple(names))


def _nearest(shown: SeenFace, faces: Iterable[Face]) -> Face | None:
    left, top, width, height = shown.box
    middle = np.array([left + width / 2, top + height / 2])
    apart = [(float(np.hypot(*(np.array([f.x + f.w / 2, f.y + f.h / 2]) - middle))), f) for f in faces]
    best = min(apart, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] < NEAR * width else None
