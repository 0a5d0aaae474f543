"""Shapes on pictures, drawn in place with smooth edges."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from ..palette import Rgb

_GROUND = (16, 16, 18)
# What each byte of the picture becomes under a panel: 72 % ground, 28 % picture.
_SHADES = np.round(0.28 * np.arange(256)[:, None, None] + 0.72 * np.array(_GROUND)).astype(np.uint8)
_SHIFT = 4  # cv2 takes points in sixteenths of a pixel


def darken(panel: np.ndarray, radius: int) -> None:
    """Lay a panel's rounded ground over a part of a picture, in place."""
    dark = cv2.LUT(panel, _SHADES)
    mask = rounded(panel.shape[0], panel.shape[1], radius)
    ends = (slice(0, radius), slice(-radius, None))
    for y in ends:
        for x in ends:
            part = mask[y, x, None].astype(np.uint16)
            dark[y, x] = (dark[y, x] * part + panel[y, x] * (255 - part)) // 255
    panel[:] = dark


@lru_cache(maxsize=256)
def rounded(height: int, width: int, radius: int) -> np.ndarray:
    """A rounded rectangle's coverage of each pixel, (h, w) uint8."""
    mask = np.zeros((height, width), np.uint8)
    mask[radius : height - radius] = 255
    mask[:, radius : width - radius] = 255
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def fill(image: np.ndarray, x1: float, y1: float, x2: float, y2: float, colour: Rgb) -> None:
    """Fill a rectangle, at least one pixel in each direction."""
    left, top, right, bottom = (max(round(float(v)), 0) for v in (x1, y1, x2, y2))
    image[top : max(bottom, top + 1), left : max(right, left + 1)] = colour


def _fixed(point: Sequence[float] | np.ndarray) -> tuple[int, int]:
    return round(float(point[0]) * 2**_SHIFT), round(float(point[1]) * 2**_SHIFT)


def line(
    image: np.ndarray, a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray,
    colour: Rgb, width: int,
) -> None:  # fmt: skip
    """Draw a line from one point (x, y) to another."""
    cv2.line(image, _fixed(a), _fixed(b), colour, width, cv2.LINE_AA, _SHIFT)


def circle(
    image: np.ndarray, centre: Sequence[float] | np.ndarray, radius: float, colour: Rgb, width: int
) -> None:
    """Draw a circle; a width of -1 fills it."""
    cv2.circle(image, _fixed(centre), round(radius * 2**_SHIFT), colour, width, cv2.LINE_AA, _SHIFT)
