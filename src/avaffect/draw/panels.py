"""The plot's parts along time: a target with its interval, what it rests on, what was available."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ..palette import FAINT, INK, RULE, SOURCES
from ..trace import time_axis
from ..trace.groups import Group
from ..trace.resample_bins import binned, outlined, smoothed, with_gaps

COLUMNS = 1200  # of a strip; about its width in pixels
DENSE = 3000  # rows from which a line is too busy to read without its moving mean
POINTS = 12_000  # of a line, more than its width in pixels can show
SMOOTHING = 1 / 60  # of the time shown: the moving mean's width


def draw_target(axes: Axes, group: Group, target: str, span: float) -> None:
    """One person's line and interval; broken where a value is NaN or rows are missing.

    Parameters
    ----------
    axes : Axes
    group : Group
    target : str
        ``valence`` or ``arousal``; the line's gid is ``"<target> <track>"``.
    span : float
        Seconds that the axes show.
    """
    columns = group.rows[[target, f"{target}_lo", f"{target}_hi"]].to_numpy()
    time, lines = outlined(*with_gaps(group.start, group.end, columns), POINTS)
    value, low, high = lines.T
    axes.fill_between(time, low, high, color=group.colour, alpha=0.18, linewidth=0, zorder=2)
    known = np.isfinite(value)
    alone = known & ~np.roll(known, 1) & ~np.roll(known, -1)  # a line through one point is nothing
    dense = is_dense(group)
    axes.plot(
        time, value, color=group.colour, gid=f"{target} {group.track}", zorder=3,
        linewidth=0.5 if dense else 1.8, alpha=0.35 if dense else 1.0, solid_joinstyle="round",
        marker="o", markersize=4, markevery=known if known.sum() <= 12 else alone,
    )  # fmt: skip
    if dense:
        mean = smoothed(group.start, group.end, group.rows[target].to_numpy(), span * SMOOTHING)
        shown = outlined(*with_gaps(group.start, group.end, mean), POINTS)
        axes.plot(*shown, color=group.colour, linewidth=2.0, zorder=4)


def is_dense(group: Group) -> bool:
    """Whether a group's lines are drawn thin, under their moving mean."""
    return len(group.rows) > DENSE


def style_target(axes: Axes, target: str, words: tuple[str, str]) -> None:
    """Scale, zero line, and what the scale's ends mean (``words``: low, high)."""
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
    axes.axhline(0, color=FAINT, linewidth=1, zorder=1)
    axes.set_ylabel(target, fontsize=14, color=INK)
    for height, word, align in ((0.97, words[1], "top"), (0.03, words[0], "bottom")):
        axes.text(
            0.006, height, word, transform=axes.transAxes, va=align, fontsize=11,
            color=FAINT, style="italic", zorder=6,  # over the lines, which may well be there
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )  # fmt: skip
    axes.grid(color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelbottom=False, labelsize=11, length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(FAINT)


def draw_sources(axes: Axes, group: Group, limits: tuple[float, float]) -> None:
    """What the prediction rests on over time, as colour; hatched where there is none."""
    edges = np.linspace(*limits, COLUMNS + 1)
    for source, colour in SOURCES.items():
        here = group.rows["source"].eq(source).fillna(False).to_numpy(dtype=float)
        share = binned(group.start, group.end, here, edges)
        axes.stairs(
            np.where(share >= 0.5, 1.0, np.nan), edges, fill=True, color=colour, linewidth=0, zorder=2
        )


def draw_availability(
    axes: Axes, group: Group, column: str, limits: tuple[float, float], colour: str
) -> None:
    """A probability over time as height; hatched where there is none."""
    edges = np.linspace(*limits, COLUMNS + 1)
    values = binned(group.start, group.end, group.rows[column].to_numpy(), edges)
    known = np.where(np.isfinite(values), 1.0, np.nan)
    axes.stairs(known, edges, fill=True, color="white", zorder=2)
    axes.stairs(values, edges, fill=True, color=colour, alpha=0.75, linewidth=0, zorder=3)


def style_strip(axes: Axes, label: str, colour: str, size: float) -> None:
    """A strip's frame, name and the hatching that shows through where nothing is drawn."""
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=size, color=colour, labelpad=8)
    axes.set_facecolor("#F4F4F4")
    axes.patch.set_hatch("//////")
    axes.patch.set_edgecolor("#D0D0D0")
    axes.tick_params(labelbottom=False, length=0)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
        spine.set_linewidth(0.6)


def style_time(axes: Axes, limits: tuple[float, float]) -> None:
    """The time axis under the lowest strip."""
    span = limits[1] - limits[0]
    axes.set_xlim(*limits)
    mark_time(axes, span, 9)
    axes.tick_params(axis="x", labelbottom=True, labelsize=11, length=3, colors=INK)
    axes.set_xlabel(f"time ({time_axis.unit(span)})", fontsize=12, color=INK)


def mark_time(axes: Axes, span: float, most: int) -> None:
    """At most ``most`` steps on a horizontal axis of ``span`` seconds."""
    axes.xaxis.set_major_locator(MultipleLocator(time_axis.step(span, most)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: time_axis.clock(x, span)))
