"""Valence and arousal over time as a small SVG picture for a web page.

Lines of text and axes have the page's own colour (``currentColor``), so that the picture is readable on a
light and on a dark page. It needs no script, style sheet, font or file.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from ..spec import TARGETS
from . import time_axis
from .describe import ENDS
from .groups import Group
from .resample_bins import thinned

POINTS = 300  # of a line; of more rows, means over even steps are drawn
WIDTH = 720  # of the picture
LEFT, AFTER = 78, 20  # of the picture, before and after the axes
_TOP, _HEIGHT, _GAP = 8, 86, 16  # of the first axes, of each, and between them
_APART = 70  # between two marks of time, at least
_END = _TOP + 2 * _HEIGHT + _GAP
_TEXT = 'fill="currentColor" font-size="11"'
_RULE = 'stroke="currentColor" stroke-width="1" fill="none"'


def draw_chart(groups: Sequence[Group], limits: tuple[float, float], name: str, width: int = WIDTH) -> str:
    """An ``<svg>`` element; lines break where there is no prediction.

    Parameters
    ----------
    groups : sequence of Group
        Of one file.
    limits : (float, float)
        Seconds at which the axis of time begins and ends.
    name : str
        What readers who do not see the picture are told that it shows.
    width : int
        Of the picture; letters are of 11 whatever the width.
    """
    right = width - AFTER
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_END + 32}" role="img"'
        f' aria-label="{escape(f"valence and arousal over time: {name}")}" font-family="sans-serif"'
        f' style="display:block;width:100%;max-width:{width}px;height:auto">',
        *_time_axis(limits, right),
    ]
    for row, target in enumerate(TARGETS):
        top = _TOP + row * (_HEIGHT + _GAP)
        parts += _axes(target, top, right)
        curves = [(group, *_curve(group, target, top, limits, right)) for group in groups]
        parts += [_band(*curve) for curve in curves]
        parts += [_line(*curve, target) for curve in curves]
    return "".join([*parts, "</svg>"])


def _axes(target: str, top: int, right: int) -> list[str]:
    """Frame, zero line, the target's name and what the ends of its scale mean."""
    low, high = ENDS[target]
    middle, bottom = top + _HEIGHT // 2, top + _HEIGHT
    marks = [(top + 9, high, "normal"), (middle + 4, target, "bold"), (bottom - 1, low, "normal")]
    return [
        f'<path d="M{LEFT} {top}V{bottom}M{LEFT} {top}H{right}M{LEFT} {bottom}H{right}"'
        f' {_RULE} opacity="0.25"/>',
        f'<path d="M{LEFT} {middle}H{right}" {_RULE} opacity="0.5"/>',
        *(
            f'<text x="{LEFT - 6}" y="{y}" text-anchor="end" {_TEXT} font-weight="{weight}">{word}</text>'
            for y, word, weight in marks
        ),
    ]


def _time_axis(limits: tuple[float, float], right: int) -> list[str]:
    first, last = limits
    step = time_axis.step(last - first, (right - LEFT) // _APART)
    marks = np.arange(np.ceil(first / step - 1e-9), np.floor(last / step + 1e-9) + 1) * step
    parts = []
    for mark, x in zip(marks, _across(marks, limits, right), strict=True):
        word = time_axis.clock(float(round(mark, 6)), last - first)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_END}" {_RULE} opacity="0.12"/>')
        parts.append(f'<text x="{x:.1f}" y="{_END + 14}" text-anchor="middle" {_TEXT}>{word}</text>')
    middle, unit = (LEFT + right) // 2, time_axis.unit(last - first)
    return [*parts, f'<text x="{middle}" y="{_END + 28}" text-anchor="middle" {_TEXT}>time ({unit})</text>']


def _across(time: np.ndarray, limits: tuple[float, float], right: int) -> np.ndarray:
    return np.asarray(LEFT + (time - limits[0]) / (limits[1] - limits[0]) * (right - LEFT))


def _curve(
    group: Group, target: str, top: int, limits: tuple[float, float], right: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points in the picture: x (m,), and y (m, 3) of the value and its interval's two ends."""
    columns = group.rows[[target, f"{target}_lo", f"{target}_hi"]].to_numpy()
    time, values = thinned(group.start, group.end, columns, POINTS)
    return _across(time, limits, right), np.asarray(top + (1 - values.clip(-1, 1)) / 2 * _HEIGHT)


def _band(group: Group, x: np.ndarray, y: np.ndarray) -> str:
    """One person's interval."""
    shapes = [
        f"M{_points(x[run], y[run, 2])}L{_points(x[run][::-1], y[run, 1][::-1])}Z"
        for run in _runs(y.sum(axis=1))
    ]
    return f'<path d="{"".join(shapes)}" fill="{_colour(group)}" opacity="0.22"/>' if shapes else ""


def _line(group: Group, x: np.ndarray, y: np.ndarray, target: str) -> str:
    """One person's value; a point alone is a dot."""
    # A line of no length with round ends is the dot.
    lines = [f"M{_points(x[run], y[run, 0])}h0" for run in _runs(y[:, 0])]
    if not lines:
        return ""
    return (
        f'<path class="{target}" d="{"".join(lines)}" stroke="{_colour(group)}" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" fill="none"/>'
    )


def _colour(group: Group) -> str:
    return "currentColor" if group.track is None else group.colour


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _runs(values: np.ndarray) -> list[slice]:
    """Where values are known, as slices of neighbours.

    >>> _runs(np.array([0.1, 0.2, np.nan, 0.3]))
    [slice(0, 2, None), slice(3, 4, None)]
    """
    edges = np.flatnonzero(np.diff(np.isfinite(values).astype(int), prepend=0, append=0))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
