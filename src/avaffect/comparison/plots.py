"""The benchmark as pictures: systems with their intervals, and CCC against the share of damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..files import replacing
from ..palette import FAINT, INK, PEOPLE, RULE
from ..spec import TARGETS
from .damage import KINDS
from .features import STREAMS

# Told apart in grey as well: eight systems, six colours.
_DASHES = ("-", "--", "-.", ":")
_MARKS = "osD^vPX*"
_KINDS = {"missing": "missing (masked)", "other": "another segment's"}


def draw_systems(table: pd.DataFrame, path: Path) -> None:
    """CCC of each system with its 95 % interval, the best arousal on top."""
    table = table.sort_values("arousal_ccc")
    figure = Figure(figsize=(9.5, 1.4 + 0.32 * len(table)), layout="constrained")
    for axes, target in zip(figure.subplots(1, 2, sharey=True), reversed(TARGETS), strict=True):
        y = np.arange(len(table))
        for name, place in zip(table.index, y, strict=True):
            row = table.loc[name]
            colour = PEOPLE[0] if "+" in row["streams"] else PEOPLE[1]
            if row["parameters"] == 0:
                colour = PEOPLE[2]
            axes.plot([row[f"{target}_lo"], row[f"{target}_hi"]], [place, place], color=colour, lw=1.6)
            axes.plot(row[f"{target}_ccc"], place, "o", color=colour, ms=5)
        axes.set(yticks=y, yticklabels=table.index, title=target, xlabel="pooled CCC, 95 % interval")
        _quiet(axes)
        axes.axvline(0, color=RULE, lw=1, zorder=0)
    figure.suptitle("Blue: both streams; orange: one stream; green: no network", fontsize=10, color=FAINT)
    _save(figure, path)


def draw_curves(curves: pd.DataFrame, path: Path, *, target: str, alone: Mapping[str, float]) -> None:
    """CCC against the share of damaged ticks; a row a training, a panel a damaged stream and kind.

    ``alone`` is the CCC of each stream by itself; the grey line in a panel is that of the intact one.
    """
    trainings = list(dict.fromkeys(curves["training"]))
    systems = list(dict.fromkeys(curves["system"]))
    panels = [(stream, kind) for stream in STREAMS for kind in KINDS]
    figure = Figure(figsize=(13, 1.2 + 3.3 * len(trainings)), layout="constrained")
    grid = figure.subplots(len(trainings), len(panels), sharex=True, sharey=True, squeeze=False)
    for training, line in zip(trainings, grid, strict=True):
        for (stream, kind), axes in zip(panels, line, strict=True):
            part = curves[(curves["training"] == training) & (curves["stream"] == stream)]
            _panel(axes, part[part["kind"] == kind], systems, target)
            for other in (name for name in STREAMS if name != stream):
                axes.axhline(alone[other], color=FAINT, lw=1.2, ls=(0, (1, 1)), label="intact stream alone")
            axes.set_title(f"{stream}: {_KINDS[kind]}\ntrained on {training} streams", fontsize=9)
        line[0].set_ylabel(f"{target}, pooled CCC")
    for axes in grid[-1]:
        axes.set_xlabel("damaged at test, %")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(systems) + 1, frameon=False, fontsize=9
    )
    _save(figure, path)


def _panel(axes: Axes, part: pd.DataFrame, systems: Sequence[str], target: str) -> None:
    for i, system in enumerate(systems):
        rows = part[part["system"] == system].sort_values("share")
        axes.plot(
            100 * rows["share"],
            rows[target],
            color=PEOPLE[i % len(PEOPLE)],
            ls=_DASHES[i % len(_DASHES)],
            marker=_MARKS[i % len(_MARKS)],
            ms=4,
            lw=1.4,
            label=system,
        )
    _quiet(axes)


def _quiet(axes: Axes) -> None:
    axes.grid(color=RULE, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)
