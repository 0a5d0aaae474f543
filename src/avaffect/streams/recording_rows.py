"""The rows of a recording: one a picture, and one a tick of the sound where there is no picture.

A picture's row lasts until the next picture. Before the first picture, after the last, and between pictures
that are far apart, sound goes on without a picture: there each tick that has sound gets a row of its own, so
that nothing that is said is left out, and no instant stands for many seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .timeline import Timeline

LONGEST_PICTURE = 1.0
"""Seconds for which a picture that is followed by sound alone is taken to be on show, at most."""

LEAST_ALONE = 0.5
"""Seconds without a picture from which sound has rows of its own. Less is usual at the end of a file."""

_EDGE = 1e-3  # seconds; no row is shorter because of a picture within a tick


@dataclass(frozen=True, eq=False)
class RecordingRows:
    """When each row begins and ends, and which picture it is.

    Attributes
    ----------
    times, ends : (n,) np.ndarray
        Seconds, in order. A row ends where the next one begins, except before a stretch with nothing.
    pictures : (n,) np.ndarray of int
        Position of the row's picture in the list of all pictures; -1 for a row of the sound alone.
    """

    times: np.ndarray
    ends: np.ndarray
    pictures: np.ndarray


def recording_rows(
    times: np.ndarray, ends: np.ndarray, sound: np.ndarray | None, timeline: Timeline
) -> RecordingRows:
    """The rows of a recording.

    Parameters
    ----------
    times, ends : (p,) np.ndarray
        When each picture is shown, in seconds, and when the next is; both empty for sound alone.
    sound : (t,) np.ndarray of bool or None
        Ticks that have sound; None without sound.
    timeline : Timeline

    Examples
    --------
    >>> rows = recording_rows(np.array([0.0]), np.array([0.08]), np.ones(13, bool), Timeline(12.5))
    >>> len(rows.times), rows.pictures[:3].tolist(), float(rows.ends[-1])
    (13, [0, -1, -1], 1.04)
    """
    heard = np.zeros(0, dtype=bool) if sound is None else sound
    if not len(times):
        edges = np.arange(len(heard) + 1) / timeline.tick_rate
        return RecordingRows(edges[:-1], edges[1:], np.full(len(heard), -1))
    usual = float(np.median(ends - times))
    shown = np.minimum(ends, times + min(usual, LONGEST_PICTURE))
    shown[-1] = min(ends[-1], times[-1] + LONGEST_PICTURE)
    duration = len(heard) / timeline.tick_rate
    free = np.stack([np.append(0.0, shown), np.append(times, max(duration, shown[-1]))], axis=1)
    alone = [np.zeros((0, 2))]
    covered = ends.copy()
    for gap in np.flatnonzero(free[:, 1] - free[:, 0] > LEAST_ALONE):
        stretch = _alone(float(free[gap, 0]), float(free[gap, 1]), heard, timeline)
        if len(stretch) and gap:
            follows = stretch[0, 0] - shown[gap - 1] < 1 / timeline.tick_rate
            covered[gap - 1] = stretch[0, 0] if follows else shown[gap - 1]
        alone.append(stretch)
    extra = np.concatenate(alone)
    begins = np.concatenate([times, extra[:, 0]])
    order = np.argsort(begins, kind="stable")
    pictures = np.concatenate([np.arange(len(times)), np.full(len(extra), -1)])
    return RecordingRows(begins[order], np.concatenate([covered, extra[:, 1]])[order], pictures[order])


def _alone(begin: float, end: float, heard: np.ndarray, timeline: Timeline) -> np.ndarray:
    """Begin and end, (n, 2), of the ticks with sound between two times, cut at both."""
    ticks = np.arange(timeline.tick(begin), min(timeline.count(end), len(heard)))
    ticks = ticks[heard[ticks]]
    edges = np.stack([ticks, ticks + 1], axis=1) / timeline.tick_rate
    cut = edges.clip(begin, end)
    return cut[cut[:, 1] - cut[:, 0] > _EDGE]
