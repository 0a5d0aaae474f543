"""Damage to one stream: spans that are missing, or that come from another segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .features import STREAMS, Mask, Segment

DAMAGED = "damaged"  # the training on such streams
KINDS = ("missing", "other")
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
SPAN = (4, 12)  # seconds, shortest and longest piece that is damaged at once


@dataclass(frozen=True)
class Damage:
    """What is done to a segment.

    Attributes
    ----------
    stream : str
        ``audio`` or ``visual``.
    kind : {"missing", "other"}
        Masked, or replaced by another segment's stream, which no mask tells.
    share : float
        Of the ticks, in [0, 1].
    """

    stream: str
    kind: str
    share: float

    def __post_init__(self) -> None:
        if self.stream not in STREAMS or self.kind not in KINDS or not 0 <= self.share <= 1:
            raise DataError(f"{self}: expected stream in {STREAMS}, kind in {KINDS}, share from 0 to 1")

    @property
    def key(self) -> str:
        """A name for files and tables, such as ``audio.missing.30``."""
        return f"{self.stream}.{self.kind}.{round(100 * self.share)}"


@dataclass(frozen=True)
class Damaged:
    """A segment after damage, the ticks that can be used, and those that were damaged.

    Attributes
    ----------
    segment : Segment
    available : dict of str to (t,) np.ndarray of bool
        By stream.
    hit : (t,) np.ndarray of bool
    """

    segment: Segment
    available: dict[str, Mask]
    hit: Mask


def every_damage() -> list[Damage]:
    """All damages of the curves: two streams, two kinds, five shares."""
    return [Damage(stream, kind, share) for stream in STREAMS for kind in KINDS for share in SHARES]


def undamaged(segment: Segment) -> Damaged:
    """The segment as it is."""
    count = len(segment.labels)
    return Damaged(segment, {name: np.ones(count, bool) for name in STREAMS}, np.zeros(count, bool))


def apply(
    segment: Segment, damage: Damage, donors: Sequence[Segment], random: np.random.Generator
) -> Damaged:
    """Damage one stream of a segment in spans of 4 to 12 s, exactly the share asked (to the nearest tick).

    Parameters
    ----------
    segment : Segment
    damage : Damage
    donors : sequence of Segment
        Where replaced spans come from, at random; the segment itself is never taken.
    random : np.random.Generator

    Raises
    ------
    DataError
        If spans are to be replaced and there is no other segment.
    """
    whole = undamaged(segment)
    hit = spans(len(segment.labels), damage.share, random)
    if damage.kind == "missing":
        available = whole.available | {damage.stream: ~hit}
        return Damaged(segment, available, hit)
    others = [donor for donor in donors if donor.name != segment.name]
    if not others:
        raise DataError(f"no segment but {segment.name} to replace spans from; give others as donors")
    values = segment.streams[damage.stream].copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hit, [False]])))
    for begin, end in edges.reshape(-1, 2):
        for first in range(begin, end, SPAN[1]):
            last = min(first + SPAN[1], end)
            source = others[random.integers(len(others))].streams[damage.stream]
            start = random.integers(max(len(source) - (last - first), 0) + 1)
            piece = source[start : start + last - first]
            values[first : first + len(piece)] = piece
    streams = segment.streams | {damage.stream: values}
    return Damaged(replace(segment, streams=streams), whole.available, hit)


def spans(count: int, share: float, random: np.random.Generator) -> NDArray[np.bool_]:
    """Ticks to damage, (count,): spans of `SPAN` ticks at random places until the share is reached.

    Spans may touch and overlap, and the last is cut to the number wanted.

    >>> spans(100, 0.3, np.random.default_rng(0)).sum()
    np.int64(30)
    """
    hit = np.zeros(count, bool)
    wanted = round(share * count)
    while (left := wanted - int(hit.sum())) > 0:
        length = int(random.integers(SPAN[0], SPAN[1] + 1))
        start = int(random.integers(-length + 1, count))
        span = np.arange(max(start, 0), min(start + length, count))
        hit[span[~hit[span]][:left]] = True
    return hit
