"""One recording's valence and arousal, predicted or annotated, on its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from ..corpus.ratings import Ratings
from ..errors import DataError
from ..media.folder import MEDIA_ENDINGS
from ..spec import TARGETS

LABEL_RATE = 25.0
"""Moments a second (Hz) at which labels that hold over intervals are compared with predictions."""

JOINED = 1e-5
"""Seconds. Rows with a smaller gap follow each other: files round their times."""


@dataclass(frozen=True)
class Recording:
    """Values of one recording, in order of time.

    Attributes
    ----------
    name : str
        The name in the file; see `key`.
    values : (n, 2) np.ndarray
        Valence and arousal in [-1, 1]; NaN where not predicted or not annotated, each target by itself.
    start, end : (n,) np.ndarray or None
        Seconds that each row covers; ``end`` is None for labels, which belong to a moment. Both are None
        where only frames are known.
    frame : (n,) np.ndarray of int or None
        Number of each row's frame, from 0, and -1 for a row without one (sound without a picture); None where
        only times are known.
    people : int
        Number of people in the file; the values are those of the one seen longest.
    ratings : mapping of str to Ratings, optional
        Labels that hold over intervals, by target; ``values`` is then empty. `moments` gives them values.
    """

    name: str
    values: np.ndarray
    start: np.ndarray | None = None
    end: np.ndarray | None = None
    frame: np.ndarray | None = None
    people: int = 1
    ratings: Mapping[str, Ratings] | None = None

    @property
    def key(self) -> str:
        """The name without the ending of a media file.

        >>> Recording("a/video10_1.mp4", np.empty((0, 2))).key
        'a/video10_1'
        >>> Recording("take.2", np.empty((0, 2))).key
        'take.2'
        """
        path = PurePath(self.name)
        return (path.with_suffix("") if path.suffix.lower() in MEDIA_ENDINGS else path).as_posix()

    def moments(self, until: float) -> Recording:
        """Labels that hold over intervals, at `LABEL_RATE` moments a second up to ``until`` seconds.

        Ratings of moments stay at their moments. Labels that have moments already are returned as they are.
        """
        if self.ratings is None:
            return self
        grid = np.arange(max(int(np.ceil(until * LABEL_RATE - 1e-6)), 0)) / LABEL_RATE
        held = any(r.ends is not None for r in self.ratings.values())
        own = [r.times for r in self.ratings.values() if r.ends is None]
        times = np.unique(np.concatenate([grid if held else grid[:0], *own]))
        values = np.full((len(times), len(TARGETS)), np.nan)
        for column, target in enumerate(TARGETS):
            ratings = self.ratings.get(target)
            if ratings is not None:
                values[:, column] = _held(ratings, times)
        return replace(self, values=values, start=times, ratings=None)

    def timed(self, frame_rate: float) -> Recording:
        """The recording with times computed from its frame numbers; as it is, if it has times.

        Parameters
        ----------
        frame_rate : float
            Frames per second (Hz), constant over the video.

        Raises
        ------
        DataError
            If the frame rate is not positive.
        """
        if self.start is not None or self.frame is None:
            return self
        if not frame_rate > 0:
            raise DataError(f"frame rate {frame_rate:g}: expected a positive number of frames per second")
        return replace(self, start=self.frame / frame_rate, end=(self.frame + 1) / frame_rate)


def _held(ratings: Ratings, times: np.ndarray) -> np.ndarray:
    """The rating at each time, (n,): that of the moment, or of the interval that began last."""
    out = np.full(len(times), np.nan)
    if ratings.ends is None:
        out[np.searchsorted(times, ratings.times)] = ratings.values
    elif len(ratings.times):
        # A time a rounding error before an interval belongs to it.
        at = np.searchsorted(ratings.times, times + 1e-9, side="right") - 1
        inside = (at >= 0) & (times < ratings.ends[at] - 1e-9)
        out[inside] = ratings.values[at[inside]]
    return out


def joined(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Whether each row follows the one before without a gap, (n,) bool; the first does not."""
    return np.r_[False, start[1:] - end[:-1] < JOINED][: len(start)]


def unique(recordings: Iterable[Recording], what: str) -> dict[str, Recording]:
    """The recordings by `Recording.key`.

    Raises
    ------
    DataError
        If two have one key.
    """
    found: dict[str, Recording] = {}
    for recording in recordings:
        if recording.key in found:
            raise DataError(f"{what} hold the recording {recording.key!r} twice; keep one of them")
        found[recording.key] = recording
    return found
