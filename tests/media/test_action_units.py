from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from erc_core.media.action_unit_table import NUMBERS, UNITS, measure_all
from erc_core.media.action_units import MIN_OWN, FaceMeasures, FaceUnits, calibration, measure_face, track_units
from erc_core.media.faces import Face, FaceFinder
from erc_core.media.head_pose import reference_shape

# How landmarks move in a unit, as steps on the level face (right, down), and units whose intensity has to grow by it.
BROWS_IN, BROWS_OUT = (55, 107, 285, 336), (46, 53, 63, 70, 276, 283, 293, 300)
UPPER_LIDS, LOWER_LIDS = (158, 159, 160, 385, 386, 387), (144, 145, 153, 373, 374, 380)
UPPER_LIP, LOWER_LIP = (0, 37, 267, 39, 269), (17, 84, 314)
UPPER_INNER, LOWER_INNER = (13, 82, 312), (14, 87, 317)
MOVES: dict[int, dict[tuple[int, ...], tuple[float, float]]] = {
    1: {BROWS_IN: (0, -0.06)},
    2: {BROWS_OUT: (0, -0.06)},
    5: {UPPER_LIDS: (0, -0.03)},
    6: {(50, 280, 205, 425, 117, 346): (0, -0.05)},
    7: {LOWER_LIDS: (0, -0.03)},
    9: {(48, 64, 278, 294): (0, -0.04)},
    10: {UPPER_LIP: (0, -0.04)},
    12: {(61,): (-0.06, -0.08), (291,): (0.06, -0.08)},
    14: {(61,): (-0.06, 0), (291,): (0.06, 0)},
    15: {(61, 291): (0, 0.06)},
    17: {LOWER_LIP: (0, -0.05)},
    20: {(61,): (-0.08, 0.02), (291,): (0.08, 0.02)},
    23: {UPPER_LIP: (0, 0.03), LOWER_LIP: (0, -0.03), (61,): (0.03, 0), (291,): (-0.03, 0)},
    24: {UPPER_LIP: (0, 0.04), LOWER_LIP: (0, -0.04)},
    25: {LOWER_INNER: (0, 0.06)},
    26: {LOWER_INNER: (0, 0.12), LOWER_LIP: (0, 0.12), (152,): (0, 0.12)},
    28: {UPPER_LIP: (0, 0.05), LOWER_LIP: (0, -0.05)},
    45: {UPPER_LIDS: (0, 0.05)},
}


def moved(unit: int) -> np.ndarray:
    points = reference_shape().copy()
    for indices, (right, down) in MOVES[unit].items():
        points[list(indices), :2] += (right, down)
    return points


@pytest.mark.parametrize("unit", MOVES)
def test_a_unit_grows_when_the_face_does_it(unit: int) -> None:
    place = NUMBERS.index(unit)
    assert measure_all(moved(unit))[place] > measure_all(reference_shape())[place] + 0.02


@pytest.mark.parametrize(("smile", "against"), [(12, 15), (1, 45), (5, 45), (26, 24)])
def test_a_unit_does_not_grow_by_its_opposite(smile: int, against: int) -> None:
    place = NUMBERS.index(against)
    assert measure_all(moved(smile))[place] <= measure_all(reference_shape())[place] + 1e-9


def test_the_table_names_every_unit_once_with_what_is_seen() -> None:
    assert NUMBERS == (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 45)
    assert all(unit.name and unit.description and unit.basis for unit in UNITS)
    assert len({unit.name for unit in UNITS}) == len(UNITS)


def test_a_smile_in_a_photo_is_seen_as_one(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    (units,) = track_units([measure_face(portrait, face)])
    assert units.neutral == "population"
    smile, lowered = units.intensity(12), units.intensity(15)
    assert smile is not None
    assert lowered is not None
    assert smile > 2.5
    assert lowered == 0
    assert all(0 <= e.intensity <= 5 and 0 < e.uncertainty <= 5 for e in units.estimates)


def test_a_small_face_is_less_sure_and_a_tiny_one_not_measurable(finder: FaceFinder, portrait: np.ndarray) -> None:
    sizes = {side: cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA) for side in (512, 200, 110)}
    found = {side: finder.detect(picture)[0] for side, picture in sizes.items() if side != 110}
    doubts = {}
    for side, face in found.items():
        (units,) = track_units([measure_face(sizes[side], face)])
        doubts[side] = units.estimates[0].uncertainty
    assert doubts[200] > doubts[512]
    tiny = finder.mesh_in(sizes[110], (37, 16, 22, 22))
    assert tiny is not None
    measures = measure_face(sizes[110], tiny)
    assert measures.values is None
    assert measures.reason.startswith("the face is too small (")


def test_a_head_turned_too_far_is_not_measurable_with_the_reason(portrait: np.ndarray) -> None:
    angle = np.radians(50)
    turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    mesh = (80 * reference_shape() @ turn.T + (225, 125, 0)).astype(np.float32)
    measures = measure_face(portrait, Face(0, 0, 1, 1, 1, "mediapipe", 1, mesh))
    (units,) = track_units([measures])
    assert units == FaceUnits("population", (), "the head is turned too far (yaw 50, pitch 0 degrees)", measures.pose)
    assert units.intensity(12) is None


def test_a_face_without_landmarks_is_not_measurable(portrait: np.ndarray) -> None:
    assert measure_face(portrait, Face(0, 0, 1, 1, 1, "haar", 1)).reason == "no landmarks were found on the face"


def test_a_long_track_is_compared_with_its_own_neutral() -> None:
    scale = calibration()
    # A person whose mouth always looks like a smile, and who smiles more in two sightings.
    resting = scale.neutral + scale.full * 0.6
    smiling = resting.copy()
    smiling[NUMBERS.index(12)] += scale.full[NUMBERS.index(12)] * 0.4
    track = [FaceMeasures(resting, eye_distance=80)] * (MIN_OWN - 2) + [FaceMeasures(smiling, eye_distance=80)] * 2
    units = track_units(track)
    assert {one.neutral for one in units} == {"own"}
    assert units[0].intensity(12) == pytest.approx(0, abs=1e-6)
    assert units[-1].intensity(12) == pytest.approx(2, abs=1e-6)
    (still,) = track_units(track[:1])
    assert still.intensity(12) == pytest.approx(3, abs=1e-6)
    assert still.estimates[0].uncertainty > units[0].estimates[0].uncertainty


def test_a_sighting_that_is_not_measurable_does_not_disturb_its_track() -> None:
    scale = calibration()
    lost = FaceMeasures(None, "the head is turned too far")
    whole = [FaceMeasures(scale.neutral, eye_distance=80)] * MIN_OWN
    units = track_units([lost, *whole])
    assert units[0].estimates == ()
    assert units[1:] == track_units(whole)


def test_what_the_pose_explains_is_no_intensity(portrait: np.ndarray) -> None:
    scale = calibration()
    face = Face(0, 0, 1, 1, 1, "mediapipe", 1, (80 * reference_shape() + (225, 125, 0)).astype(np.float32))
    plain = measure_face(portrait, face, scale)
    assert plain.values is not None
    without = replace(scale, pose=np.zeros_like(scale.pose))
    unturned = measure_face(portrait, face, without)
    assert unturned.values is not None
    np.testing.assert_allclose(plain.values, unturned.values, atol=1e-3)
