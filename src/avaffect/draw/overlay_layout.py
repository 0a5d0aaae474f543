"""Where boxes' names and people's panels lie on a frame of any size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np

from ..trace.names import shortened
from .letters import can_write
from .moments import Moment
from .text_raster import text_width

Rectangle = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels, x2 and y2 outside

DOCKS = ("bottom left", "bottom right", "top left", "top right")
_COMPACT = 200  # pixels of height below which a panel holds valence and arousal only


@dataclass(frozen=True)
class Layout:
    """Sizes for pictures of one size; all in pixels.

    >>> layout = Layout(640, 360)
    >>> layout.font, layout.panel(0, "bottom left")
    (12, (7, 262, 235, 353))
    """

    width: int
    height: int

    @property
    def font(self) -> int:
        """Font size."""
        return max(9, round(12 * min(self.width / 640, self.height / 360)))

    @property
    def compact(self) -> bool:
        """Whether there is room for valence and arousal only."""
        return self.height < _COMPACT or self.width < 20.4 * self.font

    @property
    def line(self) -> int:
        """Width of a box's line."""
        return max(1, math.ceil(2 * min(self.width / 640, self.height / 360)))

    @property
    def size(self) -> tuple[int, int]:
        """A panel's width and height."""
        wide, high = (11.6, 4.7) if self.compact else (19.0, 7.6)
        return round(wide * self.font), round(high * self.font)

    @property
    def slots(self) -> int:
        """How many panels fit side by side."""
        gap = round(0.6 * self.font)
        return max(1, (self.width - gap) // (self.size[0] + gap))

    def panel(self, slot: int, dock: str) -> Rectangle:
        """Where the panel of a slot lies: side by side from the corner ``dock``, one of `DOCKS`."""
        width, height = self.size
        gap = round(0.6 * self.font)
        x = gap + slot * (width + gap)
        if dock.endswith("right"):
            x = self.width - x - width
        y = gap if dock.startswith("top") else self.height - gap - height
        x, y = max(x, 0), max(y, 0)
        return x, y, min(x + width, self.width), min(y + height, self.height)

    def best_dock(self, boxes: np.ndarray, panels: int) -> str:
        """The corner, out of `DOCKS`, from which the panels hide least of the faces.

        Parameters
        ----------
        boxes : (n, 4) np.ndarray
            Every face in every frame, x1, y1, x2, y2 in pixels.
        panels : int
            How many stand side by side, at most.
        """
        hidden = dict.fromkeys(DOCKS, 0.0)
        for dock in DOCKS:
            for slot in range(min(panels, self.slots)):
                x1, y1, x2, y2 = self.panel(slot, dock)
                across = np.minimum(boxes[:, 2], x2) - np.maximum(boxes[:, 0], x1)
                # A box's name stands on its upper edge.
                down = np.minimum(boxes[:, 3], y2) - np.maximum(boxes[:, 1] - 1.4 * self.font, y1)
                hidden[dock] += float((across.clip(0) * down.clip(0)).sum())
        return min(DOCKS, key=hidden.__getitem__)

    def clock(self, time: float, dock: str) -> Rectangle:
        """Where the clock lies: in the right corner opposite to panels that stand from ``dock``."""
        width = text_width(clock_text(time), self.font) + round(0.8 * self.font)
        height, gap = round(1.5 * self.font), round(0.6 * self.font)
        x = max(self.width - gap - width, 0)
        y = max(self.height - gap - height, 0) if dock.startswith("top") else gap
        return x, y, min(x + width, self.width), min(y + height, self.height)

    def tag(self, moment: Moment) -> Rectangle | None:
        """Where the name on a person's box lies: on its upper edge, inside the picture."""
        if moment.box is None:
            return None
        height = round(1.35 * self.font)
        width = text_width(self.tag_text(moment), self.font, bold=True) + round(0.7 * self.font)
        x = int(np.clip(round(moment.box[0]), 0, max(self.width - width, 0)))
        y = int(np.clip(round(moment.box[1]) - height, 0, max(self.height - height, 0)))
        return x, y, min(x + width, self.width), min(y + height, self.height)

    def tag_text(self, moment: Moment) -> str:
        """What a person's box is called; with the figures if there is no room for a panel."""
        name = called(moment, f"{moment.track}", 12)
        if moment.slot < self.slots:
            return name
        return f"{name}  {signed(moment.valence[0])} {signed(moment.arousal[0])}"


def called(moment: Moment, number: str, most: int) -> str:
    """What a person is called, in about as much room as ``most`` Latin letters take.

    By ``number`` where they have no name, or no font here has its letters.
    """
    name = moment.name if moment.name and can_write(moment.name) else number
    wide = any(east_asian_width(letter) in "WF" for letter in name)
    return shortened(name, most // 2 if wide else most)


def signed(value: float) -> str:
    """A figure with its sign; a dash where there is none.

    >>> signed(0.25), signed(float("nan"))
    ('+0.25', '–')
    """
    return f"{value:+.2f}" if np.isfinite(value) else "–"


def clock_text(time: float) -> str:
    """A time as minutes and seconds, from an hour on with hours.

    >>> clock_text(83.46), clock_text(59.99), clock_text(3661.0)
    ('01:23.4', '00:59.9', '1:01:01.0')
    """
    tenths = int(time * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:" * bool(hours) + f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"
