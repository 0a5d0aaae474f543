"""Valence and arousal over time, small and plain: a figure for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from ..arguments import checks_types
from ..errors import DataError, nearest
from ..palette import FAINT, INK
from ..spec import TARGETS
from ..trace import time_axis
from ..trace.describe import ENDS
from ..trace.edits import Edits
from ..trace.groups import Group, groups_of
from ..trace.names import shortened
from ..trace.resample_bins import smoothed, with_gaps
from ..trace.summary import Person, summarise
from ..trace.table import Trace
from .figure import Plot, save
from .panels import mark_time

SIZE = (180.0, 90.0)
"""Millimetres: the width of a page of most journals."""

_SMALLEST, _LARGEST = 40.0, 1000.0  # millimetres
_MOST = 6  # people
_DOTS = 300  # an inch, of a bitmap


@checks_types
def plot_courses(
    trace: Trace,
    path: str | Path | None = None,
    *,
    people: Sequence[int | str] | None = None,
    span: tuple[float, float] | None = None,
    size: tuple[float, float] = SIZE,
    smooth: float = 0.0,
) -> Plot:
    """Draw valence above arousal, each person in one colour, with their intervals.

    Parameters
    ----------
    trace : Trace
        Of one file.
    path : path, optional
        Where to write the picture; its ending chooses the format (``.pdf`` and ``.svg`` for print; a
        bitmap has 300 dots an inch).
    people : sequence of int or str, optional
        Numbers or names, a name for all who have it; by default all, of more than six those seen longest.
    span : (float, float), optional
        Seconds that are shown; by default all.
    size : (float, float)
        Width and height in millimetres. Letters are of 8 points whatever the size.
    smooth : float
        Seconds of a centred moving mean; 0 for none. Say so in the caption.

    Raises
    ------
    DataError
        If the trace has several files, nobody is called so, or a value is out of range.
    """
    if len(trace.files) != 1:
        raise DataError(f"a plot shows one file, the trace has {len(trace.files)}; plot trace.file(name)")
    if not all(_SMALLEST <= side <= _LARGEST for side in size):
        raise DataError(f"size={size[0]:g}x{size[1]:g}: expected 40 to 1000 millimetres each way")
    if not 0 <= smooth < np.inf:
        raise DataError(f"smooth={smooth:g}: expected seconds, 0 for none")
    if people is not None and not people:
        raise DataError("people names nobody; give numbers or names, or leave it out for everybody")
    groups = _groups(trace, people)
    index = trace.table.index
    whole = (float(index.get_level_values("start").min()), float(index.get_level_values("end").max()))
    first, last = span if span is not None else whole
    if not (first < last and first < whole[1] and last > whole[0]):
        raise DataError(
            f"span={first:g}-{last:g}: expected seconds within {whole[0]:g} to {whole[1]:g}, the first first"
        )
    figure = Plot(
        figsize=(size[0] / 25.4, size[1] / 25.4), dpi=_DOTS, facecolor="white", layout="constrained"
    )
    FigureCanvasAgg(figure)
    several = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.06})
    for axes, target in zip(several, TARGETS, strict=True):
        for group in groups:
            _draw(axes, group, target, smooth)
        _style(axes, target)
    several[1].set_xlim(first, last)
    mark_time(several[1], last - first, max(int(size[0] / 20), 2))
    several[1].set_xlabel(f"time ({time_axis.unit(last - first)})", fontsize=8, color=INK)
    if len(groups) > 1:
        lines = [
            Line2D([], [], color=g.colour, linewidth=2, label=shortened(g.label, 20).replace("$", r"\$"))
            for g in groups
        ]
        figure.legend(
            handles=lines, loc="outside upper right", ncols=len(lines), frameon=False, fontsize=8,
            handlelength=1.2,
        )  # fmt: skip
    if path is not None:
        save(figure, path)
    return figure


def _groups(trace: Trace, people: Sequence[int | str] | None) -> list[Group]:
    everyone = {person.track: person for person in summarise(trace.table, trace.meta).people}
    if people is None:
        return groups_of(trace.table, everyone, _MOST)
    groups = groups_of(trace.table, everyone, len(everyone) + 1)
    meant = dict.fromkeys(track for who in people for track in _tracks(who, trace, everyone))
    return [next(g for g in groups if g.track == track) for track in meant]


def _tracks(who: int | str, trace: Trace, everyone: dict[int | None, Person]) -> list[int]:
    found = Edits.of(trace.meta, trace.files[0]).called(who, trace.tracks)
    if not found:
        known = [person.name or str(track) for track, person in everyone.items() if track is not None]
        raise DataError(f"nobody is called {who!r}; {nearest(str(who), known)}")
    return found


def _draw(axes: Axes, group: Group, target: str, smooth: float) -> None:
    columns = group.rows[[target, f"{target}_lo", f"{target}_hi"]].to_numpy()
    if smooth > 0:
        columns = columns.copy()
        for column in range(columns.shape[1]):
            columns[:, column] = smoothed(group.start, group.end, columns[:, column], smooth)
    time, lines = with_gaps(group.start, group.end, columns)
    value, low, high = lines.T
    axes.fill_between(time, low, high, color=group.colour, alpha=0.18, linewidth=0)
    axes.plot(time, value, color=group.colour, linewidth=1.1, gid=f"{target} {group.track}")


def _style(axes: Axes, target: str) -> None:
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    axes.axhline(0, color=FAINT, linewidth=0.6, zorder=1)
    low, high = ENDS[target]
    axes.set_ylabel(f"{target}\n{low} – {high}", fontsize=8, color=INK)
    axes.tick_params(labelsize=8, width=0.6, length=2.5)
    axes.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_linewidth(0.6)
