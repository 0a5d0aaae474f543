"""One picture of a trace: valence and arousal over time, what they rest on, and the circumplex."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ..arguments import checks_types
from ..errors import DataError
from ..palette import FAINT, INK, NOBODY, SOURCES
from ..spec import VAGUE
from ..trace import time_axis
from ..trace.describe import ENDS, words
from ..trace.groups import Group, groups_of
from ..trace.meta import check_output
from ..trace.names import display_names, shortened
from ..trace.summary import Person, summarise
from ..trace.table import Trace
from . import circumplex, panels
from .figure import Plot, save

MOST = 4  # people shown
SIZE = (16.0, 9.0)  # inches, at 100 dots per inch
_LEFT, _WIDTH, _RIGHT, _END = 0.098, 0.572, 0.715, 0.975  # of the figure's width
_TOP, _BOTTOM = 0.885, 0.135  # of its height
# viridis without its last, pale part, which a white page swallows
_TIME = LinearSegmentedColormap.from_list("time", matplotlib.colormaps["viridis"](range(226)))


@checks_types
def plot(trace: Trace, path: str | Path | None = None, *, title: str | None = None) -> Plot:
    """Draw a trace.

    Left, over time: valence and arousal with their prediction intervals (a line breaks where there is
    no prediction), what the prediction rests on, face confidence and speech probability. Right: the path
    through the circumplex with its mean. Of more than four people, the four seen longest are shown.

    Parameters
    ----------
    trace : Trace
        Of one file.
    path : path, optional
        Where to write the picture, 1600 x 900 if it is a bitmap; its ending chooses the format.
    title : str, optional
        By default the file's name with its folder, and the model's name.

    Returns
    -------
    Plot
        A `matplotlib.figure.Figure`.

    Raises
    ------
    DataError
        If the trace is empty or has several files, or the picture cannot be written or
        would replace the recording.
    """
    if len(trace.files) != 1:
        what = "is empty" if not trace.files else f"has {len(trace.files)} files"
        raise DataError(f"a plot shows one file, the trace {what}; plot trace.file(name)")
    people = {person.track: person for person in summarise(trace.table, trace.meta).people}
    groups = groups_of(trace.table, people, MOST)
    start = trace.table.index.get_level_values("start").min()
    limits = (float(start), float(start) + max(trace.duration, 1e-3))
    figure = Plot(figsize=SIZE, dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    _draw_title(figure, trace, title, groups)
    _draw_time(figure, trace, groups, people, limits)
    _draw_plane(figure, groups, people, limits)
    _draw_key(figure)
    _draw_caption(figure, trace, groups, people, limits[1] - limits[0])
    if path is not None:
        check_output(trace.meta, trace.files, Path(path))
        save(figure, path)
    return figure


def _draw_title(figure: Figure, trace: Trace, title: str | None, groups: list[Group]) -> None:
    name = title or shortened(display_names(trace.files)[0])
    # A file may be named like a formula: "$" is a letter here.
    figure.text(_LEFT, 0.943, name, fontsize=20, weight="bold", color=INK, parse_math=False)
    if title is None and "model" in trace.meta:
        figure.text(_END, 0.943, trace.meta["model"], fontsize=14, color=FAINT, ha="right")
    if len(groups) < 2:
        return
    lines = [Line2D([], [], color=g.colour, linewidth=4, label=_as_text(g.label)) for g in groups]
    figure.legend(
        handles=lines, loc="lower right", bbox_to_anchor=(_LEFT + _WIDTH, 0.885), ncols=len(lines),
        frameon=False, fontsize=12, handlelength=1.2, borderaxespad=0.2,
    )  # fmt: skip
    shown, everybody = sum(g.track is not None for g in groups), len(trace.tracks)
    if everybody > shown:
        more = f"the {shown} of {everybody} people seen longest"
        figure.text(_LEFT, 0.9, more, fontsize=11, color=FAINT)


def _draw_time(
    figure: Figure, trace: Trace, groups: list[Group], people: dict[int | None, Person],
    limits: tuple[float, float],
) -> None:  # fmt: skip
    strips = _strips(trace, groups)
    height, gap = (0.03, 0.012) if len(strips) <= 5 else (0.0165, 0.006)
    room = _TOP - _BOTTOM - len(strips) * (height + gap) - 0.06
    axes: Axes | None = None
    for row, target in enumerate(ENDS):
        bottom = _TOP - (row + 1) * room / 2 - row * 0.03
        axes = figure.add_axes((_LEFT, bottom, _WIDTH, room / 2), sharex=axes, label=target)
        for group in groups:
            panels.draw_target(axes, group, target, limits[1] - limits[0])
        panels.style_target(axes, target, ENDS[target])
        if not any(getattr(people[g.track], target) for g in groups):
            axes.text(
                0.5, 0.56, _why(people), transform=axes.transAxes, ha="center", fontsize=14,
                color=INK,
            )  # fmt: skip
    for row, (group, column, label, colour) in enumerate(strips):
        bottom = _BOTTOM + (len(strips) - 1 - row) * (height + gap)
        axes = figure.add_axes((_LEFT, bottom, _WIDTH, height), sharex=axes, label=label)
        if column == "source":
            panels.draw_sources(axes, group, limits)
        else:
            panels.draw_availability(axes, group, column, limits, colour)
        panels.style_strip(axes, label, colour, 12 if height > 0.02 and len(groups) == 1 else 9.5)
    if axes is not None:
        panels.style_time(axes, limits)


def _strips(trace: Trace, groups: list[Group]) -> list[tuple[Group, str, str, str]]:
    """What is shown under the lines, top to bottom: whose, which column, its name, its colour."""
    several = len(groups) > 1
    strips = []
    for group in groups:
        colour = group.colour if several else INK
        strips.append(
            (group, "source", _as_text(shortened(group.label, 18)) if several else "rests on", colour)
        )
        if group.track is not None and not several:
            strips.append((group, "face_conf", "face seen", group.colour))
    # Speech is the recording's, whoever is in view: the loudest row of each moment.
    rows = trace.table[["voiced"]].sort_values("voiced").groupby(["file", "start", "end"], sort=True).tail(1)
    everyone = Group(None, "", INK, rows.sort_index())
    return [*strips, (everyone, "voiced", "speech", NOBODY)]


def _as_text(label: str) -> str:
    """A name as matplotlib draws it: "$" is a letter here."""
    return label.replace("$", r"\$")


def _draw_key(figure: Figure) -> None:
    """What the colours of the strips mean."""
    words = {"face+voice": "face and voice", "face": "face alone", "voice": "voice alone"}
    patches = [Patch(color=SOURCES[source], label=word) for source, word in words.items()]
    figure.legend(
        handles=patches, title="the prediction rests on", loc="upper center", ncols=3, frameon=False,
        bbox_to_anchor=((_RIGHT + _END) / 2, 0.155), fontsize=10, title_fontsize=11, handlelength=1.2,
        columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip


def _draw_plane(
    figure: Figure, groups: list[Group], people: dict[int | None, Person],
    limits: tuple[float, float],
) -> None:  # fmt: skip
    norm = Normalize(*limits)
    for (left, bottom, width), group in zip(_places(len(groups)), groups, strict=True):
        height = width * SIZE[0] / SIZE[1]
        axes = figure.add_axes((left, bottom, width, height), label=f"plane {group.track}")
        person = people[group.track]
        mean = person.mean
        circumplex.draw_plane(axes, 12 if len(groups) == 1 else 9.5)
        circumplex.draw_path(axes, group, mean, norm, _TIME)
        _draw_words(figure, (left, bottom, width, height), group, mean, beside=len(groups) == 2)
    span = limits[1] - limits[0]
    label = f"time along the path ({time_axis.unit(span)}); ring: mean"
    panels.mark_time(_bar(figure, 0.215, ScalarMappable(norm, _TIME), label), span, 5)


def _places(count: int) -> list[tuple[float, float, float]]:
    """Left, bottom and width of each circumplex: one large, two on each other, four in a square."""
    room = _END - _RIGHT
    if count == 1:
        return [(_RIGHT, _TOP + 0.012 - room * 16 / 9, room)]
    if count == 2:
        return [(_RIGHT, _TOP + 0.01 - (k + 1) * 0.3, 0.29 * 9 / 16) for k in range(2)]
    width = room / 2
    return [
        (_RIGHT + k % 2 * width, _TOP + 0.012 - width * 16 / 9 - k // 2 * 0.305, width) for k in range(count)
    ]


def _draw_words(
    figure: Figure, place: tuple[float, float, float, float], group: Group,
    mean: tuple[float, float] | None, *, beside: bool,
) -> None:  # fmt: skip
    """Whose circumplex it is and where the mean lies, in words under it or beside it."""
    left, bottom, width, height = place
    large = width > 0.2
    lines = words(*mean).split(", ") if mean else ["no prediction"]
    text = ", ".join(lines) if large else "\n".join(lines)
    if mean and (large or beside):
        figures = [f"valence {mean[0]:+.2f}", f"arousal {mean[1]:+.2f}"]
        text += "\n" + ("   ".join(figures) if large else "\n" + "\n".join(figures))
        text = text.replace("-", "−")
    if beside:
        x, y, ha, va = left + width + 0.008, bottom + height / 2, "left", "center"
    else:
        x, y, ha, va = left + width / 2, bottom - 0.002, "center", "top"
    figure.text(
        x, y, f"{_as_text(group.label)}\n{text}", fontsize=13 if large else 11 if beside else 9.5,
        color=group.colour, ha=ha, va=va, linespacing=1.4,
    )  # fmt: skip


def _bar(figure: Figure, bottom: float, colours: ScalarMappable, label: str) -> Axes:
    axes = figure.add_axes((_RIGHT + 0.02, bottom, _END - _RIGHT - 0.04, 0.014), label=label)
    bar = figure.colorbar(colours, cax=axes, orientation="horizontal")
    bar.locator = MaxNLocator(5)
    bar.outline.set_visible(False)
    axes.tick_params(labelsize=10, length=2, colors=INK)
    axes.set_xlabel(label, fontsize=11, color=INK, labelpad=3)
    return axes


def _why(people: dict[int | None, Person]) -> str:
    reasons = {reason: 0.0 for person in people.values() for reason in person.missing}
    for person in people.values():
        for reason, share in person.missing.items():
            reasons[reason] += share * person.seconds
    return "no prediction" + (f": {max(reasons, key=reasons.__getitem__)}" if reasons else "")


def _draw_caption(
    figure: Figure, trace: Trace, groups: list[Group], people: dict[int | None, Person], span: float
) -> None:
    bands = trace.table[["valence_lo", "arousal_lo"]].notna().any(axis=None)
    parts = [f"Shaded: {100 * trace.coverage:.0f} % intervals."] if bands else []
    if any(panels.is_dense(group) for group in groups):
        parts.append(f"Thick: moving mean over {span * panels.SMOOTHING:.0f} s.")
    parts.append("Valence and arousal: the expression as raters see it, not a feeling.")
    below = ["Hatched: no prediction, no face or no sound to go by."]
    vague = [t for t in ENDS if any((level := getattr(people[g.track], t)) and level.vague for g in groups)]
    if vague:
        below.append(f"Intervals of {' and '.join(vague)} are {VAGUE}.")
    text = "\n".join("  ".join(sentences) for sentences in (parts, below))
    figure.text(_LEFT, 0.018, text, fontsize=11, color="#6A6A6A", linespacing=1.45)
