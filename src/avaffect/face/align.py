"""Turn a face upright and to one size, by five landmarks."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..arguments import checks_types
from .resample import halved, halvings

SIZE = 112
"""Side of an aligned crop, in pixels."""

TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float64,
)
"""(5, 2) where eyes, nose tip and mouth corners come to lie in a 112x112 crop (Deng et al., 2019,
ArcFace, arXiv:1801.07698: the common published coordinates)."""


@checks_types
def align_matrix(landmarks: np.ndarray) -> np.ndarray:
    """The similarity (turn, scale, shift; no mirror) that takes landmarks nearest to the template.

    Least squares in closed form (Umeyama, 1991, doi:10.1109/34.88573, equations 39-42).

    Parameters
    ----------
    landmarks : np.ndarray
        (5, 2) x, y in pixels, ordered as in `Detection`.

    Returns
    -------
    np.ndarray
        (2, 3) float64: template point = matrix @ (x, y, 1). When all landmarks coincide there is
        no scale, and the entries are NaN.
    """
    points = np.asarray(landmarks, np.float64)
    mean, goal = points.mean(0), TEMPLATE.mean(0)
    x, y = points - mean, TEMPLATE - goal
    # In the plane, turn and scale are one complex number, and least squares gives it without a decomposition.
    spread = np.square(x).sum()
    real, imaginary = (x * y).sum(), (x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum()
    turn = np.array([[real, -imaginary], [imaginary, real]])
    matrix = turn / spread if spread > 0 else np.full((2, 2), np.nan)
    return np.concatenate([matrix, (goal - matrix @ mean)[:, None]], axis=1)


@checks_types
def align(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face of an RGB picture, upright in a 112x112 crop.

    Parameters
    ----------
    image : np.ndarray
        (h, w, 3) or (h, w) uint8.
    landmarks : np.ndarray
        (5, 2) px. Where the crop reaches out of the picture the border pixels are repeated.

    Returns
    -------
    np.ndarray
        (112, 112, 3) or (112, 112) uint8.
    """
    matrix = align_matrix(landmarks)
    scale = float(np.sqrt(np.linalg.det(matrix[:, :2])))
    if 1 / 16 < scale < 1:
        image, matrix, scale = _reduced(image, matrix, scale)
    # Bilinear sampling skips pixels where it shrinks: draw a large face several times larger,
    # then average. A template point t lies at factor * (t + 0.5) - 0.5 there.
    factor = max(1, round(1 / scale)) if scale > 1 / 16 else 1
    matrix = matrix * factor
    matrix[:, 2] += (factor - 1) / 2
    side = SIZE * factor
    crop = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return cv2.resize(crop, (SIZE, SIZE), interpolation=cv2.INTER_AREA) if factor > 1 else crop


def _reduced(image: np.ndarray, matrix: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The part of the picture that a crop shows, halved until it is less than twice as large as the crop."""
    times = min(halvings(scale), math.floor(math.log2(min(image.shape[:2]))))
    if times == 0:
        return image, matrix, scale
    step = 2**times
    back = np.linalg.inv(matrix[:, :2])
    corners = (np.array([(0, 0), (SIZE, 0), (0, SIZE), (SIZE, SIZE)]) - matrix[:, 2]) @ back.T
    margin = 2 * step
    (left, top), (right, bottom) = corners.min(0) - margin, corners.max(0) + margin
    height, width = image.shape[:2]
    x, y = (int(np.clip(low, 0, size - step)) for low, size in ((left, width), (top, height)))
    part = image[y : max(math.ceil(bottom), y + step), x : max(math.ceil(right), x + step)]
    # A point p of the picture lies at (p - corner + 0.5) / step - 0.5 in the halved part.
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (np.array([x, y]) + (step - 1) / 2)
    moved[:, :2] *= step
    return halved(part, times), moved, scale * step
