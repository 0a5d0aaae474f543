"""Pictures of a comparison: both groups over time and person by person; the correlation at each lag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from ..arguments import checks_types
from ..draw.figure import Plot, save
from ..draw.panels import style_target, style_time
from ..errors import DataError
from ..evaluate.bootstrap import Estimate
from ..palette import FAINT, INK, PEOPLE, RULE
from ..spec import TARGETS
from ..trace.describe import ENDS
from ..trace.names import shortened
from .course import Course
from .dyads import in_words, is_found
from .groups import GroupComparison, Statistic
from .synchrony import LEVEL, Synchrony

SIZE = (13.0, 7.4)  # inches
_COLOURS = PEOPLE[:2]
_CAPTION = "The expression as raters see it, not a feeling."
_MOST_LINES = 60  # of single people in one panel; of more, only the means are drawn


@checks_types
def draw_groups(comparison: GroupComparison, path: str | Path | None = None) -> Plot:
    """Draw two groups: left their mean courses with intervals, right each person's mean.

    Parameters
    ----------
    comparison : GroupComparison
    path : path, optional
        Where to write the picture; its ending chooses the format.

    Raises
    ------
    DataError
        If the picture cannot be written.
    """
    figure = Plot(figsize=SIZE, dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    names = [shortened(name, 40) for name in comparison.names]
    sizes = [len({case.file for case in group}) for group in comparison.cases]
    lines = [
        Line2D([], [], color=colour, linewidth=4, label=f"{name} ({size} recording{'s' * (size != 1)})")
        for colour, name, size in zip(_COLOURS, names, sizes, strict=True)
    ]
    figure.legend(
        handles=lines, loc="upper left", bbox_to_anchor=(0.07, 0.985), ncols=2, frameon=False, fontsize=13
    )
    for row, target in enumerate(TARGETS):
        bottom = 0.56 - row * 0.4
        axes = figure.add_axes((0.08, bottom, 0.56, 0.36), label=target)
        _draw_courses(axes, comparison.courses[target])
        style_target(axes, target, ENDS[target])
        if row == len(TARGETS) - 1:
            style_time(axes, (0.0, max(c.time[-1] + c.time[0] for c in comparison.courses[target])))
        else:
            axes.set_xlim(0.0, max(c.time[-1] + c.time[0] for c in comparison.courses[target]))
        beside = figure.add_axes((0.69, bottom, 0.29, 0.36), label=f"{target} means")
        _draw_means(beside, comparison, target, names)
        beside.tick_params(labelbottom=row == len(TARGETS) - 1)  # what lies below has the same groups
    figure.text(0.08, 0.012, _group_caption(comparison), fontsize=10.5, color="#6A6A6A", linespacing=1.45)
    if path is not None:
        save(figure, path)
    return figure


@checks_types
def draw_synchrony(found: Mapping[str, Synchrony], path: str | Path | None = None) -> Plot:
    """Draw the correlation of two people at each lag, with what chance reaches.

    Parameters
    ----------
    found : mapping of str to Synchrony
        By target.
    path : path, optional
        Where to write the picture; its ending chooses the format.

    Raises
    ------
    DataError
        If there is no correlation to draw, or the picture cannot be written.
    """
    if not is_found(found):
        raise DataError(f"no plot: {'; '.join(line for one in found.values() for line in in_words(one))}")
    figure = Plot(figsize=(11.0, 4.6), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    for column, (target, one) in enumerate(found.items()):
        axes = figure.add_axes((0.08 + 0.485 * column, 0.25, 0.41, 0.6), label=target)
        axes.axhline(0, color=FAINT, linewidth=1)
        axes.axvline(0, color=FAINT, linewidth=1)
        axes.plot(one.lags, one.correlation, color=PEOPLE[column], linewidth=2)
        axes.set_ylim(-1, 1.02)
        axes.set_xlim(one.lags[0], one.lags[-1])
        if np.isfinite(one.chance):
            axes.axhline(one.chance, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.annotate(
                f"{100 * LEVEL:.0f} % of unrelated courses stay below", (one.lags[0], one.chance),
                xytext=(4, -11), textcoords="offset points", fontsize=9.5, color=INK,
                bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
            )  # fmt: skip
        if np.isfinite(one.lag):
            axes.plot([one.lag], [one.peak], "o", color=PEOPLE[column], markersize=8)
        axes.set_title(f"{target}: {_peak_words(one)}", fontsize=11.5, color=INK, loc="left")
        first, second = (shortened(name, 16) for name in one.names)
        axes.set_xlabel(
            f"lag (s)    left: {first} follows    right: {second} follows", fontsize=10.5, color=INK
        )
        if column == 0:
            axes.set_ylabel("correlation", fontsize=11, color=INK)
        axes.grid(color=RULE, linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
    seconds = min((one.seconds for one in found.values()), default=0.0)
    text = f"{seconds:.0f} s in which both have a value, each less its straight trend.  {_CAPTION}"
    figure.text(0.07, 0.03, text, fontsize=10.5, color="#6A6A6A")
    if path is not None:
        save(figure, path)
    return figure


def _peak_words(one: Synchrony) -> str:
    if not np.isfinite(one.peak):
        return "too little in common"
    chance = "too short to tell chance" if not one.shifts else f"p = {one.p:.3f}"
    return f"r = {one.peak:.2f} at {one.lag:+.2f} s, {chance}".replace("-", "−")


def _draw_courses(axes: Axes, courses: Sequence[Course]) -> None:
    for course, colour in zip(courses, _COLOURS, strict=True):
        if len(course.each) <= _MOST_LINES:
            axes.plot(course.time, course.each.T, color=colour, linewidth=0.7, alpha=0.3, zorder=2)
        axes.fill_between(
            course.time, course.low, course.high, color=colour, alpha=0.18, linewidth=0, zorder=3
        )
        axes.plot(course.time, course.mean, color=colour, linewidth=2.4, zorder=4)


def _draw_means(axes: Axes, comparison: GroupComparison, target: str, names: Sequence[str]) -> None:
    """Each person's mean as a dot, the group's with its interval beside them, the difference in words."""
    statistic = next((s for s in comparison.statistics if (s.target, s.measure) == (target, "mean")), None)
    values = [np.array([c.value("mean", target) for c in group]) for group in comparison.cases]
    if comparison.paired:
        axes.plot([0.12, 0.88], np.stack(values), color=FAINT, linewidth=0.8, alpha=0.6, zorder=2)
    for place, (each, colour) in enumerate(zip(values, _COLOURS, strict=True)):
        spread = 0.0 if comparison.paired else 0.1 * np.sin(2.4 * np.arange(len(each)))
        at = (0.12 if place == 0 else 0.88) + np.zeros(len(each)) + spread
        axes.plot(at, each, "o", color=colour, markersize=5, alpha=0.6, zorder=3)
        if statistic is not None:
            figure = (statistic.first, statistic.second)[place]
            x = -0.14 if place == 0 else 1.14
            _draw_estimate(axes, x, figure, colour)
    axes.axhline(0, color=FAINT, linewidth=1, zorder=1)
    axes.set_xlim(-0.4, 1.4)
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
    axes.set_xticks([0, 1], [shortened(name, 18) for name in names], fontsize=11)
    axes.tick_params(length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(FAINT)
    axes.text(
        0.5, 1.02, _difference_words(statistic), transform=axes.transAxes, fontsize=11.5, color=INK,
        ha="center", va="bottom",
    )  # fmt: skip


def _draw_estimate(axes: Axes, x: float, figure: Estimate, colour: str) -> None:
    if np.isfinite(figure.low):
        axes.plot([x, x], [figure.low, figure.high], color=colour, linewidth=2.5, zorder=4)
    axes.plot([x - 0.07, x + 0.07], [figure.value] * 2, color=colour, linewidth=2.5, zorder=4)


def _difference_words(statistic: Statistic | None) -> str:
    if statistic is None:
        return "no prediction"
    figure = statistic.difference
    ends = f" [{figure.low:+.2f}, {figure.high:+.2f}]" if np.isfinite(figure.low) else ", no interval"
    return f"difference {figure.value:+.2f}{ends}".replace("-", "−")


def _without_mean(comparison: GroupComparison) -> str:
    """Of which group no mean course is drawn, although people of it have values."""
    bare = [
        shortened(name, 18)
        for k, name in enumerate(comparison.names)
        if not any(np.isfinite(pair[k].mean).any() for pair in comparison.courses.values())
        and any(np.isfinite(pair[k].each).any() for pair in comparison.courses.values())
    ]
    if not bare:
        return ""
    return f"No thick line of {' and '.join(bare)}: never have half of its people a value at the same time.\n"


def _group_caption(comparison: GroupComparison) -> str:
    level = f"{100 * comparison.level:g} %"
    shaded = any(np.isfinite(c.low).any() for pair in comparison.courses.values() for c in pair)
    band = f"with its {level} interval over recordings" if shaded else "too few recordings for intervals"
    lines = f"Thin: one person; thick: mean of the group, {band}."
    bounded = any(np.isfinite(figure.low) for s in comparison.statistics for figure in (s.first, s.second))
    bars = f"the groups' means{' with intervals' * bounded}"
    right = f"Right: dots are people's means over the whole recording, bars {bars}."
    return f"{lines}\n{_without_mean(comparison)}{right}  {_CAPTION}"
