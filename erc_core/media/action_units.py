"""Action units with intensities from 0 to 5, estimated from the geometry of a face and the picture of its brows.

Each unit is a length on the level face (see the table), compared with a neutral face: the track's own, where it is
long enough, else the mean of many people, which is less sure. The scale is that of photos in the wild: 5 is what one
face in a hundred exceeds. This is an estimate from geometry, not the judgement of a FACS coder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.media.action_unit_table import NUMBERS, UNITS, measure_all
from erc_core.media.brow_picture import brow_features
from erc_core.media.faces import Face
from erc_core.media.head_pose import NEUTRAL, HeadPose, level, reference_shape

MAX_INTENSITY = 5.0
MAX_YAW, MAX_PITCH = 35.0, 28.0
MIN_EYES_PX = 20.0
# Sightings from which a track's own neutral is taken.
MIN_OWN = 8
# How far a landmark is off, in pixels of the face as the mesh model sees it and in the picture itself.
NOISE_PX = 0.8
NeutralKind = Literal["own", "population"]


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """The measures of a face, ``(A,)`` in the order of the table, or None with the reason why there are none."""

    values: NDArray[np.float64] | None
    reason: str = ""
    pose: HeadPose | None = None
    eye_distance: float = 0.0


@dataclass(frozen=True, slots=True)
class UnitEstimate:
    """An action unit of a face; ``intensity`` and ``uncertainty`` (one standard deviation) from 0 to 5."""

    number: int
    intensity: float
    uncertainty: float


@dataclass(frozen=True, slots=True)
class FaceUnits:
    """The action units of a face, none where it is not measurable for the reason given."""

    neutral: NeutralKind
    estimates: tuple[UnitEstimate, ...]
    reason: str = ""
    pose: HeadPose | None = None

    def intensity(self, number: int) -> float | None:
        """Return the intensity of a unit, or None where it is not measurable."""
        return next((estimate.intensity for estimate in self.estimates if estimate.number == number), None)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the population gives; all ``(A,)`` in the order of the table but ``pose`` and the filter.

    Attributes:
        neutral: mean of neutral faces
        spread: standard deviation of neutral faces
        full: how far above neutral the intensity is 5
        jitter: standard deviation of a measure where each landmark is off by a hundredth of the eyes' distance
        pose: change of each measure with pitch, its square, and the square of yaw, in degrees, ``(A, 3)``
        filter_weights: of the picture of the brows, ``(K,)``, with ``filter_mean`` and ``filter_scale``
    """

    neutral: NDArray[np.float64]
    spread: NDArray[np.float64]
    full: NDArray[np.float64]
    jitter: NDArray[np.float64]
    pose: NDArray[np.float64]
    filter_weights: NDArray[np.float64]
    filter_mean: NDArray[np.float64]
    filter_scale: NDArray[np.float64]


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """Return the shipped calibration."""
    from safetensors.numpy import load_file

    arrays = load_file(NEUTRAL)
    return Calibration(**{name: arrays[name].astype(np.float64) for name in Calibration.__slots__})


def measure_face(rgb: NDArray[np.uint8], face: Face, scale: Calibration | None = None) -> FaceMeasures:
    """Measure a face.

    Args:
        rgb: the picture, uint8 ``(H, W, 3)``
        face: a face found in it
        scale: the calibration; the shipped one where it is None
    """
    if face.landmarks is None:
        return FaceMeasures(None, "no landmarks were found on the face")
    return measure_landmarks(rgb, face.landmarks, scale or calibration(), reference_shape())


def measure_landmarks(
    rgb: NDArray[np.uint8],
    landmarks: NDArray[np.floating],
    scale: Calibration,
    reference: NDArray[np.float64],
) -> FaceMeasures:
    """Measure a mesh ``(468, 3)`` of a picture; other arguments as in `measure_face`."""
    front = level(landmarks, reference)
    pose, eyes = front.pose, front.eye_distance
    if eyes < MIN_EYES_PX:
        return FaceMeasures(None, f"the face is too small ({eyes:.0f} pixels between the eyes' corners)", pose, eyes)
    if abs(pose.yaw) > MAX_YAW or abs(pose.pitch) > MAX_PITCH:
        reason = f"the head is turned too far (yaw {pose.yaw:.0f}, pitch {pose.pitch:.0f} degrees)"
        return FaceMeasures(None, reason, pose, eyes)
    values = measure_all(front.points)
    seen = brow_features(rgb, landmarks, front.points, reference)
    values[NUMBERS.index(4)] = ((seen - scale.filter_mean) / scale.filter_scale) @ scale.filter_weights
    return FaceMeasures(values - scale.pose @ pose_terms(pose), "", pose, eyes)


def pose_terms(pose: HeadPose) -> NDArray[np.float64]:
    """Return what a measure's dependence on the pose is linear in, ``(3,)``."""
    return np.array([pose.pitch, pose.pitch**2, pose.yaw**2])


def track_units(measures: Sequence[FaceMeasures], scale: Calibration | None = None) -> tuple[FaceUnits, ...]:
    """Estimate the units of each sighting of one track.

    Args:
        measures: of the track's sightings; one alone for a still
        scale: the calibration; the shipped one where it is None
    """
    scale = scale or calibration()
    measured = [one.values for one in measures if one.values is not None]
    own = len(measured) >= MIN_OWN
    neutral, spread = scale.neutral, scale.spread
    if own:
        stack = np.stack(measured)
        neutral = np.array([np.quantile(stack[:, place], unit.share) for place, unit in enumerate(UNITS)])
        # The error of a median, from the middle half of the values.
        middle = np.subtract(*np.quantile(stack, [0.75, 0.25], axis=0)) / 1.349
        spread = 1.25 * middle / np.sqrt(len(stack))
    return tuple(_units(one, neutral, spread, scale, "own" if own else "population") for one in measures)


def _units(
    measures: FaceMeasures,
    neutral: NDArray[np.float64],
    spread: NDArray[np.float64],
    scale: Calibration,
    kind: NeutralKind,
) -> FaceUnits:
    if measures.values is None:
        return FaceUnits(kind, (), measures.reason, measures.pose)
    intensity = np.clip(MAX_INTENSITY * (measures.values - neutral) / scale.full, 0, MAX_INTENSITY)
    noise = scale.jitter * (NOISE_PX / measures.eye_distance) / 0.01
    uncertainty = np.minimum(MAX_INTENSITY * np.hypot(spread, noise) / scale.full, MAX_INTENSITY)
    estimates = tuple(
        UnitEstimate(number, float(value), float(doubt))
        for number, value, doubt in zip(NUMBERS, intensity, uncertainty, strict=True)
    )
    return FaceUnits(kind, estimates, "", measures.pose)
