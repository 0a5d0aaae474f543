"""Make pictures smaller: by halves first, which is quick and averages all pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np


def halvings(scale: float) -> int:
    """How often a picture can be halved before it is resized by what is left of a scale.

    >>> halvings(0.2), halvings(0.25), halvings(1.5)
    (2, 2, 0)
    """
    return max(0, math.floor(math.log2(1 / scale) + 1e-9))


def halved(picture: np.ndarray, times: int) -> np.ndarray:
    """A picture (h, w, ...) with sides 2**times smaller; a row or column that is left over is cut off."""
    for _ in range(times):
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        picture = cv2.resize(
            picture[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA
        )
    return picture


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """A picture (h, w, ...) of another size: averaged where it gets smaller, linear where it grows."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    picture = halved(picture, halvings(scale))
    if picture.shape[:2] == (height, width):
        return picture
    sampling = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=sampling)
