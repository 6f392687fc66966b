"""Small grey stills of faces, such as those of corpora, as pictures that the mesh model can read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE, BORDER = 192, 48


def enlarged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey still ``(H, W)`` as a picture with room around the face, uint8 ``(288, 288, 3)``."""
    import cv2

    large = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(large, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REPLICATE)
    return np.repeat(framed[..., None], 3, axis=2)
