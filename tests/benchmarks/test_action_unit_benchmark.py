from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from erc_core.benchmarks.action_units import EMOTIONS, as_markdown, auroc, measure
from erc_core.benchmarks.fit_action_units import brow_filter, fit_calibration, mean_shape, mirrored_mean, save
from erc_core.benchmarks.still_faces import read_meshes
from erc_core.data.base import FaceImages
from erc_core.media.action_unit_table import NUMBERS, UNITS
from erc_core.media.action_units import calibration
from erc_core.media.faces import FaceFinder
from erc_core.media.head_pose import reference_shape
from erc_core.media.stills import enlarged

LABELS = ("neutral", "joy", "surprise", "anger", "fear", "sadness", "disgust")


def people(count: int) -> tuple[FaceImages, np.ndarray]:
    """Return stills of noise and meshes in which joy smiles, surprise opens its mouth, and all heads turn a little."""
    rng = np.random.default_rng(4)
    labels = tuple(LABELS[number % len(LABELS)] for number in range(count))
    meshes = []
    for label in labels:
        points = reference_shape() + rng.normal(0, 0.01, (468, 3))
        if label == "joy":
            points[61, :2] += (-0.06, -0.08)
            points[291, :2] += (0.06, -0.08)
        if label == "surprise":
            points[[14, 87, 317, 17, 84, 314, 152], 1] += 0.15
            points[[55, 107, 285, 336, 46, 53, 63, 70, 276, 283, 293, 300], 1] -= 0.08
        angle = rng.normal(0, 0.1)
        turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        meshes.append(90 * points @ turn.T + (144, 144, 0))
    images = rng.integers(0, 256, (count, 48, 48), dtype=np.uint8)
    return FaceImages(images, labels, tuple(map(str, range(count)))), np.stack(meshes).astype(np.float32)


def test_auroc_counts_pairs_in_order_and_ties_half() -> None:
    assert auroc(np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, False, True, False])) == 1
    assert auroc(np.array([1.0, 1.0]), np.array([True, False])) == 0.5
    assert np.isnan(auroc(np.array([1.0]), np.array([True])))


def test_known_expressions_are_told_from_neutral() -> None:
    faces, meshes = people(140)
    meshes[0] = np.nan
    report = measure(faces, meshes, calibration())
    found = {(cell.unit, cell.emotion): cell for cell in report.cells}
    assert len(found) == len(UNITS) * len(EMOTIONS)
    assert found[12, "joy"].auroc > 0.95
    assert found[26, "surprise"].auroc > 0.95
    assert found[1, "surprise"].effect > 1
    assert 0.2 < found[12, "fear"].auroc < 0.8
    assert report.with_mesh == pytest.approx(139 / 140)
    assert report.measurable <= report.with_mesh
    assert all(aim.low <= aim.auroc <= aim.high for aim in report.aims)
    assert "| AU12 Lip corner puller |" in as_markdown(report)


def test_the_fit_finds_the_neutral_face_and_what_full_means(tmp_path: Path) -> None:
    faces, meshes = people(280)
    shape = mean_shape(meshes)
    assert np.linalg.norm(shape[263] - shape[33]) == pytest.approx(1)
    assert np.abs(shape - reference_shape())[[4, 33, 133, 10, 234, 454]].max() < 0.05
    fitted = fit_calibration(faces, meshes, shape)
    assert (fitted.full > 0).all()
    assert (fitted.jitter > 0).all()
    shipped = calibration()
    place = NUMBERS.index(12)
    assert fitted.neutral[place] == pytest.approx(shipped.neutral[place], abs=0.15)
    save(shape, fitted, tmp_path / "neutral.safetensors")
    assert (tmp_path / "neutral.safetensors").stat().st_size < 100_000


def test_a_shape_and_its_mirror_image_have_one_mean() -> None:
    lopsided = reference_shape() + (0.02, 0, 0) * (np.arange(468)[:, None] % 2)
    mean = mirrored_mean(lopsided)
    middle = (mean[:, 0].max() + mean[:, 0].min()) / 2
    assert (mean[33, 0] - middle) == pytest.approx(middle - mean[263, 0], abs=0.02)


def test_the_filter_of_the_brows_learns_what_anger_has_and_others_have_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([LABELS[number % 7] for number in range(700)])
    seen = rng.normal(size=(700, 10))
    seen[labels == "anger", 3] += 3
    seen[labels == "disgust", 5] += 30
    weights = brow_filter(seen, labels)
    assert int(np.abs(weights).argmax()) == 3


def test_meshes_are_read_once_and_kept(finder: FaceFinder, portrait: np.ndarray, tmp_path: Path) -> None:
    grey = cv2.cvtColor(portrait[50:200, 150:300], cv2.COLOR_RGB2GRAY)
    still = cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA)
    faces = FaceImages(np.stack([still, np.zeros((48, 48), np.uint8)]), ("joy", "neutral"), ("a", "b"))
    cache = tmp_path / "meshes.npz"
    meshes = read_meshes(faces, finder, cache)
    assert np.isfinite(meshes[0]).all()
    assert np.isnan(meshes[1]).all()
    assert enlarged(still).shape == (288, 288, 3)

    class Never:
        def mesh_in(self, *arguments: object) -> None:
            raise AssertionError("a mesh was read again")

    np.testing.assert_array_equal(read_meshes(faces, Never(), cache), meshes)  # type: ignore[arg-type]
