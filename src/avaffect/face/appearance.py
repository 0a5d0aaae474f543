"""How alike two aligned face crops look: enough to tell apart the few people of one video.

This is no face recognition. It compares the fine pattern of light and dark, whose cosine stays above
0.8 within a shot of one person and below it for nearly all pairs of different people.
"""

from __future__ import annotations

import cv2
import numpy as np

_SIDE = 20


def describe(crops: np.ndarray) -> np.ndarray:
    """Unit vectors whose dot product says how alike two faces look.

    Parameters
    ----------
    crops : np.ndarray
        (n, 112, 112, 3) uint8 RGB, aligned.

    Returns
    -------
    np.ndarray
        (n, 400) float32: the picture at 20x20, less its slow changes, so that brightness and the
        direction of the light count little. A crop of one colour gives zeros.
    """
    vectors = np.zeros((len(crops), _SIDE * _SIDE), np.float32)
    for row, crop in zip(vectors, crops, strict=True):
        gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(gray, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        slow = cv2.GaussianBlur(small, (0, 0), 3, borderType=cv2.BORDER_REFLECT)
        detail = (small - slow).ravel()
        if np.abs(detail).max() >= 1:  # less than one gray level is rounding, no pattern
            row[:] = detail
    return unit(vectors)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, d) scaled to length one; a row of zeros stays one."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
