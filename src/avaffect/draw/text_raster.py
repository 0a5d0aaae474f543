"""Text on pictures: each string is rendered once, then blended wherever it is needed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import ImageFont

from ..palette import Rgb

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def put_text(
    image: np.ndarray, text: str, at: tuple[float, float], size: int, colour: Rgb,
    *, bold: bool = False, align: str = "left",
) -> None:  # fmt: skip
    """Blend a line of text into a picture, in place; what lies outside the picture is cut off.

    Parameters
    ----------
    image : (h, w, 3) np.ndarray of uint8
    text : str
    at : (x, y)
        Pixels: the text's left end (or right end or middle, by ``align``) and its line's middle.
    size : int
        Font size in pixels.
    colour : (r, g, b)
    """
    mask = text_mask(text, size, bold)
    shift = {"left": 0.0, "centre": mask.shape[1] / 2, "right": float(mask.shape[1])}[align]
    blend(image, mask, round(at[0] - shift), round(at[1] - mask.shape[0] / 2), colour)


def text_width(text: str, size: int, *, bold: bool = False) -> int:
    """Pixels that `put_text` takes for a text."""
    return text_mask(text, size, bold).shape[1]


@lru_cache(maxsize=4096)
def text_mask(text: str, size: int, bold: bool) -> np.ndarray:
    """A text's coverage of each pixel, (h, w) uint8; one height for all texts of a size."""
    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    width = max(int(np.ceil(font.getlength(text))), 1)
    mask, (left, top) = font.getmask2(text, mode="L", anchor="ls")
    out = np.zeros((ascent + descent, width + 1), np.uint8)
    glyphs = np.array(mask, dtype=np.uint8).reshape(mask.size[::-1])
    y, x = ascent + top, max(left, 0)
    room = out[y : y + glyphs.shape[0], x : x + glyphs.shape[1]]
    room[:] = glyphs[: room.shape[0], : room.shape[1]]
    return out


def blend(image: np.ndarray, mask: np.ndarray, x: int, y: int, colour: Rgb) -> None:
    """Mix a colour into a picture, in place, by an (h, w) uint8 mask whose corner is at (x, y)."""
    top, left = max(y, 0), max(x, 0)
    room = image[top : max(y + mask.shape[0], 0), left : max(x + mask.shape[1], 0)]
    part = mask[top - y :, left - x :][: room.shape[0], : room.shape[1], None].astype(np.uint16)
    paint = np.array(colour, np.uint16)
    room[:] = ((255 - part) * room + part * paint + 127) // 255


@lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    # matplotlib brings DejaVu Sans with it, so that every machine has the same font.
    return ImageFont.truetype(_FONTS / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)
