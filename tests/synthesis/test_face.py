from __future__ import annotations

import numpy as np
import pytest

from erc_core.synthesis.action_units import ACTION_UNITS, FaceRig, build_rig, pose_face
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.head_mesh import build_head
from erc_core.synthesis.landmarks import LANDMARK_NAMES, landmark_vertices
from erc_core.synthesis.looks import Looks


@pytest.fixture(scope="module")
def rig() -> FaceRig:
    looks = Looks()
    return build_rig(build_head(looks), looks)


def move(rig: FaceRig, unit: int, landmark: str) -> Floats:
    """Return how far a landmark moves under one unit at full strength, in cm."""
    units = np.zeros(len(ACTION_UNITS))
    units[ACTION_UNITS.index(unit)] = 1.0
    vertex = landmark_vertices(rig.head)[LANDMARK_NAMES.index(landmark)]
    rest = pose_face(rig, np.zeros(len(ACTION_UNITS)))
    return np.asarray(pose_face(rig, units)[vertex] - rest[vertex])


def test_all_the_units_that_the_issue_asks_for_are_there() -> None:
    wanted = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 43, 45}
    assert wanted <= set(ACTION_UNITS)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("unit", "landmark", "axis", "sign"),
    [
        (1, "brow_inner", 1, 1),
        (2, "brow_outer", 1, 1),
        (4, "brow_inner", 1, -1),
        (5, "eye_upper_lid", 1, 1),
        (7, "eye_lower_lid", 1, 1),
        (12, "mouth_corner", 1, 1),
        (15, "mouth_corner", 1, -1),
        (43, "eye_upper_lid", 1, -1),
    ],
)
def test_a_unit_moves_its_part_of_the_face_on_both_sides(
    rig: FaceRig, side: str, unit: int, landmark: str, axis: int, sign: int
) -> None:
    assert sign * move(rig, unit, f"{side}_{landmark}")[axis] > 0.1


def test_a_stretched_mouth_is_wider_and_a_puckered_one_narrower(rig: FaceRig) -> None:
    assert move(rig, 20, "right_mouth_corner")[0] > 0.4
    assert move(rig, 18, "right_mouth_corner")[0] < -0.3


def test_a_dropped_jaw_takes_the_lower_lip_along_and_leaves_the_upper(rig: FaceRig) -> None:
    assert move(rig, 26, "lower_lip_margin")[1] < -1.0
    assert abs(move(rig, 26, "upper_lip_margin")[1]) < 0.1
    assert move(rig, 26, "chin")[1] < -1.0


def test_a_brow_unit_leaves_the_mouth_alone(rig: FaceRig) -> None:
    assert np.abs(move(rig, 1, "right_mouth_corner")).max() < 0.02


def test_a_closed_eye_has_its_lids_together(rig: FaceRig) -> None:
    units = np.zeros(len(ACTION_UNITS))
    units[ACTION_UNITS.index(43)] = 1.0
    marks = dict(zip(LANDMARK_NAMES, pose_face(rig, units)[landmark_vertices(rig.head)], strict=True))
    rest = pose_face(rig, np.zeros(len(ACTION_UNITS)))[landmark_vertices(rig.head)]
    open_marks = dict(zip(LANDMARK_NAMES, rest, strict=True))
    closed = marks["left_eye_upper_lid"][1] - marks["left_eye_lower_lid"][1]
    opened = open_marks["left_eye_upper_lid"][1] - open_marks["left_eye_lower_lid"][1]
    assert opened > 0.9
    assert closed < 0.2 * opened


def test_two_identities_have_different_heads() -> None:
    slim, broad = build_head(Looks(jaw=0.85)), build_head(Looks(jaw=1.1))
    jaw = (np.abs(slim.q) > 4) & (slim.v < -8) & (slim.v > -10)
    assert np.abs(broad.points[jaw, 0]).mean() > np.abs(slim.points[jaw, 0]).mean() + 0.3
