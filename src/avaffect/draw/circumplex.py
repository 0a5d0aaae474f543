"""The plot's right part: the path through the plane of valence and arousal."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Circle

from ..palette import FAINT, INK, RULE
from ..spec import TARGETS
from ..trace.groups import Group
from ..trace.resample_bins import thinned

POINTS = 500  # of a path; more of them are averaged over even steps of time, or it would be a scribble


def draw_plane(axes: Axes, size: float) -> None:
    """The unit circle with its axes, and what their ends mean in words of ``size`` points."""
    # Small circles have a neighbour, whose words must stay apart from theirs.
    edge = 1.22 if size > 10 else 1.3
    axes.set_xlim(-edge, edge)
    axes.set_ylim(-edge, edge)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.add_patch(Circle((0, 0), 1, facecolor="#FAFAFA", edgecolor=FAINT, linewidth=1))
    axes.add_patch(Circle((0, 0), 0.5, fill=False, edgecolor=RULE, linewidth=0.8))
    axes.plot([-1, 1], [0, 0], color=RULE, linewidth=1, zorder=1)
    axes.plot([0, 0], [-1, 1], color=RULE, linewidth=1, zorder=1)
    for x, y, word, turn in (
        (0, 1.04, "activated", 0), (0, -1.04, "calm", 0),
        (1.04, 0, "pleasant", -90), (-1.04, 0, "unpleasant", 90),
    ):  # fmt: skip
        axes.text(
            x, y, word, rotation=turn, fontsize=size, color=INK,
            ha="left" if x > 0 else "right" if x < 0 else "center",
            va="bottom" if y > 0 else "top" if y < 0 else "center",
        )  # fmt: skip


def draw_path(
    axes: Axes, group: Group, mean: tuple[float, float] | None, norm: Normalize, cmap: Colormap
) -> None:
    """One person's path, coloured by time, broken where a value is missing, and its mean."""
    targets = group.rows[list(TARGETS)].to_numpy()
    time, points = thinned(group.start, group.end, targets, POINTS)
    segments = np.stack([points[:-1], points[1:]], axis=1)
    whole = np.isfinite(segments).all(axis=(1, 2))
    axes.add_collection(
        LineCollection(
            list(segments[whole]), array=(time[:-1] + time[1:])[whole] / 2, cmap=cmap, norm=norm,
            linewidths=2.0, capstyle="round", zorder=3,
        )
    )  # fmt: skip
    known = np.isfinite(points).all(axis=1)
    few = known.sum() <= 12
    alone = known & ~np.roll(known, 1) & ~np.roll(known, -1)
    dots = known if few else alone
    axes.scatter(points[dots, 0], points[dots, 1], c=time[dots], cmap=cmap, norm=norm, s=26, zorder=3)
    if mean is not None:
        # A ring, not a dot: a short path would vanish under it.
        ring: dict[str, Any] = {"marker": "o", "markersize": 14, "markerfacecolor": "none", "zorder": 5}
        axes.plot(*mean, markeredgecolor="white", markeredgewidth=4.6, **ring)
        axes.plot(*mean, markeredgecolor=group.colour, markeredgewidth=2.6, gid=f"mean {group.track}", **ring)
