"""How much a mouth changes its shape from one picture of a face to a later one.

Lips that talk change shape several times a second. A head that moves, a detector that trembles, light,
noise and compression change the whole face instead. So both the mouth and the upper face (eyes, nose) are
laid onto their earlier selves as well as shift, turn, scale and brightness allow, and what the mouth has left
over counts only as far as it is more than what the upper face has left over.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .align import SIZE

SIDE = SIZE // 2
"""Side of the reduced crop, in pixels: half of the aligned one, which averages out half of the noise."""

MIN_EYES = 24.0
"""Least distance of the eyes in the picture, in pixels, at which lips are read. With sharp pictures 12 px
would do; but at 20 px strong compression (H.264, crf 32) leaves lips that talk no more motion than
still ones."""

MAX_TURN = 0.6
"""Largest sideways distance of the nose from the middle of the eyes, in distances of the eyes: 0 is frontal.
The most turned face that was measured, whose lips could be read well, has 0.35."""

_REACH = 2  # pixels of the reduced crop that a box may have shifted
_BLUR = 0.7  # pixels; takes away the grain of the sensor and of the codec
_FLAT = 1.0  # squared gray levels a pixel: a box with less structure shows no motion


class _Box:
    """A part of the reduced crop, (top, bottom, left, right), as it lies in the margin of `reduced`."""

    def __init__(self, top: int, bottom: int, left: int, right: int) -> None:
        self.place = slice(top + _REACH, bottom + _REACH), slice(left + _REACH, right + _REACH)
        self.window = slice(top, bottom + 2 * _REACH), slice(left, right + 2 * _REACH)
        self.top, self.left, self.rows, self.columns = top, left, bottom - top, right - left
        # Row and column numbers from the middle, in heights of the box.
        v, u = np.mgrid[: self.rows, : self.columns].astype(np.float32) / self.rows
        self.v, self.u = v - v.mean(), u - u.mean()


# From under the nose to below the chin's dent, as wide as a smile; and the eyes, the nose, the cheeks.
_MOUTH, _UPPER = _Box(38, 55, 16, 40), _Box(20, 38, 13, 43)


def readable(landmarks: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether lips of this face can be read: it is large enough, not in profile, its mouth in the picture.

    Parameters
    ----------
    landmarks : np.ndarray
        (5, 2) px, as in `Detection`.
    size : tuple of int
        Height and width of the picture.
    """
    (x1, y1), (x2, y2), (x, y), *mouth = landmarks.tolist()
    eyes = math.hypot(x2 - x1, y2 - y1)
    if eyes < MIN_EYES:
        return False
    aside = (x - (x1 + x2) / 2) * (x2 - x1) + (y - (y1 + y2) / 2) * (y2 - y1)
    below = size[0] - 0.3 * eyes  # room for the lower lip
    inside = all(0 <= x <= size[1] and 0 <= y <= below for x, y in mouth)
    return abs(aside) <= MAX_TURN * eyes**2 and inside


def reduced(crop: np.ndarray) -> np.ndarray:
    """What `mouth_motion` compares of a crop.

    Parameters
    ----------
    crop : np.ndarray
        (112, 112, 3) uint8 RGB, aligned.

    Returns
    -------
    np.ndarray
        (3, 60, 60) float32: gray levels at half size with a margin of two repeated pixels, and their
        slopes to the right and down in gray levels a pixel.
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    out = np.empty((3, SIDE + 2 * _REACH, SIDE + 2 * _REACH), np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), _BLUR)
    out[0] = cv2.copyMakeBorder(smooth, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REPLICATE)
    out[1] = cv2.Sobel(out[0], cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
    out[2] = cv2.Sobel(out[0], cv2.CV_32F, 0, 1, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
    return out


def mouth_motion(before: np.ndarray, after: np.ndarray) -> float:
    """How far the mouth's outlines moved against each other, beyond what the upper face explains.

    What is left over is taken for outlines that moved: squared difference over squared slope of the
    brightness (the normal flow of Horn & Schunck, 1981, doi:10.1016/0004-3702(81)90024-2), mean over the
    mouth's box.

    Parameters
    ----------
    before, after : np.ndarray
        (3, 60, 60) from `reduced`, of one face, about 0.08 s apart.

    Returns
    -------
    float
        Pixels of the 112x112 crop, at least 0; NaN where the box of the mouth has no structure.
    """
    left, slope = _left_over(before, after, _MOUTH)
    if slope < _FLAT:
        return float("nan")
    noise, _ = _left_over(before, after, _UPPER)
    return SIZE / SIDE * float(np.sqrt(max(left - noise, 0.0) / slope))


def _left_over(before: np.ndarray, after: np.ndarray, box: _Box) -> tuple[float, float]:
    """Mean squared gray levels that differ after the best fit, and mean squared slope, in a box."""
    target = after[0][box.place]
    likeness = cv2.matchTemplate(before[0][box.window], target, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(likeness)
    top, left = box.top + y, box.left + x
    here, across, down = before[:, top : top + box.rows, left : left + box.columns]
    # A small shift, growth and turn change the picture by slope times displacement (Lucas & Kanade, 1981);
    # a change of light by a factor and an offset: six numbers, by least squares.
    changes = np.empty((6, box.rows, box.columns))
    changes[0], changes[1], changes[2], changes[3] = here, 1, across, down
    changes[4], changes[5] = box.u * across + box.v * down, box.u * down - box.v * across
    basis, values = changes.reshape(6, -1), target.ravel().astype(np.float64)
    normal = basis @ basis.T
    normal.flat[::7] *= 1 + 1e-6  # on the diagonal: a box of one colour has no unique fit
    normal.flat[::7] += 1e-9
    fitted = np.linalg.solve(normal, basis @ values) @ basis
    return float(np.square(values - fitted).mean()), float((np.square(across) + np.square(down)).mean())
