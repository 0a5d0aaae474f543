"""What is drawn on a frame: a box round each face, and a panel with each person's figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from ..errors import DataError
from ..trace.summary import SPEAKING
from . import palette
from .text_raster import blend, put_text, text_width

Colour = tuple[int, int, int]
Rectangle = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels, x2 and y2 outside

DOCKS = ("bottom left", "bottom right", "top left", "top right")

_GROUND: Colour = (16, 16, 18)
_INK: Colour = (245, 245, 245)
_DIM: Colour = (165, 165, 165)
_RAIL: Colour = (78, 78, 78)
_BADGE: Colour = (240, 190, 80)
# what each byte of the picture becomes under a panel: 72 % ground, 28 % picture
_SHADES = np.round(0.28 * np.arange(256)[:, None, None] + 0.72 * np.array(_GROUND)).astype(np.uint8)
_SHIFT = 4  # cv2 takes points in sixteenths of a pixel
_COMPACT = 200  # pixels of height below which a panel holds valence and arousal only


@dataclass(frozen=True)
class Moment:
    """One person at one frame.

    Attributes
    ----------
    track : int or None
        None: a voice without anybody in view.
    slot : int
        Place of the panel, from the left.
    valence, arousal : (3,) tuple of float
        Value, lower and upper end of its interval; NaN where there is none.
    box : (4,) np.ndarray or None
        The face, x1, y1, x2, y2 in pixels; None where there is none.
    voiced, speaking : float
        Probability of speech, and of its being this person's: [0, 1] or NaN.
    attended, share : (2,) tuple of float
        Gates of voice and face, as the table's columns of these names: [0, 1] or NaN.
    colour : (r, g, b)
    path : (n, 2) np.ndarray
        Valence and arousal of the last moments, oldest first; NaN where it breaks.
    """

    track: int | None
    slot: int
    valence: tuple[float, float, float]
    arousal: tuple[float, float, float]
    box: np.ndarray | None = None
    voiced: float = np.nan
    speaking: float = np.nan
    attended: tuple[float, float] = (np.nan, np.nan)
    share: tuple[float, float] = (np.nan, np.nan)
    colour: Colour = palette.rgb(palette.BRIGHT[0])
    path: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))


@dataclass(frozen=True)
class Layout:
    """Sizes for pictures of one size; all in pixels.

    >>> layout = Layout(640, 360)
    >>> layout.font, layout.panel(0, "bottom left")
    (12, (7, 262, 235, 353))
    """

    width: int
    height: int

    @property
    def font(self) -> int:
        """Font size."""
        return max(9, round(12 * min(self.width / 640, self.height / 360)))

    @property
    def compact(self) -> bool:
        """Whether there is room for valence and arousal only."""
        return self.height < _COMPACT or self.width < 20.4 * self.font

    @property
    def line(self) -> int:
        """Width of a box's line."""
        return max(1, math.ceil(2 * min(self.width / 640, self.height / 360)))

    @property
    def size(self) -> tuple[int, int]:
        """A panel's width and height."""
        wide, high = (11.6, 4.7) if self.compact else (19.0, 7.6)
        return round(wide * self.font), round(high * self.font)

    @property
    def slots(self) -> int:
        """How many panels fit side by side."""
        gap = round(0.6 * self.font)
        return max(1, (self.width - gap) // (self.size[0] + gap))

    def panel(self, slot: int, dock: str) -> Rectangle:
        """Where the panel of a slot lies: side by side from the corner ``dock``, one of `DOCKS`."""
        width, height = self.size
        gap = round(0.6 * self.font)
        x = gap + slot * (width + gap)
        if dock.endswith("right"):
            x = self.width - x - width
        y = gap if dock.startswith("top") else self.height - gap - height
        x, y = max(x, 0), max(y, 0)
        return x, y, min(x + width, self.width), min(y + height, self.height)

    def tag(self, moment: Moment) -> Rectangle | None:
        """Where the name on a person's box lies: on its upper edge, inside the picture."""
        if moment.box is None:
            return None
        height = round(1.35 * self.font)
        width = text_width(tag_text(moment, self), self.font, bold=True) + round(0.7 * self.font)
        x = int(np.clip(round(moment.box[0]), 0, max(self.width - width, 0)))
        y = int(np.clip(round(moment.box[1]) - height, 0, max(self.height - height, 0)))
        return x, y, min(x + width, self.width), min(y + height, self.height)


def draw(image: np.ndarray, people: Sequence[Moment], *, dock: str = "bottom left") -> np.ndarray:
    """A frame with everybody's box and panel.

    Parameters
    ----------
    image : (h, w, 3) np.ndarray of uint8
        RGB; not changed.
    people : sequence of Moment
        Those whose slot does not fit the picture get their figures on their box instead of a panel.
    dock : str
        Corner from which panels stand side by side, one of `DOCKS`.

    Returns
    -------
    (h, w, 3) np.ndarray of uint8

    Raises
    ------
    DataError
        If the image is no RGB picture of bytes.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise DataError(f"expected an (h, w, 3) uint8 picture, got {image.shape} {image.dtype}")
    out = np.ascontiguousarray(image).copy()
    layout = Layout(image.shape[1], image.shape[0])
    for moment in people:
        if moment.slot < layout.slots:
            _draw_panel(out, moment, layout, layout.panel(moment.slot, dock))
    for moment in people:
        _draw_box(out, moment, layout)
    return out


def tag_text(moment: Moment, layout: Layout) -> str:
    """What a person's box is called; with the figures if there is no room for a panel."""
    if moment.slot < layout.slots:
        return f"{moment.track}"
    return f"{moment.track}  {_number(moment.valence[0])} {_number(moment.arousal[0])}"


def _draw_box(out: np.ndarray, moment: Moment, layout: Layout) -> None:
    tag = layout.tag(moment)
    if moment.box is None or tag is None:
        return
    x1, y1, x2, y2 = (round(float(v)) for v in moment.box)
    colour, line = moment.colour, layout.line
    cv2.rectangle(out, (x1, y1), (x2, y2), colour, line, cv2.LINE_AA)
    out[tag[1] : tag[3], tag[0] : tag[2]] = colour
    middle = (tag[0] + 0.35 * layout.font, (tag[1] + tag[3]) / 2)
    put_text(out, tag_text(moment, layout), middle, layout.font, (20, 20, 20), bold=True)


def _draw_panel(out: np.ndarray, moment: Moment, layout: Layout, place: Rectangle) -> None:
    x1, y1, x2, y2 = place
    font = layout.font
    panel = out[y1:y2, x1:x2]  # a view: all drawing below stays inside the panel
    _darken(panel, font // 2)
    pad, colour, targets = 0.7 * font, moment.colour, (moment.valence, moment.arousal)
    if layout.compact:
        _draw_head(panel, moment, (pad, 0.95 * font), font, compact=True)
        for k, name in enumerate(("V", "A")):
            at = (pad, 2.4 * font + k * 1.3 * font)
            _draw_bar(panel, name, targets[k], at, font, 1.4, colour)
        return
    _draw_head(panel, moment, (pad, 1.05 * font), font, compact=False)
    for k, name in enumerate(("valence", "arousal")):
        at = (pad, 2.75 * font + k * 1.3 * font)
        _draw_bar(panel, name, targets[k], at, font, 4.3, colour)
    word, gates = ("share", moment.share) if np.isfinite(moment.share).any() else ("gate", moment.attended)
    for k, name in enumerate(("voice", "face")):
        at = (pad, 5.4 * font + k * 1.2 * font)
        _draw_gate(panel, f"{name} {word}", gates[k], at, font)
    _draw_circumplex(panel, moment, (16.2 * font, 4.65 * font), 2.25 * font)


def _draw_head(
    panel: np.ndarray, moment: Moment, at: tuple[float, float], font: int, *, compact: bool
) -> None:
    """The person's name; speech that may be theirs, as a filled or an open dot; what the figures rest on."""
    x, y = at
    name = "voice" if moment.track is None else f"person {moment.track}"
    name = name.removeprefix("person ") if compact else name
    put_text(panel, name, (x, y), font, moment.colour, bold=True)
    right = panel.shape[1] - x
    word, loud = said(moment), moment.voiced >= SPEAKING and not moment.speaking < SPEAKING
    word = "" if compact else word
    put_text(panel, word, (right, y), font - 1, _INK if loud else _DIM, align="right")
    dot = right - text_width(word, font - 1) - 0.55 * font
    _circle(panel, (dot, y), 0.28 * font, _INK if loud else _DIM, -1 if loud else 1)
    known = np.isfinite([moment.valence[0], moment.arousal[0]]).any()
    badge = "no prediction" if not known else "voice only" if moment.box is None else ""
    if badge and moment.track is not None:
        x += text_width(name, font, bold=True) + 0.55 * font
        width = text_width(badge, font - 2)
        mask = _rounded(round(1.3 * font), round(width + 0.6 * font), font // 3)
        blend(panel, mask, round(x), round(y - mask.shape[0] / 2), _BADGE if known else _DIM)
        put_text(panel, badge, (x + 0.3 * font, y), font - 2, (20, 20, 20))


def said(moment: Moment) -> str:
    """Whether speech is heard, and if it is known: whether this person's."""
    if np.isnan(moment.voiced):
        return "no sound"
    if moment.voiced < SPEAKING:
        return "silence"
    if np.isnan(moment.speaking):
        return "speech"
    return "speaks" if moment.speaking >= SPEAKING else "listens"


def _draw_bar(
    panel: np.ndarray, name: str, value: tuple[float, float, float], at: tuple[float, float],
    font: int, indent: float, colour: Colour,
) -> None:  # fmt: skip
    """A target from -1 to 1: its interval as a band, its value as a bar from zero, its number."""
    x, y = at
    put_text(panel, name, (x, y), font - 1, _DIM)
    left, length, half = x + indent * font, 5.0 * font, 0.32 * font
    _fill(panel, left, y - 0.08 * font, left + length, y + 0.08 * font, _RAIL)

    def place(number: float) -> float:
        return left + length * (np.clip(number, -1, 1) + 1) / 2

    mean, low, high = value
    if np.isfinite(low) and np.isfinite(high):
        band: Colour = tuple(c // 3 + 30 for c in colour)  # type: ignore[assignment]
        _fill(panel, place(low), y - half, place(high), y + half, band)
    if np.isfinite(mean):
        first, last = sorted((place(0), place(mean)))
        _fill(panel, first, y - 0.6 * half, max(last, first + 1), y + 0.6 * half, colour)
    _fill(panel, place(0) - 0.5, y - half, place(0) + 0.5, y + half, _INK)
    put_text(panel, _number(mean), (left + length + 0.35 * font, y), font, _INK)


def _draw_gate(panel: np.ndarray, name: str, weight: float, at: tuple[float, float], font: int) -> None:
    x, y = at
    put_text(panel, name, (x, y), max(font - 2, 8), _DIM)
    left, length, half = x + 5.6 * font, 3.7 * font, 0.2 * font
    _fill(panel, left, y - half, left + length, y + half, _RAIL)
    if np.isfinite(weight):
        _fill(panel, left, y - half, left + length * weight, y + half, _INK)
        text = f"{weight:.2f}"
    else:
        text = "–"
    put_text(panel, text, (left + length + 0.35 * font, y), max(font - 2, 8), _DIM)


def _draw_circumplex(panel: np.ndarray, moment: Moment, centre: tuple[float, float], radius: float) -> None:
    """The unit circle, valence to the right and arousal up, and the last moments' path."""
    _circle(panel, centre, radius, _DIM, 1)
    (x, y), colour = centre, moment.colour
    _line(panel, (x - radius, y), (x + radius, y), _RAIL, 1)
    _line(panel, (x, y - radius), (x, y + radius), _RAIL, 1)
    points = np.clip(moment.path, -1, 1) * [radius, -radius] + centre
    width = max(1, round(radius / 16))
    for k in range(len(points) - 1):
        if np.isfinite(points[k : k + 2]).all():
            age = (k + 1) / len(points)  # older parts fade into the panel
            faded: Colour = tuple(round(40 + (c - 40) * age) for c in colour)  # type: ignore[assignment]
            _line(panel, points[k], points[k + 1], faded, width)
    here = np.array([moment.valence[0], moment.arousal[0]])
    if np.isfinite(here).all():
        _circle(panel, here * [radius, -radius] + centre, 0.13 * radius, _INK, -1)


def _number(value: float) -> str:
    return f"{value:+.2f}" if np.isfinite(value) else "–"


def _darken(panel: np.ndarray, radius: int) -> None:
    """Lay a panel's rounded ground over a part of a picture, in place."""
    dark = cv2.LUT(panel, _SHADES)
    mask = _rounded(panel.shape[0], panel.shape[1], radius)
    ends = (slice(0, radius), slice(-radius, None))
    for y in ends:
        for x in ends:
            part = mask[y, x, None].astype(np.uint16)
            dark[y, x] = (dark[y, x] * part + panel[y, x] * (255 - part)) // 255
    panel[:] = dark


@lru_cache(maxsize=256)
def _rounded(height: int, width: int, radius: int) -> np.ndarray:
    """A rounded rectangle's coverage of each pixel, (h, w) uint8."""
    mask = np.zeros((height, width), np.uint8)
    mask[radius : height - radius] = 255
    mask[:, radius : width - radius] = 255
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def _fill(image: np.ndarray, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> None:
    left, top, right, bottom = (max(round(float(v)), 0) for v in (x1, y1, x2, y2))
    image[top : max(bottom, top + 1), left : max(right, left + 1)] = colour


def _fixed(point: Sequence[float] | np.ndarray) -> tuple[int, int]:
    return round(float(point[0]) * 2**_SHIFT), round(float(point[1]) * 2**_SHIFT)


def _line(
    image: np.ndarray, a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray,
    colour: Colour, width: int,
) -> None:  # fmt: skip
    cv2.line(image, _fixed(a), _fixed(b), colour, width, cv2.LINE_AA, _SHIFT)


def _circle(
    image: np.ndarray, centre: Sequence[float] | np.ndarray, radius: float, colour: Colour, width: int
) -> None:
    cv2.circle(image, _fixed(centre), round(radius * 2**_SHIFT), colour, width, cv2.LINE_AA, _SHIFT)
