"""Which tracks of a recording are one person: those that look the same and are never there at once.

The tracker decides frame by frame, and forgets. Once a recording is read, whole tracks can be compared: a
face that returns after minutes, or that began in a poor picture, gets its person back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .appearance import describe, unit

SAME = 0.85
"""Likeness from which two tracks are one person: the median of the best matches of their looks. Four people
filmed alike have at most 0.80 in any pair of frames; the same person within a shot has 0.84 or more."""

ALIKE = 0.75
"""Likeness of what two tracks are on the whole, below which they are not compared any further."""

MOST = 32
"""Looks that are kept of a track, evenly over its time."""


@dataclass
class Looks:
    """What a track looked like over its time; memory does not grow with it.

    Attributes
    ----------
    kept : list of (d,) np.ndarray
        Vectors of length 1, see `appearance.describe`.
    """

    kept: list[np.ndarray] = field(default_factory=list)
    _stride: int = 1
    _count: int = 0

    def add(self, crop: np.ndarray) -> None:
        """Take the next aligned crop, (112, 112, 3) uint8."""
        if self._count % self._stride == 0:
            self.kept.append(describe(crop[None])[0])
        self._count += 1
        if len(self.kept) > MOST:
            self.kept, self._stride = self.kept[::2], 2 * self._stride


def same_people(looks: Sequence[Looks], frames: Sequence[Sequence[int] | np.ndarray]) -> list[int]:
    """For each track, the first track of the same person.

    The likeliest pair is joined first. Tracks that share a frame are never joined, nor are those that were
    joined to them.

    Parameters
    ----------
    looks : sequence of Looks
        One a track, in order of appearance.
    frames : sequence of sequence of int, or of (n,) np.ndarray
        The frames in which each is seen.
    """
    first = list(range(len(looks)))
    members = [[track] for track in first]
    seen = [np.asarray(each, dtype=int) for each in frames]
    for _, a, b in sorted(_pairs(looks)):
        one, other = sorted((first[a], first[b]))
        if one != other and not len(np.intersect1d(seen[one], seen[other])):
            seen[one] = np.union1d(seen[one], seen[other])
            members[one] += members[other]
            for track in members[other]:
                first[track] = one
    return first


def _pairs(looks: Sequence[Looks]) -> list[tuple[float, int, int]]:
    """Pairs of tracks that look the same, with the likeness, negative."""
    filled = [track for track, each in enumerate(looks) if each.kept]
    if len(filled) < 2:
        return []
    kept = [np.stack(looks[track].kept) for track in filled]
    usual = unit(np.stack([each.mean(axis=0) for each in kept]))
    pairs = []
    # Only those that are alike on the whole are compared look by look, which costs more.
    for a, b in np.argwhere(np.triu(usual @ usual.T >= ALIKE, 1)).tolist():
        alike = kept[a] @ kept[b].T
        likeness = min(float(np.median(alike.max(axis=axis))) for axis in (0, 1))
        if likeness >= SAME:
            pairs.append((-likeness, filled[a], filled[b]))
    return pairs
