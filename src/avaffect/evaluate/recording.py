"""One recording's valence and arousal, predicted or annotated, on its own clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from ..errors import DataError
from ..media.folder import MEDIA_ENDINGS

# Seconds; rows nearer than this follow each other, however a file rounded them.
JOINED = 1e-5


@dataclass(frozen=True)
class Recording:
    """Values of one recording in order of time.

    Attributes
    ----------
    name : str
        As the file calls it; see `key`.
    values : (n, 2) np.ndarray
        Valence and arousal in [-1, 1]; NaN where not predicted or not annotated.
    start, end : (n,) np.ndarray or None
        Seconds that each row covers; ``end`` is None for labels, which hold at a moment. Both None
        where only frames are known.
    frame : (n,) np.ndarray of int or None
        0-based number of each row's frame; None where only times are known.
    people : int
        How many people the file reports; the values are those of the one seen longest.
    """

    name: str
    values: np.ndarray
    start: np.ndarray | None = None
    end: np.ndarray | None = None
    frame: np.ndarray | None = None
    people: int = 1

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

    def timed(self, rate: float) -> Recording:
        """The recording with times from its frame numbers at an even rate in Hz.

        A recording that knows its times is returned as it is.

        Raises
        ------
        DataError
            If the rate is not positive.
        """
        if self.start is not None or self.frame is None:
            return self
        if not rate > 0:
            raise DataError(f"frames per second must be positive, not {rate:g}")
        return replace(self, start=self.frame / rate, end=(self.frame + 1) / rate)


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
