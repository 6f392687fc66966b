"""Action units of stills: measured once, kept by name, absent where no face is seen."""

import numpy as np

from erc_core.data.base import FaceImages
from erc_core.media.action_unit_table import NUMBERS
from erc_core.training.still_units import still_units


class Blind:
    """A finder that sees no face and counts how often it looked."""

    def __init__(self):
        self.looks = 0

    def mesh_in(self, rgb, box):
        self.looks += 1


def faces(count):
    images = np.random.default_rng(0).integers(0, 255, (count, 48, 48), dtype=np.uint8)
    return FaceImages(images, ("joy",) * count, tuple(f"still-{i}" for i in range(count)))


def test_a_still_without_a_face_has_no_units_and_is_looked_at_once(tmp_path):
    finder, cache = Blind(), tmp_path / "units.npz"
    found = still_units(faces(5), finder, cache)
    assert found.shape == (5, len(NUMBERS))
    assert np.isnan(found).all()
    assert np.isnan(still_units(faces(6), finder, cache)).all()
    assert finder.looks == 6
