from __future__ import annotations

import numpy as np
import pytest

from erc_core.errors import ShapeError
from erc_core.media.faces import FaceFinder
from erc_core.media.head_pose import level, reference_shape


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Return the mean face turned as a viewer would say, at a place and size of a picture."""
    right, up, clockwise = np.radians([yaw, pitch, roll])
    # Depth grows away from the viewer: turning to the right moves the nose, which is near, to greater x.
    about_y = np.array([[np.cos(right), 0, -np.sin(right)], [0, 1, 0], [np.sin(right), 0, np.cos(right)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(up), np.sin(up)], [0, -np.sin(up), np.cos(up)]])
    about_z = np.array(
        [[np.cos(clockwise), -np.sin(clockwise), 0], [np.sin(clockwise), np.cos(clockwise), 0], [0, 0, 1]]
    )
    return 80 * reference_shape() @ (about_z @ about_y @ about_x).T + (300, 200, 0)


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (25, 0, 0), (-30, 0, 0), (0, 20, 0), (0, -15, 0), (0, 0, 40), (20, -10, -25)]
)
def test_known_turns_are_found_and_undone(angles: tuple[float, float, float]) -> None:
    face = level(turned(*angles))
    assert (face.pose.yaw, face.pose.pitch, face.pose.roll) == pytest.approx(angles, abs=0.01)
    assert face.eye_distance == pytest.approx(80, abs=0.01)
    np.testing.assert_allclose(face.points, reference_shape(), atol=1e-6)


def test_a_face_turned_to_the_right_has_its_nose_to_the_right_of_its_eyes() -> None:
    points = turned(yaw=25)
    assert points[4, 0] > points[[33, 133, 362, 263], 0].mean() + 5
    up = turned(pitch=20)
    assert up[4, 1] < turned()[4, 1]
    leaning = turned(roll=30)
    assert leaning[263, 1] > leaning[33, 1]


def test_an_expression_does_not_count_as_a_turn() -> None:
    smiling = turned()
    smiling[[61, 291], 1] -= 6
    smiling[152, 1] += 8
    pose = level(smiling).pose
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, 0, 0), abs=0.01)


def test_the_mean_face_is_its_own_mirror_image() -> None:
    shape = reference_shape()
    assert shape[33, 0] == pytest.approx(-shape[263, 0], abs=0.02)
    assert shape[[33, 61, 55], 1] == pytest.approx(shape[[263, 291, 285], 1], abs=0.02)
    assert np.linalg.norm(shape[263] - shape[33]) == pytest.approx(1, abs=1e-5)


def test_mirroring_the_picture_mirrors_the_pose(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,), (mirrored,) = finder.detect(portrait), finder.detect(np.ascontiguousarray(portrait[:, ::-1]))
    assert face.landmarks is not None
    assert mirrored.landmarks is not None
    a, b = level(face.landmarks).pose, level(mirrored.landmarks).pose
    assert a.yaw == pytest.approx(-b.yaw, abs=5)
    assert a.roll == pytest.approx(-b.roll, abs=4)
    assert a.pitch == pytest.approx(b.pitch, abs=5)


def test_other_meshes_are_refused() -> None:
    with pytest.raises(ShapeError, match="other landmarks than the mesh"):
        level(np.zeros((68, 2)))
