"""Folds keep together what belongs together."""

import numpy as np

from erc_core.data.base import FaceImages
from erc_core.training.folds import fold_of, fold_of_actor, photo_names


def test_folds_are_about_equal_and_depend_on_the_key_alone():
    folds = [fold_of(f"dialogue-{i}", 3) for i in range(900)]
    assert min(np.bincount(folds)) > 250
    assert folds[7] == fold_of("dialogue-7", 3)


def test_each_fold_has_as_many_women_as_men():
    for fold in (0, 1):
        actors = [n for n in range(2, 16) if fold_of_actor(f"ravdess-{n:02d}") == fold]
        assert sum(n % 2 for n in actors) * 2 == len(actors)


def test_pictures_of_one_photo_share_a_fold():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 48, 48)).astype(np.uint8)
    both = np.concatenate([images, images[:, :, ::-1]])
    faces = FaceImages(both, ("joy",) * 80, tuple(f"train-{i:03d}" for i in range(80)))
    folds = np.array([fold_of(photo) for photo in photo_names(faces)])
    np.testing.assert_array_equal(folds[:40], folds[40:])
    assert 0 < folds.sum() < 80
