"""Faces in a picture: boxes, 468 landmarks, irises, and how sharp they are.

The detector, the mesh and the iris model are MediaPipe's, read with OpenCV. Where their files cannot be had, OpenCV's
own cascade finds boxes alone, and every face says so.

Source:
    Bazarevsky et al. 2019, "BlazeFace" (arXiv:1907.05047); Kartynnik et al. 2019, "Real-time Facial Surface Geometry"
    (arXiv:1907.06724); Ablavatski et al. 2020, "Real-time Pupil Tracking" (arXiv:2006.11341).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import MissingResourceError
from erc_core.media.face_detector import find_faces
from erc_core.media.face_models import DETECTOR, IRIS, MESH, fetch_face_models
from erc_core.media.face_regions import ROI_SCALE, Region, crop, forward, mesh_region, read_net
from erc_core.settings import Settings

__all__ = ["Detector", "Face", "FaceFinder", "fetch_face_models", "sharpness"]

Detector = Literal["mediapipe", "haar"]
MESH_SIDE, IRIS_SIDE = 192, 64
MIN_PRESENCE = 0.5
# A face in which the mesh sees none, such as one in profile, counts from here on; below, most are none.
SURE_SCORE = 0.8
# Beside a face that scores at least so much, weaker boxes are mostly hands and folds of cloth; alone, mostly faces
# (benchmarks/face_scores.py).
BESIDE_SCORE = 0.7
IRIS_SCALE = 2.3
# Outer and inner corner of the eye on the left side of the picture, then of the other; the second is seen mirrored.
EYES: tuple[tuple[int, int], ...] = ((33, 133), (362, 263))
FALLBACK_NOTE = "Faces were found by OpenCV's cascade, without landmarks, since MediaPipe's model files are not there"


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture; all places are in pixels of the picture.

    Attributes:
        x: left edge of the box
        y: upper edge of the box
        w: width of the box
        h: height of the box
        score: how sure the detector is, in [0, 1]
        detector: what found it
        sharpness: variance of the Laplacian of the face at 96 pixels, in grey levels squared
        landmarks: the mesh, float32 ``(468, 3)``, x, y and depth towards the viewer negative; None where there is none
        iris: centre and four points of the rim of each iris, float32 ``(2, 5, 2)``; None without landmarks
    """

    x: float
    y: float
    w: float
    h: float
    score: float
    detector: Detector
    sharpness: float
    landmarks: NDArray[np.float32] | None = None
    iris: NDArray[np.float32] | None = None


class FaceFinder:
    """Finds the faces of pictures; one may be used by several threads.

    Args:
        settings: names the folder of the model files
        fallback: whether OpenCV's cascade may stand in for them
        beside_score: what the detector must give for a face beside one that is at least so sure

    Raises:
        MissingResourceError: the model files cannot be had and ``fallback`` is False
    """

    def __init__(self, settings: Settings, fallback: bool = True, beside_score: float = BESIDE_SCORE) -> None:
        self.note = ""
        self._beside_score = beside_score
        self._use = threading.Lock()
        self._nets: dict[str, Any] = {}
        self._cascade: Any = None
        try:
            folder = fetch_face_models(settings)
        except MissingResourceError as error:
            if not fallback:
                raise
            self.note = f"{FALLBACK_NOTE} ({error.got})."
            self._cascade = _cascade()
        else:
            self._nets = {name: read_net(folder / name) for name in (DETECTOR, MESH, IRIS)}

    @property
    def detector(self) -> Detector:
        """What finds the faces."""
        return "mediapipe" if self._nets else "haar"

    def detect(self, rgb: NDArray[np.uint8]) -> tuple[Face, ...]:
        """Find all faces of a picture, the largest first.

        Args:
            rgb: the picture, uint8 ``(H, W, 3)``
        """
        with self._use:
            found = self._find(rgb) if self._nets else self._find_by_cascade(rgb)
        return tuple(sorted(found, key=lambda face: -face.w * face.h))

    def mesh_in(self, rgb: NDArray[np.uint8], box: tuple[float, float, float, float]) -> Face | None:
        """Return the face in a box ``(x, y, w, h)`` that is known to hold one upright, or None where none is seen."""
        if not self._nets:
            return None
        x, y, w, h = box
        region = Region(np.array([x + w / 2, y + h / 2]), ROI_SCALE * max(w, h), 0.0)
        with self._use:
            return self._mesh(rgb, region, score=1.0, box=np.array(box))

    def follow(self, rgb: NDArray[np.uint8], before: tuple[Face, ...]) -> tuple[Face | None, ...]:
        """Look for faces where they were a moment ago: much quicker than to search, and blind for new ones.

        Args:
            rgb: the picture, uint8 ``(H, W, 3)``
            before: faces of a picture shortly before

        Returns:
            each of them as it is now, without irises; None where it had no landmarks or is gone
        """
        with self._use:
            found = [self._follow_one(rgb, face) for face in before]
        kept = _one_mesh_each([face for face in found if face is not None])
        return tuple(face if any(face is one for one in kept) else None for face in found)

    def _follow_one(self, rgb: NDArray[np.uint8], before: Face) -> Face | None:
        if before.landmarks is None:
            return None
        known = before.landmarks.astype(np.float64)
        points, presence = self._landmarks(rgb, mesh_region(known))
        if presence < MIN_PRESENCE:
            return None
        # The box moves and grows as the mesh does.
        middle, size = known[:, :2].mean(axis=0), np.ptp(known[:, 1])
        grown = float(np.ptp(points[:, 1]) / max(size, 1e-6))
        corner = points[:, :2].mean(axis=0) + (np.array([before.x, before.y]) - middle) * grown
        box = np.array([*corner, before.w * grown, before.h * grown])
        return replace(_bare_face(rgb, box, before.score, "mediapipe"), landmarks=_frozen(points))

    def _find(self, rgb: NDArray[np.uint8]) -> list[Face]:
        faces: list[Face] = []
        for candidate in find_faces(self._nets[DETECTOR], rgb):
            face = self._mesh(rgb, candidate.region(), candidate.score, candidate.box)
            if face is None and candidate.score >= SURE_SCORE:
                face = _bare_face(rgb, candidate.box, candidate.score, "mediapipe")
            faces += [face] if face is not None else []
        faces = _one_mesh_each(faces)
        sure = [face for face in faces if face.score >= self._beside_score]
        return sure or faces

    def _mesh(self, rgb: NDArray[np.uint8], region: Region, score: float, box: NDArray[np.float64]) -> Face | None:
        """Read the landmarks, then once more in the square that they themselves define."""
        points, presence = self._landmarks(rgb, region)
        if presence < MIN_PRESENCE:
            return None
        points, presence = self._landmarks(rgb, mesh_region(points))
        if presence < MIN_PRESENCE:
            return None
        iris = np.stack([self._iris(rgb, points, place) for place in range(2)])
        bare = _bare_face(rgb, box, score, "mediapipe")
        return replace(bare, landmarks=_frozen(points), iris=_frozen(iris))

    def _landmarks(self, rgb: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float64], float]:
        upright = crop(rgb, region, MESH_SIDE)
        logit, raw = forward(self._nets[MESH], upright, ("conv2d_31", "conv2d_21"))
        points = raw.reshape(468, 3).astype(np.float64)
        matrix = region.matrix(MESH_SIDE)
        flat = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        depth = points[:, 2:] * region.side / MESH_SIDE
        return np.concatenate([flat, depth], axis=1), float(1 / (1 + np.exp(-logit.ravel()[0])))

    def _iris(self, rgb: NDArray[np.uint8], points: NDArray[np.float64], place: int) -> NDArray[np.float64]:
        """Return the five points ``(5, 2)`` of one iris."""
        outer, inner = (points[index, :2] for index in EYES[place])
        across = inner - outer
        region = Region((outer + inner) / 2, IRIS_SCALE * float(np.hypot(*across)), float(np.arctan2(*across[::-1])))
        upright = crop(rgb, region, IRIS_SIDE)
        mirrored = place == 1
        if mirrored:
            upright = np.ascontiguousarray(upright[:, ::-1])
        (raw,) = forward(self._nets[IRIS], upright, ("output_iris",))
        iris = raw.reshape(5, 3)[:, :2].astype(np.float64)
        if mirrored:
            iris[:, 0] = IRIS_SIDE - iris[:, 0]
        matrix = region.matrix(IRIS_SIDE)
        placed: NDArray[np.float64] = iris @ matrix[:, :2].T + matrix[:, 2]
        return placed

    def _find_by_cascade(self, rgb: NDArray[np.uint8]) -> list[Face]:
        import cv2

        grey = cv2.equalizeHist(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
        least = max(24, min(grey.shape) // 12)
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey, scaleFactor=1.1, minNeighbors=5, minSize=(least, least), outputRejectLevels=True
        )
        # The cascade's weight has no scale of its own; 5 is where few false faces are left.
        return [
            _bare_face(rgb, np.array(box, dtype=float), float(1 / (1 + np.exp(-(weight - 5) / 2))), "haar")
            for box, weight in zip(boxes, np.ravel(weights), strict=True)
        ]


def sharpness(rgb: NDArray[np.uint8], box: NDArray[np.float64]) -> float:
    """Return the variance of the Laplacian of what is in a box ``(x, y, w, h)``, at 96 by 96 pixels."""
    import cv2

    x, y, w, h = box
    top, left = max(0, int(y)), max(0, int(x))
    part = rgb[top : max(top + 1, int(y + h)), left : max(left + 1, int(x + w))]
    if not part.size:
        return 0.0
    grey = cv2.cvtColor(cv2.resize(part, (96, 96), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _bare_face(rgb: NDArray[np.uint8], box: NDArray[np.float64], score: float, detector: Detector) -> Face:
    x, y, w, h = (float(value) for value in box)
    return Face(x, y, w, h, score, detector, sharpness(rgb, box))


def _one_mesh_each(faces: list[Face]) -> list[Face]:
    """Leave out a face whose landmarks have slid onto a neighbour that is surer."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: -one.score):
        if face.landmarks is not None and any(_same_mesh(face, other) for other in kept):
            continue
        kept.append(face)
    return kept


def _same_mesh(first: Face, second: Face) -> bool:
    if first.landmarks is None or second.landmarks is None:
        return False
    apart = float(np.linalg.norm(first.landmarks[:, :2].mean(axis=0) - second.landmarks[:, :2].mean(axis=0)))
    return apart < 0.3 * max(first.w, second.w)


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float32]:
    array = values.astype(np.float32)
    array.setflags(write=False)
    return array


def _cascade() -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"))
