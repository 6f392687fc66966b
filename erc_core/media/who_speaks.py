"""Which face says an utterance: the one whose lips move, and move with the sound.

Every face that is seen during an utterance gets a score, the log-odds that it is the speaker's: how fast its lips
move, how well their opening follows the loudness, and how they moved in the speaker's other utterances. Where no
face's score is above zero the speaker is taken to be out of the picture: a listener's face is no evidence of what
the speaker feels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.media.face_survey import slot_of
from erc_core.media.keyframes import Keyframes
from erc_core.media.lips import Mouth
from erc_core.types import Utterance

How = Literal["by hand", "lips", "speaker", "only face", "largest face", "off screen", "no face"]
# Mean change of the lips' opening from look to look, in distances of the eyes' corners: listeners who smile or nod
# stay under 0.007, people who talk are mostly over 0.012.
EVEN_SPEED = 0.0095
SPEED_WEIGHT = 2.5
# Lips follow the loudness within two looks; by chance the best lag of five gives about this correlation.
CHANCE = 0.25
SYNC_WEIGHT = 2.0
LAGS = (-2, -1, 0, 1, 2)
MOST = 4.0
OTHERS_MOST = 2.0
# Of the only face of a clip with one speaker more would be needed to believe that it is somebody else's.
ALONE = 1.5
MIN_LOOKS = 5
MIN_SEEN = 0.3
MEANING: dict[How, str] = {
    "by hand": "the face, or none, that was linked by hand",
    "lips": "the face whose lips move with the sound",
    "speaker": "the face of the speaker's other utterances; the lips alone do not tell here",
    "only face": "the only face in the picture; its lips could not be judged",
    "largest face": "the largest face in the picture; lips could not be judged",
    "off screen": "no face in the picture moves its lips with the sound: the speaker is out of the picture",
    "no face": "no face in the picture",
}


@dataclass(frozen=True, slots=True)
class FaceLink:
    """Whose face belongs to an utterance.

    Attributes:
        utterance: id of the utterance
        track: the speaker's face, None where it is not in the picture
        how: what told so
        score: how sure that is, 0 to 1; of ``off screen`` that none of the faces speaks
    """

    utterance: str
    track: int | None
    how: How
    score: float

    @property
    def meaning(self) -> str:
        """What is to be said of the link."""
        return MEANING[self.how]


def link_faces(
    utterances: Sequence[Utterance], found: Keyframes, levels: NDArray[np.float64] | None
) -> tuple[FaceLink, ...]:
    """Link each utterance to the face of its speaker.

    Args:
        utterances: what is said; a face track that is set already stays
        found: keyframes and lips of the same utterances
        levels: loudness of each look, ``(N,)``; None for a clip without sound
    """
    evidence = [_evidence(utterance, found.mouths, levels) for utterance in utterances]
    alone = len({utterance.speaker for utterance in utterances}) == 1 and _tracks(found) == 1
    links = []
    for place, utterance in enumerate(utterances):
        if utterance.face_track is not None:
            # Track 0 is nobody's: the user says that the speaker is not in the picture.
            links.append(FaceLink(utterance.id, utterance.face_track or None, "by hand", 1.0))
            continue
        others = [
            evidence[other]
            for other, one in enumerate(utterances)
            if other != place and one.speaker == utterance.speaker
        ]
        links.append(_link(utterance, evidence[place], others, found, ALONE if alone else 0.0))
    return tuple(links)


def _link(
    utterance: Utterance,
    own: Mapping[int, float],
    others: Sequence[Mapping[int, float]],
    found: Keyframes,
    alone: float,
) -> FaceLink:
    usual = {track: _usual(track, others) for track in own}
    scores = {track: own[track] + usual[track] + alone for track in own}
    unjudged = {track: area for track, area in _areas(utterance, found).items() if track not in own}
    if scores:
        track = max(scores, key=lambda one: scores[one])
        if scores[track] > 0:
            return FaceLink(utterance.id, track, "lips" if own[track] > 0 else "speaker", _sure(scores[track]))
        if not unjudged:
            return FaceLink(utterance.id, None, "off screen", 1 - _sure(scores[track]))
    known = {track: _usual(track, others) for track in unjudged}
    likely = max(known, key=lambda one: known[one], default=None)
    if likely is not None and known[likely] > 0:
        return FaceLink(utterance.id, likely, "speaker", _sure(known[likely]))
    # Those who speak elsewhere with another face are no reason to take this one.
    if scores or any(evidence > 0 for other in others for evidence in other.values()):
        return FaceLink(utterance.id, None, "off screen" if scores or unjudged else "no face", 0.5)
    if not unjudged:
        return FaceLink(utterance.id, None, "no face", 1.0)
    largest = max(unjudged, key=lambda one: unjudged[one])
    return FaceLink(utterance.id, largest, "only face" if len(unjudged) == 1 else "largest face", 0.5)


def _evidence(utterance: Utterance, mouths: Sequence[Mouth], levels: NDArray[np.float64] | None) -> dict[int, float]:
    """Return the log-odds of each track whose lips are seen in an utterance, from its own looks alone."""
    first, last = slot_of(utterance.start_s), slot_of(utterance.end_s)
    found = {}
    for mouth in mouths:
        inside = (mouth.slots >= first) & (mouth.slots <= last)
        if inside.sum() >= max(MIN_LOOKS, MIN_SEEN * (last - first + 1)):
            found[mouth.track] = lip_evidence(mouth.slots[inside], mouth.opening[inside], levels)
    return found


def lip_evidence(slots: NDArray[np.int64], opening: NDArray[np.float64], levels: NDArray[np.float64] | None) -> float:
    """Return the log-odds, in [-4, 4], that lips say what is heard.

    Args:
        slots: looks at which they were seen, ``(N,)``
        opening: gap of the lips at each, ``(N,)``
        levels: loudness of each look of the clip; None without sound, when only their speed counts
    """
    steps = np.abs(np.diff(opening))[np.diff(slots) == 1]
    speed = float(steps.mean()) if len(steps) else 0.0
    odds = SPEED_WEIGHT * float(np.log(max(speed, 1e-6) / EVEN_SPEED))
    if levels is not None:
        odds += SYNC_WEIGHT * (_sync(slots, opening, levels) - CHANCE)
    return float(np.clip(odds, -MOST, MOST))


def _sync(slots: NDArray[np.int64], opening: NDArray[np.float64], levels: NDArray[np.float64]) -> float:
    """Return the highest correlation of opening and loudness over small lags; 0 where one of them is constant."""
    found = [0.0]
    for lag in LAGS:
        heard = levels[np.clip(slots + lag, 0, len(levels) - 1)]
        if min(heard.std(), opening.std()) > 1e-9:
            found.append(float(np.corrcoef(opening, heard)[0, 1]))
    return max(found)


def _usual(track: int, others: Sequence[Mapping[int, float]]) -> float:
    """Return what the speaker's other utterances say of a track."""
    known = [evidence[track] for evidence in others if track in evidence]
    # Each utterance says little by itself; ten do not make certain what one of them may deny.
    return float(np.clip(np.mean(known), -OTHERS_MOST, OTHERS_MOST)) if known else 0.0


def _areas(utterance: Utterance, found: Keyframes) -> dict[int, float]:
    """Return how much of its keyframes each track takes, in pixels."""
    areas: dict[int, float] = {}
    for keyframe in found.of(utterance.id):
        for seen in keyframe.faces:
            areas[seen.track] = areas.get(seen.track, 0.0) + seen.face.w * seen.face.h
    return areas


def _tracks(found: Keyframes) -> int:
    return len({seen.track for keyframe in found.choices for seen in keyframe.faces})


def _sure(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
