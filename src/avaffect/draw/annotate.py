"""A video with its trace drawn on every frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..media import VideoSink, frames, probe
from ..spec import TARGETS
from ..trace.columns import BOX, FLOATS
from ..trace.table import Trace
from . import palette
from .overlay import DOCKS, Layout, Moment, draw
from .panels import GAP

HISTORY = 2.0  # seconds of path on the small circumplex
_KEEP = 1.0  # seconds for which a person who is out of view keeps the place of the panel
NOBODY = -1  # stands for a missing track number in an array of integers
_COLUMN = {name: k for k, name in enumerate(FLOATS)}


def annotate(
    trace: Trace,
    source: str | Path,
    target: str | Path,
    hook: Callable[[float, float], None] | None = None,
) -> Path:
    """Write the video with each person's box and panel, its own times and its own sound.

    Rows belong to frames by the ``frame`` column; a frame without rows stays as it is.

    Parameters
    ----------
    trace : Trace
        Of one file.
    source : path
        The video that the trace was made from.
    target : path
        Where to write; its ending is that of a video, see `avaffect.media.VideoSink`.
    hook : callable, optional
        Called as ``hook(done, total)`` after each frame, in seconds of the recording.

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    DataError
        If the trace has several files or no frames, or the source has no pictures.
    MediaError
        If the source cannot be read or the target not be written.
    """
    if len(trace.files) != 1:
        raise DataError(
            f"a video shows one file, the trace has {len(trace.files)}; annotate trace.file(name)"
        )
    if not probe(source).has_video:
        raise DataError(f"{source} has no pictures to draw on; plot its trace instead")
    stage = Stage(trace)
    pictures = frames(source)
    first = next(pictures, None)
    if first is None:
        raise DataError(f"{source} has no picture that can be decoded; plot its trace instead")
    height, width = first.image.shape[:2]
    dock = stage.dock(width, height)
    with VideoSink(target, width=width, height=height, source=Path(source)) as sink:
        for frame in chain([first], pictures):
            people = stage.at(frame.index, frame.pts)
            sink.write(draw(frame.image, people, dock=dock), frame.pts)
            if hook is not None:
                hook(min(frame.pts, stage.end), stage.end)
    if hook is not None:
        hook(stage.end, stage.end)
    return Path(target)


class Stage:
    """Who is on stage at each frame of a trace, and where each one's panel stands.

    Panels keep their places while their people come and go; one whose person is away for a second, or
    for good, is given to the next who comes.

    Parameters
    ----------
    trace : Trace
        Of one file. Frames are asked for in the order of time.

    Raises
    ------
    DataError
        If no row of the trace belongs to a frame.
    """

    def __init__(self, trace: Trace) -> None:
        rows = trace.table[trace.table["frame"].notna()].sort_values("frame", kind="stable")
        if rows.empty:
            raise DataError("no row of the trace belongs to a frame: it was made without pictures")
        self._frame = rows["frame"].to_numpy(dtype=np.int64)
        self._track = rows["track"].to_numpy(dtype=np.int64, na_value=NOBODY)
        self._start, self._end = (rows.index.get_level_values(n).to_numpy() for n in ("start", "end"))
        self._tracks = trace.tracks
        self._gone = {int(track): self._end[self._track == track].max() for track in np.unique(self._track)}
        self._values = rows[list(FLOATS)].to_numpy()
        self._paths: dict[int, deque[tuple[float, float, float, float]]] = {}
        self._slots: dict[int, tuple[int, float]] = {}  # place, and when it was last needed

    @property
    def end(self) -> float:
        """Seconds at which the last frame that has a row ends."""
        return float(self._end[-1])

    def dock(self, width: int, height: int) -> str:
        """The corner, out of `overlay.DOCKS`, from which the panels hide least of the faces."""
        box = self._values[:, [_COLUMN[name] for name in BOX]]
        box = box[np.isfinite(box).all(axis=1)]
        layout = Layout(width, height)
        panels = min(len(set(self._track)), layout.slots)
        hidden = dict.fromkeys(DOCKS, 0.0)
        for dock in DOCKS:
            for slot in range(panels):
                x1, y1, x2, y2 = layout.panel(slot, dock)
                across = np.minimum(box[:, 2], x2) - np.maximum(box[:, 0], x1)
                # A box's name stands on its upper edge.
                down = np.minimum(box[:, 3], y2) - np.maximum(box[:, 1] - 1.4 * layout.font, y1)
                hidden[dock] += float((across.clip(0) * down.clip(0)).sum())
        return min(DOCKS, key=hidden.__getitem__)

    def at(self, frame: int, time: float) -> list[Moment]:
        """Everybody at a frame that is shown at ``time`` seconds."""
        first, last = np.searchsorted(self._frame, [frame, frame + 1])
        targets = [_COLUMN[name] for name in TARGETS]
        # Nobody in view and nothing predicted: there is nothing to show, and no panel to give away.
        known = np.isfinite(self._values[first:last, targets]).any(axis=1)
        shown = known | (self._track[first:last] != NOBODY)
        return [self._moment(row, time) for row in range(first, last) if shown[row - first]]

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
            slot=self._slot(track, time),
            valence=(value("valence"), value("valence_lo"), value("valence_hi")),
            arousal=(value("arousal"), value("arousal_lo"), value("arousal_hi")),
            box=box if np.isfinite(box).all() else None,
            voiced=value("voiced"),
            speaking=value("speaking"),
            attended=(value("attended_audio"), value("attended_visual")),
            share=(value("share_audio"), value("share_visual")),
            colour=palette.rgb(palette.colour(number, self._tracks, bright=True)),
            path=np.array(path)[:, 2:],
        )

    def _slot(self, track: int, time: float) -> int:
        slots = {
            other: (place, needed)
            for other, (place, needed) in self._slots.items()
            if time - needed <= _KEEP and time < self._gone[other]
        }
        taken = {place for t, (place, _) in slots.items() if t != track}
        free = next(place for place in range(len(taken) + 1) if place not in taken)
        place = slots[track][0] if track in slots else free
        self._slots = slots | {track: (place, time)}
        return place
