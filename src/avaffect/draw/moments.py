"""What is shown of each person at one frame, and the trace as such moments."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from ..errors import DataError
from ..palette import BRIGHT, Rgb, person_colour, rgb
from ..spec import TARGETS
from ..trace.columns import BOX, FLOATS
from ..trace.edits import Edits
from ..trace.rows import GAP
from ..trace.table import Trace

HISTORY = 2.0  # seconds of path on the small circumplex
NOBODY = -1  # stands for a missing track number in an array of integers
_KEEP = 1.0  # seconds for which a person who is out of view keeps the place of the panel
_COLUMN = {name: k for k, name in enumerate(FLOATS)}


@dataclass(frozen=True)
class Moment:
    """One person at one frame.

    Attributes
    ----------
    track : int or None
        None: a voice without anybody in view.
    name : str or None
        What they are called; None: by their number.
    slot : int
        Place of the panel, from the left.
    valence, arousal : (3,) tuple of float
        Value, lower and upper end of its interval; NaN where there is none.
    box : (4,) np.ndarray or None
        The face, x1, y1, x2, y2 in pixels; None where there is none.
    voiced, speaking : float
        Probability of speech, and of its being this person's: [0, 1] or NaN.
    attended, share : (2,) tuple of float
        Gates of voice and face, as the table's columns of these names: [0, 1] or NaN.
    colour : (r, g, b)
    path : (n, 2) np.ndarray
        Valence and arousal of the last moments, oldest first; NaN where it breaks.
    """

    track: int | None
    slot: int
    valence: tuple[float, float, float]
    arousal: tuple[float, float, float]
    box: np.ndarray | None = None
    voiced: float = np.nan
    speaking: float = np.nan
    attended: tuple[float, float] = (np.nan, np.nan)
    share: tuple[float, float] = (np.nan, np.nan)
    colour: Rgb = rgb(BRIGHT[0])
    name: str | None = None
    path: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))


class Moments:
    """Everybody's `Moment` at each frame of a trace.

    Rows that belong to nobody and hold no prediction have nothing to show and are left out.

    Parameters
    ----------
    trace : Trace
        Of one file. Frames are asked for in the order of time.

    Attributes
    ----------
    end : float
        Seconds at which the last frame that has a row ends.
    times : dict of int to float
        Seconds of each frame that has a row.
    names : mapping of int to str
        What people are called, by number.

    Raises
    ------
    DataError
        If no row of the trace belongs to a frame.
    """

    def __init__(self, trace: Trace) -> None:
        rows = trace.table[trace.table["frame"].notna()].sort_values("frame", kind="stable")
        if rows.empty:
            raise DataError("no row of the trace belongs to a frame: it was made without pictures")
        self.end = float(rows.index.get_level_values("end")[-1])
        self.times: dict[int, float] = dict(zip(rows["frame"].tolist(), rows["pts"].tolist(), strict=True))
        rows = rows[rows["track"].notna() | rows[list(TARGETS)].notna().any(axis=1)]
        self._frame = rows["frame"].to_numpy(dtype=np.int64)
        self._track = rows["track"].to_numpy(dtype=np.int64, na_value=NOBODY)
        self._start, self._end = (rows.index.get_level_values(n).to_numpy() for n in ("start", "end"))
        self._tracks = trace.tracks
        self.names = Edits.of(trace.meta, trace.files[0]).names
        self._values = rows[list(FLOATS)].to_numpy()
        self._paths: dict[int, deque[tuple[float, float, float, float]]] = {}
        self._slots = panel_slots(self._track, self._start, self._end)

    @property
    def boxes(self) -> np.ndarray:
        """Every face in the trace, (n, 4): x1, y1, x2, y2 in pixels."""
        box = self._values[:, [_COLUMN[name] for name in BOX]]
        return box[np.isfinite(box).all(axis=1)]

    @property
    def panels(self) -> int:
        """How many panels are needed at the same time, at most."""
        return max(self._slots, default=-1) + 1

    def at(self, frame: int, time: float) -> list[Moment]:
        """Everybody at a frame that is shown at ``time`` seconds."""
        first, last = np.searchsorted(self._frame, [frame, frame + 1])
        return [self._moment(row, time) for row in range(first, last)]

    def _moment(self, row: int, time: float) -> Moment:
        values, track = self._values[row], int(self._track[row])
        start, end = self._start[row], self._end[row]

        def value(name: str) -> float:
            return float(values[_COLUMN[name]])

        path = self._paths.setdefault(track, deque())
        if path and start - path[-1][1] > GAP:  # no row in between: the path breaks
            path.append((time, start, np.nan, np.nan))
        path.append((time, end, value("valence"), value("arousal")))
        while path[0][0] < time - HISTORY - 1e-6:
            path.popleft()
        box = values[[_COLUMN[name] for name in BOX]]
        number = None if track == NOBODY else track
        return Moment(
            track=number,
            slot=self._slots[row],
            valence=(value("valence"), value("valence_lo"), value("valence_hi")),
            arousal=(value("arousal"), value("arousal_lo"), value("arousal_hi")),
            box=box if np.isfinite(box).all() else None,
            voiced=value("voiced"),
            speaking=value("speaking"),
            attended=(value("attended_audio"), value("attended_visual")),
            share=(value("share_audio"), value("share_visual")),
            colour=rgb(person_colour(number, self._tracks, bright=True)),
            name=None if number is None else self.names.get(number),
            path=np.array(path)[:, 2:],
        )


def panel_slots(track: np.ndarray, start: np.ndarray, end: np.ndarray) -> list[int]:
    """The place of each row's panel, counted from the corner where the panels begin.

    Panels keep their places while their people come and go. A place whose person is away for a second,
    or for good, is given to the next who comes.

    Parameters
    ----------
    track : (n,) np.ndarray of int
    start, end : (n,) np.ndarray
        Seconds that each row covers, ``start`` ascending.
    """
    gone = {int(number): end[track == number].max() for number in np.unique(track)}
    slots: dict[int, tuple[int, float]] = {}  # by person: place, and when it was last needed
    places = []
    for number, time in zip(track.tolist(), start.tolist(), strict=True):
        slots = {
            other: (place, needed)
            for other, (place, needed) in slots.items()
            if time - needed <= _KEEP and time < gone[other]
        }
        taken = {place for other, (place, _) in slots.items() if other != number}
        free = next(place for place in range(len(taken) + 1) if place not in taken)
        place = slots[number][0] if number in slots else free
        slots[number] = (place, time)
        places.append(place)
    return places
