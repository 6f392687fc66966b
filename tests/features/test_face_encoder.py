"""The face encoder: shape, light and refusal."""

import pytest
import torch

from erc_core.errors import ShapeError
from erc_core.features.face_encoder import WIDTH, FaceEncoder


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return FaceEncoder().eval()


def test_each_face_becomes_342_numbers_whatever_stands_beside_it(encoder):
    faces = torch.rand(3, 48, 48) * 255
    with torch.no_grad():
        together, alone = encoder(faces), encoder(faces[1:2])
    assert together.shape == (3, WIDTH)
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


def test_light_and_contrast_change_nothing(encoder):
    face = torch.rand(1, 48, 48) * 200
    with torch.no_grad():
        torch.testing.assert_close(encoder(face), encoder(face * 0.5 + 40), atol=1e-4, rtol=1e-3)


def test_a_plain_picture_is_encoded_too(encoder):
    with torch.no_grad():
        assert torch.isfinite(encoder(torch.full((1, 48, 48), 128.0))).all()


def test_pictures_of_another_size_are_refused(encoder):
    with pytest.raises(ShapeError, match="another size"):
        encoder(torch.zeros(1, 64, 64))
