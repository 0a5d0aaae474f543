"""What a terminal shows of a stream: two traces, the latest values, who speaks, and the delay."""

from __future__ import annotations

from collections import deque

import numpy as np
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..palette import person_colour
from ..spec import TARGETS
from .stats import Stats
from .tick import PersonTick, Tick

SHOWN = 20.0
"""Seconds that the traces reach back."""

HEIGHT = 6
"""Lines of each trace; a line of characters has four levels."""

_FIRST = 0x2800  # the empty braille character
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # by column, from the top


class Canvas:
    """Dots in characters of two by four, each character in the colour of its latest dot.

    >>> canvas = Canvas(2, 1)
    >>> canvas.dot(0, 0, "red")
    >>> canvas.dot(3, 3, "red")
    >>> canvas.text().plain
    '⠁⢀'
    """

    def __init__(self, width: int, height: int) -> None:
        self._bits = np.zeros((height, width), dtype=int)
        self._colours = np.full((height, width), "", dtype=object)

    def dot(self, x: int, y: int, colour: str) -> None:
        """Set a dot, counted from the left and from the top; dots outside are left out."""
        row, column = y // 4, x // 2
        if 0 <= row < self._bits.shape[0] and 0 <= column < self._bits.shape[1]:
            self._bits[row, column] |= _DOTS[x % 2][y % 4]
            self._colours[row, column] = colour

    def text(self) -> Text:
        """The lines."""
        out = Text(no_wrap=True)
        for row, (bits, colours) in enumerate(zip(self._bits, self._colours, strict=True)):
            out.append("\n" * (row > 0))
            for value, colour in zip(bits, colours, strict=True):
                out.append(chr(_FIRST + int(value)), style=str(colour) or None)
        return out


class Screen:
    """Keeps the latest ticks and draws them.

    Parameters
    ----------
    title : str
        What is read.
    stats : Stats
        Of the stream.
    """

    def __init__(self, title: str, stats: Stats) -> None:
        self._title, self._stats = title, stats
        self._ticks: deque[Tick] = deque(maxlen=round(SHOWN * 12.5))

    def add(self, tick: Tick) -> None:
        """Take the next tick."""
        self._ticks.append(tick)

    def render(self, width: int) -> Group:
        """All of it, in so many columns."""
        ticks = list(self._ticks)
        tracks = sorted({p.track for t in ticks for p in t.people if p.track is not None})
        traces = [
            Panel(self._trace(target, ticks, tracks, width - 12), title=target, title_align="left")
            for target in TARGETS
        ]
        return Group(self._head(ticks), *traces, self._people(ticks, tracks))

    def _head(self, ticks: list[Tick]) -> Text:
        stats = self._stats
        time = f"{ticks[-1].end:7.1f} s" if ticks else "waiting"
        delay = f"{stats.delay() * 1000:.0f} ms, 95 % below {stats.delay(0.95) * 1000:.0f}" if ticks else "-"
        lost = f"   left out {stats.dropped} pictures" if stats.dropped else ""
        return Text(f"{self._title}   {time}   delay {delay}{lost}   Ctrl-C ends", no_wrap=True)

    def _trace(self, target: str, ticks: list[Tick], tracks: list[int], width: int) -> Table:
        canvas = Canvas(width, HEIGHT)
        columns, rows = 2 * width - 1, 4 * HEIGHT - 1
        for x in range(0, columns + 1, 4):
            canvas.dot(x, round(rows / 2), "bright_black")
        begin = ticks[-1].end - SHOWN if ticks else 0.0
        for tick in ticks:
            for person in tick.people:
                value = getattr(person, target)
                if np.isfinite(value):
                    x = round((tick.time - begin) / SHOWN * columns)
                    colour = person_colour(person.track, tracks, bright=True)
                    canvas.dot(x, round((1 - value) / 2 * rows), colour)
        labels = ["+1", *[""] * (HEIGHT // 2 - 1), " 0", *[""] * (HEIGHT // 2 - 2), "-1"]
        table = Table.grid(padding=(0, 1))
        table.add_row(Text("\n".join(labels)), canvas.text())
        return table

    def _people(self, ticks: list[Tick], tracks: list[int]) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bright_black")
        for name in ("who", "valence", "arousal", "rests on", "speaks"):
            table.add_column(name, no_wrap=True)
        for person in ticks[-1].people if ticks else ():
            colour = person_colour(person.track, tracks, bright=True)
            who = "voice alone" if person.track is None else f"person {person.track}"
            table.add_row(
                Text(who, style=colour),
                _value(person, "valence"),
                _value(person, "arousal"),
                person.source or "-",
                _speaks(person, ticks[-1]),
            )
        if not table.rows:
            table.add_row("nobody", "", "", "", "")
        return table


def _value(person: PersonTick, target: str) -> str:
    value, low, high = (getattr(person, f"{target}{end}") for end in ("", "_lo", "_hi"))
    if not np.isfinite(value):
        return "-"
    return f"{value:+.2f} ({low:+.2f} to {high:+.2f})" if np.isfinite(low) else f"{value:+.2f}"


def _speaks(person: PersonTick, tick: Tick) -> str:
    """Whether a person speaks, in words."""
    if not tick.speech >= 0.5:
        return "no speech" if np.isfinite(tick.speech) else "no sound"
    if np.isnan(person.speaking):
        return "perhaps"
    return "yes" if person.speaking >= 0.5 else "listens"
