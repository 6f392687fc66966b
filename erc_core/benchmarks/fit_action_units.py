"""Fit what action units are compared with: ``python -m erc_core.benchmarks.fit_action_units --root FER2013``.

Writes ``assets/face/neutral.safetensors``: the mean shape of faces, how each measure is spread over neutral faces, how
it depends on the pose, and the filter for the brow lowerer. Only FER2013's train split is used, without the photos
that are in validation too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.benchmarks.still_faces import read_meshes
from erc_core.data.base import FaceImages
from erc_core.data.fer2013 import training_faces
from erc_core.media.action_unit_table import NUMBERS, measure_all
from erc_core.media.action_units import MAX_PITCH, MAX_YAW, Calibration, pose_terms
from erc_core.media.brow_picture import brow_features
from erc_core.media.faces import FaceFinder
from erc_core.media.head_pose import NEUTRAL, level
from erc_core.media.stills import enlarged
from erc_core.settings import load_settings

STILLS = 9000
FRONTAL_YAW = 20.0
ROUNDS = 5
FULL_QUANTILE = 0.99
STRENGTH = 0.003
JITTER = 0.01
WITHOUT_BROW_LOWERER = ("joy", "surprise", "neutral")


def mean_shape(meshes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of level faces ``(468, 3)``, mirrored onto itself, centred, outer eye corners 1 apart."""
    centred = meshes - meshes.mean(axis=1, keepdims=True)
    shape: NDArray[np.float64] = _unit(centred.mean(axis=0).astype(np.float64))
    for _ in range(ROUNDS):
        fronts = [level(mesh, shape) for mesh in meshes]
        mean = np.mean([front.points for front in fronts if abs(front.pose.yaw) < FRONTAL_YAW], axis=0)
        shape = _unit(mirrored_mean(mean))
    return shape


def mirrored_mean(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a shape ``(468, 3)`` and its mirror image; a point's partner is the nearest one."""
    from scipy.spatial.distance import cdist

    flipped = shape * (-1, 1, 1)
    flipped[:, 0] += shape[:, 0].max() + shape[:, 0].min()
    partner = cdist(shape, flipped).argmin(axis=1)
    both: NDArray[np.float64] = (shape + flipped[partner]) / 2
    return both


def _unit(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = shape - shape.mean(axis=0)
    scaled: NDArray[np.float64] = centred / np.linalg.norm(centred[263] - centred[33])
    return scaled


def fit_calibration(faces: FaceImages, meshes: NDArray[np.float32], shape: NDArray[np.float64]) -> Calibration:
    """Fit the population's neutral, its spread, the dependence on pose, and the filter of the brows.

    Args:
        faces: stills with MELD's labels
        meshes: their meshes, none NaN, ``(N, 468, 3)``
        shape: the mean shape
    """
    fronts = [level(mesh, shape) for mesh in meshes]
    near = np.array([abs(f.pose.yaw) <= MAX_YAW and abs(f.pose.pitch) <= MAX_PITCH for f in fronts])
    labels = np.array(faces.labels)
    seen = np.stack(
        [
            brow_features(enlarged(image), mesh, front.points, shape)
            for image, mesh, front in zip(faces.images, meshes, fronts, strict=True)
        ]
    )
    mean, deviation = seen[near].mean(axis=0), seen[near].std(axis=0) + 1e-6
    weights = brow_filter((seen[near] - mean) / deviation, labels[near])
    values = np.stack([measure_all(front.points) for front in fronts])
    values[:, NUMBERS.index(4)] = ((seen - mean) / deviation) @ weights
    terms = np.stack([pose_terms(front.pose) for front in fronts])
    neutral_faces = near & (labels == "neutral")
    pose = _pose_slopes(values[neutral_faces], terms[neutral_faces])
    even = values - terms @ pose.T
    neutral = even[neutral_faces].mean(axis=0)
    full = np.quantile(even[near], FULL_QUANTILE, axis=0) - neutral
    jitter = _jitter(shape)
    # A shifted brow changes the filter's picture as well; the spread of faces stands for its error.
    jitter[NUMBERS.index(4)] = JITTER * float(np.abs(weights).sum())
    spread = even[neutral_faces].std(axis=0)
    return Calibration(neutral, spread, full, jitter, pose, weights, mean, deviation)


def brow_filter(seen: NDArray[np.float64], labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the weights ``(K,)`` that tell anger's brows from those of joy, surprise and neutral."""
    from sklearn.linear_model import LogisticRegression

    used = np.isin(labels, ("anger", *WITHOUT_BROW_LOWERER))
    model = LogisticRegression(C=STRENGTH, max_iter=1000, class_weight="balanced")
    model.fit(seen[used], labels[used] == "anger")
    weights: NDArray[np.float64] = model.coef_[0]
    return weights


def _pose_slopes(values: NDArray[np.float64], terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each measure changes with each term of the pose, ``(A, 3)``, by least squares."""
    design = np.concatenate([np.ones((len(terms), 1)), terms], axis=1)
    slopes: NDArray[np.float64] = np.linalg.lstsq(design, values, rcond=None)[0][1:].T
    return slopes


def _jitter(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    draws = np.stack([measure_all(shape + rng.normal(0, JITTER, shape.shape)) for _ in range(400)])
    deviation: NDArray[np.float64] = draws.std(axis=0)
    return deviation


def save(shape: NDArray[np.float64], fitted: Calibration, target: Path = NEUTRAL) -> None:
    """Write the mean shape and the calibration."""
    from safetensors.numpy import save_file

    arrays = {"shape": shape, **{name: getattr(fitted, name) for name in Calibration.__slots__}}
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}, target)


def fit(root: Path, stills: int = STILLS, cache: Path | None = None) -> tuple[NDArray[np.float64], Calibration]:
    """Fit on ``stills`` photos of FER2013's train split in ``root``.

    Raises:
        InputError: the folder does not hold FER2013
        MissingResourceError: the face models cannot be had
    """
    faces = training_faces(root)
    chosen = faces.select(np.random.default_rng(0).permutation(len(faces))[:stills])
    finder = FaceFinder(load_settings(), fallback=False)
    meshes = read_meshes(chosen, finder, cache)
    found = np.flatnonzero(np.isfinite(meshes[:, 0, 0]))
    shape = mean_shape(meshes[found])
    return shape, fit_calibration(chosen.select(found), meshes[found], shape)


def main(arguments: list[str] | None = None) -> int:
    """Run the fit from the command line."""
    parser = argparse.ArgumentParser(prog="fit_action_units", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of FER2013")
    parser.add_argument("--stills", type=int, default=STILLS, help="how many photos of the train split to use")
    parser.add_argument("--cache", type=Path, help="keep meshes in this .npz")
    options = parser.parse_args(arguments)
    shape, fitted = fit(options.root, options.stills, options.cache)
    save(shape, fitted)
    sys.stdout.write(f"written: {NEUTRAL}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
