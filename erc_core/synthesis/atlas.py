"""One picture that holds every painted surface of a person, so that a frame needs a single look-up."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from erc_core.synthesis import skin_paint
from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Bytes, Floats
from erc_core.synthesis.eye_paint import EYE_SIZE, TEETH_HEIGHT, TEETH_WIDTH, paint_eye, paint_teeth
from erc_core.synthesis.hair import hair_shadow
from erc_core.synthesis.looks import Looks
from erc_core.synthesis.wardrobe import CLOTH_SIZE, paint_cloth

WIDTH, HEIGHT = 860, 640
_LEFT = skin_paint.WIDTH + 16
PLACES: dict[str, tuple[int, int, int, int]] = {  # x, y, width, height
    "cloth": (_LEFT, 0, CLOTH_SIZE, CLOTH_SIZE),
    "eye": (_LEFT, 310, EYE_SIZE, EYE_SIZE),
    "upper_teeth": (_LEFT, 520, TEETH_WIDTH, TEETH_HEIGHT),
    "lower_teeth": (_LEFT, 578, TEETH_WIDTH, TEETH_HEIGHT),
    "neck": (_LEFT + 216, 310, 40, 40),
    "ear": (_LEFT + 216, 360, 40, 40),
    "hollow": (_LEFT + 216, 410, 40, 40),
    "tongue": (_LEFT + 216, 460, 40, 40),
}


@dataclass(frozen=True, slots=True)
class Atlas:
    """A person's painted surfaces.

    Args:
        image: sRGB in 8 bits, ``(HEIGHT, WIDTH, 3)``
        wrinkles: share of light that each action unit's lines take at intensity one, on the skin's part of the image
    """

    image: Bytes
    wrinkles: dict[int, Floats]

    def at(self, units: Floats) -> Bytes:
        """Return the image with the lines pressed in by the given intensities, ``(HEIGHT, WIDTH, 3)``."""
        dark: Floats | None = None
        for unit, amount in zip(ACTION_UNITS, units, strict=True):
            if amount > 0.05 and unit in self.wrinkles:
                part = self.wrinkles[unit] * np.float32(amount)
                dark = part if dark is None else dark + part
        if dark is None:
            return self.image
        light = np.clip(1 - dark, 0.3, 1.0)
        result = self.image.copy()
        skin = result[: skin_paint.HEIGHT, : skin_paint.WIDTH]
        tinted = cv2.merge([light * 0.25 + 0.75 * light**0.8, light, light])
        cv2.multiply(skin, tinted, dst=skin, dtype=cv2.CV_8U)
        result[: skin_paint.HEIGHT, : skin_paint.WIDTH] = skin
        return result


def place_uv(name: str, uv: Floats) -> Floats:
    """Turn a part's own picture coordinates into pixels of the atlas, ``(V, 2)``."""
    x, y, width, height = PLACES[name]
    inset = np.clip(uv, 0, 1) * (np.array([width, height]) - 3) + 1
    placed: Floats = inset + np.array([x, y])
    return placed


def paint_atlas(looks: Looks, seed: int) -> Atlas:
    """Paint everything that one person's surfaces need."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    q, v = skin_paint.plane()
    skin = skin_paint.paint_skin(looks, seed) * hair_shadow(q, v, looks)
    image[: skin_paint.HEIGHT, : skin_paint.WIDTH] = skin
    tone = skin_paint.color(looks.skin)
    pictures = {
        "cloth": paint_cloth(looks, seed + 1),
        "eye": paint_eye(looks, seed + 2),
        "upper_teeth": paint_teeth(True),
        "lower_teeth": paint_teeth(False),
        "neck": tone * np.array([0.97, 0.95, 0.95], np.float32),
        "ear": tone * np.array([1.0, 0.88, 0.85], np.float32),
        "hollow": np.array([0.26, 0.09, 0.09], np.float32),
        "tongue": np.array([0.72, 0.36, 0.36], np.float32),
    }
    for name, picture in pictures.items():
        x, y, width, height = PLACES[name]
        image[y : y + height, x : x + width] = picture
    pixels = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Atlas(pixels, skin_paint.paint_wrinkles(looks))
