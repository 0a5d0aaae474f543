"""Three plots of an evaluation: prediction against label, residuals, each recording's CCC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, StrMethodFormatter

from ..arguments import checks_types
from ..files import replacing, writable_file, writable_folder
from ..metric import Array
from ..palette import FAINT, INK, PEOPLE, RULE
from ..spec import TARGETS
from ..text import read_bytes
from .bootstrap import Estimate
from .match import Pairing
from .report import Report
from .score import filled

BINS = 80  # of a density over [-1, 1]
_MEDIAN_BINS = 16  # label bins, each with its own median
_MIN_FRAMES = 20  # in a bin, for its median to be drawn
_MAX_NAMED = 40  # recordings; with more there is no room for their names
_BLUE, _ORANGE = PEOPLE[0], PEOPLE[1]
# One hue on which the orange lines are seen, without its palest part; readable without colour too.
_DENSITY = LinearSegmentedColormap.from_list("density", matplotlib.colormaps["Blues"](range(48, 256)))
# The line of no error; its pale edge makes it visible on dark parts too.
_NO_ERROR: dict[str, Any] = {
    "color": INK,
    "linewidth": 1.2,
    "linestyle": (0, (4, 3)),
    "path_effects": [withStroke(linewidth=2.8, foreground="white", alpha=0.8)],
}
_SOFTWARE = "avaffect evaluate"  # what the pictures' own data say
_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@checks_types
def draw_plots(
    pairing: Pairing, report: Report, folder: str | Path, *, overwrite: bool = False
) -> list[Path]:
    """Draw all three plots as png.

    Parameters
    ----------
    pairing : Pairing
    report : Report
        Of that pairing.
    folder : path
        Created if it is not there.
    overwrite : bool
        Replace files of these names that are no plots of avaffect.

    Returns
    -------
    list of Path
        ``density.png``, ``residuals.png``, ``recordings.png``.

    Raises
    ------
    DataError
        If the folder cannot be made or written to, or holds other files of these names.
    """
    folder = writable_folder(folder)
    paths = [folder / f"{name}.png" for name in ("density", "residuals", "recordings")]
    for path in paths:
        writable_file(path, inputs=(), overwrite=overwrite, is_ours=_is_ours)
    figures = density(pairing, report), residuals(pairing, report), per_recording(report)
    for path, figure in zip(paths, figures, strict=True):
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=100, metadata={"Software": _SOFTWARE})
    return paths


def _is_ours(path: Path) -> bool:
    """Whether a picture says that it is one of these plots."""
    return _SOFTWARE.encode() in read_bytes(path, head=512)


def density(pairing: Pairing, report: Report) -> Figure:
    """Prediction against label over all frames; on the dashed line both are equal."""
    figure = _figure(13.0, 6.4)
    axes = figure.subplots(1, 2)
    for ax, (target, x, y) in zip(axes, _pairs(pairing, report), strict=True):
        _draw_density(figure, ax, y, x, ((-1, 1), (-1, 1)))
        ax.plot((-1, 1), (-1, 1), **_NO_ERROR)
        _draw_median(ax, y, x)
        _style(ax, f"labelled {target}", f"predicted {target}", _heading(report, target, "ccc", "CCC"))
        ax.set(xlim=(-1, 1), ylim=(-1, 1), xticks=_TICKS, yticks=_TICKS, aspect="equal")
    _caption(
        figure,
        "Dashed: prediction = label.  Orange, thick: the median prediction of frames with such a label;"
        " thin: 8 of 10 lie between.",
    )
    return figure


def residuals(pairing: Pairing, report: Report) -> Figure:
    """Residual (prediction minus label) against label, and a histogram of the residuals."""
    figure = _figure(13.0, 6.4)
    axes = figure.subplots(1, 4, width_ratios=(3, 1, 3, 1))
    for i, (target, x, y) in enumerate(_pairs(pairing, report)):
        ax, side = axes[2 * i : 2 * i + 2]
        residual = x - y
        reach = max(float(np.quantile(np.abs(residual), 0.999)), 0.1) if residual.size else 1.0
        _draw_density(figure, ax, y, residual, ((-1, 1), (-reach, reach)))
        ax.axhline(0, **_NO_ERROR)
        _draw_median(ax, y, residual)
        _style(ax, f"labelled {target}", "prediction − label", _heading(report, target, "rmse", "RMSE"))
        ax.set(xlim=(-1, 1), ylim=(-reach, reach), xticks=_TICKS)
        side.hist(residual, bins=60, range=(-reach, reach), orientation="horizontal", color=_BLUE)
        side.axhline(0, **_NO_ERROR)
        _style(side, "frames", "", "")
        side.set(ylim=(-reach, reach), yticklabels=[], xticks=[])
        bias = f"mean {residual.mean():+.3f}" if residual.size else ""
        side.set_title(bias, fontsize=10, color=INK, loc="left")
    _caption(
        figure,
        "Orange, thick: the median residual of frames with such a label; thin: 8 of 10 lie between."
        "  A downward slope: extremes are missed.",
    )
    return figure


def per_recording(report: Report) -> Figure:
    """Each recording's CCC with its interval, sorted; the pooled CCC is a line."""
    count = len(report.recordings)
    figure = _figure(13.0, max(3.2, 1.8 + 0.24 * count) if count <= _MAX_NAMED else 7.5)
    axes = figure.subplots(1, 2, sharex=True)
    for ax, target in zip(axes, TARGETS, strict=True):
        rows = report.recordings.sort_values(f"{target}_ccc", na_position="first")
        value, low, high = (rows[f"{target}_ccc{end}"].to_numpy() for end in ("", "_lo", "_hi"))
        place = np.arange(count)
        pooled = report.targets[target].pooled["ccc"]
        ax.axvspan(pooled.low, pooled.high, color=_ORANGE, alpha=0.18, linewidth=0)
        ax.axvline(pooled.value, color=_ORANGE, linewidth=1.8)
        mean = report.targets[target].per_recording["ccc"].value
        ax.axvline(mean, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        ax.axvline(0, color=FAINT, linewidth=0.8)
        ax.hlines(place, low, high, color=_BLUE, linewidth=2 if count <= _MAX_NAMED else 0.8, alpha=0.55)
        ax.plot(value, place, "o", color=_BLUE, markersize=5 if count <= _MAX_NAMED else 2)
        _style(ax, f"CCC of {target}", "", _heading(report, target, "ccc", "pooled CCC"))
        if count <= _MAX_NAMED:
            ax.set_yticks(place, [_short(str(name)) for name in rows.index], fontsize=9)
        else:
            ax.set_yticks([])
            ax.set_ylabel(f"{count} recordings, sorted", fontsize=11, color=INK)
        ax.set_ylim(-0.8, count - 0.2)
    least = min(float(np.nanmin(report.recordings[f"{t}_ccc_lo"].fillna(0))) for t in TARGETS)
    axes[0].set_xlim(max(-1.0, min(least, 0.0) - 0.05), 1.0)
    level = f"{100 * report.level:g} %"
    _caption(
        figure,
        f"Dots: recordings, bars: rough {level} intervals, dashed: their mean."
        "  Orange: CCC over the frames of all together, and its interval.",
    )
    return figure


def _pairs(pairing: Pairing, report: Report) -> Iterator[tuple[str, Array, Array]]:
    """Each target, with the predictions and labels of the frames that count, (n,) each."""
    recordings = filled(pairing.recordings, report.missing)
    for i, target in enumerate(TARGETS):
        x = np.concatenate([m.predicted[:, i] for m in recordings])
        y = np.concatenate([m.labels[:, i] for m in recordings])
        known = np.isfinite(x) & np.isfinite(y)
        yield target, x[known], y[known]


def _draw_density(
    figure: Figure, ax: Axes, x: Array, y: Array, span: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    counts, *edges = np.histogram2d(x, y, bins=BINS, range=span)
    if not counts.any():
        return
    image = np.ma.masked_equal(counts.T, 0)
    mesh = ax.pcolormesh(*edges, image, cmap=_DENSITY, norm=LogNorm(1, max(counts.max(), 2)), rasterized=True)
    bar = figure.colorbar(
        mesh, ax=ax, location="bottom", shrink=0.7, pad=0.02, aspect=40,
        ticks=LogLocator(subs=(1, 2, 5)), format=StrMethodFormatter("{x:,.0f}"),
    )  # fmt: skip
    bar.minorticks_off()
    bar.set_label("frames (logarithmic)", fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)


def _draw_median(ax: Axes, x: Array, y: Array) -> None:
    """The median of y and its 10 % and 90 % quantiles, in bins of x that hold enough frames."""
    edges = np.linspace(-1, 1, _MEDIAN_BINS + 1)
    bin_of = np.clip(np.digitize(x, edges) - 1, 0, _MEDIAN_BINS - 1)
    kept = [k for k in range(_MEDIAN_BINS) if np.count_nonzero(bin_of == k) >= _MIN_FRAMES]
    if not kept:
        return
    middle = (edges[:-1] + edges[1:])[kept] / 2
    low, median, high = np.array([np.quantile(y[bin_of == k], (0.1, 0.5, 0.9)) for k in kept]).T
    for line, width in ((low, 1.2), (median, 2.6), (high, 1.2)):
        ax.plot(middle, line, color="white", linewidth=width + 1.6, alpha=0.8)
        ax.plot(middle, line, color=_ORANGE, linewidth=width)


def _heading(report: Report, target: str, measure: str, name: str) -> str:
    scores = report.targets[target]
    return f"{name} {estimate_text(scores.pooled[measure])},  {scores.frames:,} frames"


def estimate_text(estimate: Estimate) -> str:
    """A value and its interval with three decimals.

    >>> estimate_text(Estimate(0.5, 0.41, 0.588)), estimate_text(Estimate(0.5))
    ('0.500 [0.410, 0.588]', '0.500')
    """
    ends = f" [{estimate.low:.3f}, {estimate.high:.3f}]" if np.isfinite(estimate.low) else ""
    return f"{estimate.value:.3f}{ends}" if np.isfinite(estimate.value) else "not defined"


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _style(ax: Axes, x: str, y: str, title: str) -> None:
    ax.set_xlabel(x, fontsize=11, color=INK)
    ax.set_ylabel(y, fontsize=11, color=INK)
    ax.set_title(title, fontsize=12, color=INK, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.tick_params(colors=INK, length=3, labelsize=9)
    ax.set_axisbelow(True)
    ax.grid(color=RULE, linewidth=0.6)


def _caption(figure: Figure, text: str) -> None:
    figure.supxlabel(text, fontsize=10, color="#6A6A6A", x=0.01, ha="left")


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"…{name[-27:]}"
