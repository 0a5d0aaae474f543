"""Where windows over a recording begin."""

from __future__ import annotations


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
