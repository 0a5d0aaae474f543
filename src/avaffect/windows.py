"""Where windows and pieces of a recording begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


def window_starts(ticks: int, window: int, hop: int) -> list[int]:
    """First ticks of windows over a recording; the last window ends with it.

    Together they cover the recording when ``hop`` is at most ``window``.

    Parameters
    ----------
    ticks, window, hop : int
        Length of the recording and of a window, and the distance between windows, all in ticks.

    >>> window_starts(10, 4, 4), window_starts(10, 4, 2), window_starts(3, 4, 4)
    ([0, 4, 6], [0, 2, 4, 6], [0])
    """
    if ticks <= window:
        return [0]
    return [*range(0, ticks - window, hop), ticks - window]


class Piece(NamedTuple):
    """Ticks of a recording: the features of ``begin : end`` are kept, those of ``first : last`` made."""

    first: int
    begin: int
    end: int
    last: int


def pieces(ticks: int, size: int, context: int) -> Iterator[Piece]:
    """Pieces of ``size`` ticks that see ``context`` more on each side, as far as the recording goes.

    >>> [tuple(piece) for piece in pieces(10, 6, 2)]
    [(0, 0, 6, 8), (4, 6, 10, 10)]
    """
    for begin in range(0, ticks, size):
        end = min(ticks, begin + size)
        yield Piece(max(0, begin - context), begin, end, min(ticks, end + context))
