from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from erc_core.errors import MissingResourceError
from erc_core.media import faces as faces_module
from erc_core.media.faces import Face, FaceFinder, sharpness
from erc_core.settings import Settings

# The corners of the eyes, the tip of the nose and the corners of the mouth in the portrait, read off by eye.
KNOWN = {
    33: (194, 101),
    133: (212, 102),
    362: (238, 102),
    263: (256, 102),
    4: (225, 124),
    61: (203, 141),
    291: (245, 141),
}


def scene(*placed: tuple[np.ndarray, int, int, int], size: tuple[int, int] = (360, 640)) -> np.ndarray:
    """Return a grey room with square pictures, each as ``(picture, x, y, side)``."""
    room = np.full((*size, 3), 96, dtype=np.uint8)
    for picture, x, y, side in placed:
        room[y : y + side, x : x + side] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return room


def test_the_face_of_a_portrait_is_found_with_its_landmarks(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    assert (face.x, face.y, face.w, face.h) == pytest.approx((175, 76, 100, 100), abs=4)
    assert face.score > 0.9
    assert face.detector == "mediapipe"
    assert face.landmarks is not None
    for index, place in KNOWN.items():
        assert np.hypot(*(face.landmarks[index, :2] - place)) < 6, index
    assert face.landmarks[4, 2] < face.landmarks[234, 2]


def test_the_irises_lie_between_the_corners_of_the_eyes(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    assert face.iris is not None
    assert face.landmarks is not None
    for eye, (outer, inner) in zip(face.iris, ((33, 133), (263, 362)), strict=True):
        share = (eye[0, 0] - face.landmarks[outer, 0]) / (face.landmarks[inner, 0] - face.landmarks[outer, 0])
        assert 0.25 < share < 0.75
        assert abs(eye[0, 1] - face.landmarks[[outer, inner], 1].mean()) < 5


@pytest.mark.parametrize("angle", [-40, -20, 25, 45])
def test_a_head_that_leans_is_found_with_its_landmarks(finder: FaceFinder, portrait: np.ndarray, angle: int) -> None:
    turn = cv2.getRotationMatrix2D((225, 125), angle, 0.9)
    turned = cv2.warpAffine(portrait, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,) = finder.detect(turned)
    assert face.landmarks is not None
    for index, place in KNOWN.items():
        assert np.hypot(*(face.landmarks[index, :2] - turn @ (*place, 1))) < 7, index


def test_all_faces_are_found_whatever_their_size_and_place(finder: FaceFinder, portrait: np.ndarray) -> None:
    room = scene((portrait, 5, 5, 340), (portrait[:, ::-1], 350, 10, 160), (portrait, 470, 180, 170))
    found = finder.detect(room)
    assert len(found) == 3
    assert found[0].w > found[1].w
    assert all(face.landmarks is not None for face in found)


@pytest.mark.parametrize(("height", "width"), [(640, 360), (2160, 3840), (100, 100), (48, 48), (301, 777)])
def test_pictures_of_every_shape_are_searched(
    finder: FaceFinder, portrait: np.ndarray, height: int, width: int
) -> None:
    side = min(height, width)
    assert len(finder.detect(scene((portrait[:300, 75:375], 0, 0, side), size=(height, width)))) == 1


@pytest.mark.parametrize("value", [0, 96, 255])
def test_a_picture_without_a_face_has_none(finder: FaceFinder, value: int) -> None:
    assert finder.detect(np.full((360, 640, 3), value, dtype=np.uint8)) == ()
    noise = np.random.default_rng(value).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert finder.detect(noise) == ()


def drawn_face() -> np.ndarray:
    """Return a plain drawing of a face, uint8 ``(512, 512, 3)``."""
    drawing = np.full((512, 512, 3), 200, dtype=np.uint8)
    cv2.ellipse(drawing, (256, 260), (120, 160), 0, 0, 360, (224, 172, 140), -1)
    cv2.ellipse(drawing, (256, 150), (128, 80), 0, 180, 360, (60, 40, 30), -1)
    for x in (206, 306):
        cv2.ellipse(drawing, (x, 235), (26, 13), 0, 0, 360, (250, 250, 250), -1)
        cv2.circle(drawing, (x, 235), 11, (60, 40, 20), -1)
        cv2.ellipse(drawing, (x, 208), (32, 8), 0, 180, 360, (60, 40, 30), 6)
    cv2.ellipse(drawing, (256, 290), (20, 12), 0, 0, 180, (190, 130, 105), 5)
    cv2.ellipse(drawing, (256, 345), (48, 18), 0, 0, 180, (170, 70, 70), -1)
    return cv2.GaussianBlur(drawing, (0, 0), 3)


def test_a_drawing_of_a_face_is_found(finder: FaceFinder) -> None:
    (face,) = finder.detect(drawn_face())
    assert face.x + face.w / 2 == pytest.approx(256, abs=25)


def test_a_blurred_face_is_less_sharp(finder: FaceFinder, portrait: np.ndarray) -> None:
    (clear,) = finder.detect(portrait)
    (blurred,) = finder.detect(cv2.GaussianBlur(portrait, (0, 0), 4))
    assert blurred.sharpness < clear.sharpness / 5


def test_sharpness_outside_of_the_picture_is_zero(portrait: np.ndarray) -> None:
    assert sharpness(portrait, np.array([600.0, 600.0, 50.0, 50.0])) == 0


def test_the_mesh_is_read_in_a_box_that_is_given(finder: FaceFinder, portrait: np.ndarray) -> None:
    face = finder.mesh_in(portrait, (175, 76, 100, 100))
    (found,) = finder.detect(portrait)
    assert face is not None
    assert face.landmarks is not None
    assert found.landmarks is not None
    assert np.abs(face.landmarks - found.landmarks).mean() < 1.5
    assert finder.mesh_in(np.full((200, 200, 3), 90, dtype=np.uint8), (20, 20, 100, 100)) is None


def test_a_face_is_followed_where_it_moves(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = finder.detect(portrait)
    moved = np.roll(portrait, (6, 10), axis=(0, 1))
    (face,) = finder.follow(moved, found)
    assert face is not None
    assert face.landmarks is not None
    assert found[0].landmarks is not None
    shift = face.landmarks[:, :2] - found[0].landmarks[:, :2]
    assert shift.mean(axis=0) == pytest.approx((10, 6), abs=1.5)
    assert (face.x - found[0].x, face.y - found[0].y) == pytest.approx((10, 6), abs=3)


def test_a_face_that_is_gone_is_not_followed(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = finder.detect(portrait)
    assert finder.follow(np.full_like(portrait, 90), found) == (None,)
    assert finder.follow(portrait, (replace(found[0], landmarks=None),)) == (None,)


def test_landmarks_cannot_be_written_to(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    assert face.landmarks is not None
    with pytest.raises(ValueError, match="read-only"):
        face.landmarks[0] = 0


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(settings: Settings) -> None:
        raise MissingResourceError("The model files for faces cannot be had", got="no network")

    monkeypatch.setattr(faces_module, "fetch_face_models", missing)


def test_without_the_models_the_cascade_finds_boxes_and_says_so(
    settings: Settings, portrait: np.ndarray, unreachable: None
) -> None:
    finder = FaceFinder(settings)
    assert finder.detector == "haar"
    assert finder.note == (
        "Faces were found by OpenCV's cascade, without landmarks, since MediaPipe's model files are not there "
        "(no network)."
    )
    (face,) = finder.detect(portrait)
    assert isinstance(face, Face)
    assert (face.detector, face.landmarks, face.iris) == ("haar", None, None)
    assert (face.x, face.y) == pytest.approx((177, 66), abs=8)
    assert 0 < face.score <= 1
    assert finder.mesh_in(portrait, (175, 76, 100, 100)) is None


def test_the_fallback_can_be_forbidden(settings: Settings, unreachable: None) -> None:
    with pytest.raises(MissingResourceError, match="cannot be had"):
        FaceFinder(settings, fallback=False)
