"""Text on pictures: each string is rendered once, then blended wherever it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

import numpy as np
from PIL import ImageFont

from ..palette import Rgb
from .letters import OWN, OWN_BOLD, fonts_of, letters_in


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
    ascent, descent = _font(OWN_BOLD if bold else OWN, size).getmetrics()
    runs = [(_font(path, size), run) for path, run in _runs(text, bold)]
    ends = np.cumsum([0.0, *(font.getlength(run) for font, run in runs)])
    out = np.zeros((ascent + descent, max(int(np.ceil(ends[-1])), 1) + 1), np.uint8)
    for (font, run), begin in zip(runs, ends, strict=False):
        mask, (left, top) = font.getmask2(run, mode="L", anchor="ls")
        glyphs = np.array(mask, dtype=np.uint8).reshape(mask.size[::-1])
        y, x = ascent + top, max(round(begin) + left, 0)
        glyphs = glyphs[max(-y, 0) :]  # fonts of other scripts may be higher
        room = out[max(y, 0) : max(y, 0) + glyphs.shape[0], x : x + glyphs.shape[1]]
        np.maximum(room, glyphs[: room.shape[0], : room.shape[1]], out=room)
    return out


def _runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """The parts of a text of which one font has all letters: the font's file, and the part."""
    own = letters_in(OWN_BOLD) if bold else frozenset()
    other = fonts_of(text)

    def font_of(letter: str) -> str:
        return OWN_BOLD if letter in own else other[letter].path if letter in other else OWN

    for path, run in groupby(text, key=font_of):
        yield path, "".join(run)


def blend(image: np.ndarray, mask: np.ndarray, x: int, y: int, colour: Rgb) -> None:
    """Mix a colour into a picture, in place, by an (h, w) uint8 mask whose corner is at (x, y)."""
    top, left = max(y, 0), max(x, 0)
    room = image[top : max(y + mask.shape[0], 0), left : max(x + mask.shape[1], 0)]
    part = mask[top - y :, left - x :][: room.shape[0], : room.shape[1], None].astype(np.uint16)
    paint = np.array(colour, np.uint16)
    room[:] = ((255 - part) * room + part * paint + 127) // 255


@lru_cache(maxsize=64)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
