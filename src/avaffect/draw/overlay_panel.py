"""One person's panel on a frame: name, what the figures rest on, bars, gates and a small circumplex."""

from __future__ import annotations

import numpy as np

from ..palette import Rgb
from ..trace.summary import SPEAKING
from .moments import Moment
from .overlay_layout import Layout, Rectangle, called, signed
from .shape_raster import circle, darken, fill, line, rounded
from .text_raster import blend, put_text, text_width

_INK: Rgb = (245, 245, 245)
_DIM: Rgb = (165, 165, 165)
_RAIL: Rgb = (112, 112, 112)
_BADGE: Rgb = (240, 190, 80)

GATE_INDENT = 7.7
"""From where a gate's name begins to where its bar does, in font sizes."""


def draw_panel(out: np.ndarray, moment: Moment, layout: Layout, place: Rectangle) -> None:
    """Draw a person's panel into a picture, in place.

    Parameters
    ----------
    out : (h, w, 3) np.ndarray of uint8
    moment : Moment
    layout : Layout
        Of pictures of this size.
    place : Rectangle
        Where the panel lies.
    """
    x1, y1, x2, y2 = place
    font = layout.font
    panel = out[y1:y2, x1:x2]  # a view: all drawing below stays inside the panel
    darken(panel, font // 2)
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
    shared = np.isfinite(moment.share).any()
    names = ("voice counts", "face counts") if shared else ("voice uses face", "face uses voice")
    for k, (name, gate) in enumerate(zip(names, moment.share if shared else moment.attended, strict=True)):
        _draw_gate(panel, name, gate, (pad, 5.4 * font + k * 1.2 * font), font)
    _draw_circumplex(panel, moment, (16.2 * font, 4.65 * font), 2.25 * font)


def _draw_head(
    panel: np.ndarray, moment: Moment, at: tuple[float, float], font: int, *, compact: bool
) -> None:
    """The person's name; speech that may be theirs, as a filled or an open dot; what the figures rest on."""
    x, y = at
    number = f"{moment.track}" if compact else f"person {moment.track}"
    name = "voice" if moment.track is None else called(moment, number, 7 if compact else 12)
    put_text(panel, name, (x, y), font, moment.colour, bold=True)
    right = panel.shape[1] - x
    word, loud = speech_label(moment), moment.voiced >= SPEAKING and not moment.speaking < SPEAKING
    word = "" if compact else word
    put_text(panel, word, (right, y), font - 1, _INK if loud else _DIM, align="right")
    dot = right - text_width(word, font - 1) - 0.55 * font
    circle(panel, (dot, y), 0.28 * font, _INK if loud else _DIM, -1 if loud else 1)
    known = np.isfinite([moment.valence[0], moment.arousal[0]]).any()
    badge = "no prediction" if not known else "by voice" if moment.box is None else ""
    if badge and moment.track is not None:
        x += text_width(name, font, bold=True) + 0.55 * font
        width = text_width(badge, font - 2)
        mask = rounded(round(1.3 * font), round(width + 0.6 * font), font // 3)
        blend(panel, mask, round(x), round(y - mask.shape[0] / 2), _BADGE if known else _DIM)
        put_text(panel, badge, (x + 0.3 * font, y), font - 2, (20, 20, 20))


def speech_label(moment: Moment) -> str:
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
    font: int, indent: float, colour: Rgb,
) -> None:  # fmt: skip
    """A target from -1 to 1: its interval as a band, its value as a bar from zero, its number."""
    x, y = at
    put_text(panel, name, (x, y), font - 1, _DIM)
    left, length, half = x + indent * font, 5.0 * font, 0.32 * font
    fill(panel, left, y - 0.08 * font, left + length, y + 0.08 * font, _RAIL)

    def place(number: float) -> float:
        return left + length * (np.clip(number, -1, 1) + 1) / 2

    mean, low, high = value
    if np.isfinite(low) and np.isfinite(high):
        band: Rgb = tuple(c // 3 + 30 for c in colour)  # type: ignore[assignment]
        fill(panel, place(low), y - half, place(high), y + half, band)
    if np.isfinite(mean):
        first, last = sorted((place(0), place(mean)))
        fill(panel, first, y - 0.6 * half, max(last, first + 1), y + 0.6 * half, colour)
    fill(panel, place(0) - 0.5, y - half, place(0) + 0.5, y + half, _INK)
    put_text(panel, signed(mean), (left + length + 0.35 * font, y), font, _INK)


def _draw_gate(panel: np.ndarray, name: str, weight: float, at: tuple[float, float], font: int) -> None:
    """A share from 0 to 1: what the model took of a stream, or what a stream took of the other, as a bar."""
    x, y = at
    put_text(panel, name, (x, y), max(font - 2, 8), _DIM)
    left, length, half = x + GATE_INDENT * font, 1.6 * font, 0.2 * font
    fill(panel, left, y - half, left + length, y + half, _RAIL)
    if np.isfinite(weight):
        fill(panel, left, y - half, left + length * weight, y + half, _INK)
        text = f"{100 * weight:.0f} %"
    else:
        text = "–"
    put_text(panel, text, (left + length + 0.35 * font, y), max(font - 2, 8), _DIM)


def _draw_circumplex(panel: np.ndarray, moment: Moment, centre: tuple[float, float], radius: float) -> None:
    """The unit circle, valence to the right and arousal up, and the last moments' path."""
    circle(panel, centre, radius, _DIM, 1)
    (x, y), colour = centre, moment.colour
    line(panel, (x - radius, y), (x + radius, y), _RAIL, 1)
    line(panel, (x, y - radius), (x, y + radius), _RAIL, 1)
    points = np.clip(moment.path, -1, 1) * [radius, -radius] + centre
    width = max(1, round(radius / 16))
    for k in range(len(points) - 1):
        if np.isfinite(points[k : k + 2]).all():
            age = (k + 1) / len(points)  # older parts fade into the panel
            faded: Rgb = tuple(round(40 + (c - 40) * age) for c in colour)  # type: ignore[assignment]
            line(panel, points[k], points[k + 1], faded, width)
    here = np.array([moment.valence[0], moment.arousal[0]])
    if np.isfinite(here).all():
        circle(panel, here * [radius, -radius] + centre, 0.13 * radius, _INK, -1)
