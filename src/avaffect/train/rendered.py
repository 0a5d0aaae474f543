"""One rendered stream of a paired sequence, and how it passes from one item to the next.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TICK_RATE = 12.5  # Hz, of paired sequences

Array = NDArray[np.float32]


@dataclass(frozen=True)
class RenderedStream:
    """One modality of a sequence.

    Attributes
    ----------
    features : (t, d) float32 numpy.ndarray
    affect : (t, 2) float32 numpy.ndarray
        Valence and arousal proxies of the rendered items; NaN where there is none.
    mask : (t,) bool numpy.ndarray
        True where there is something to see or hear.
    """

    features: Array
    affect: Array
    mask: NDArray[np.bool_]


def random_spans(
    ticks: int, shortest: float, longest: float, rng: np.random.Generator, *, tick_rate: float = TICK_RATE
) -> list[tuple[int, int]]:
    """Cut a sequence into spans of log-uniform length, from `shortest` to `longest` seconds.

    Returns
    -------
    list of tuple of int
        First tick of each span, and the tick after its last.
    """
    spans = []
    begin = 0
    while begin < ticks:
        seconds = np.exp(rng.uniform(np.log(shortest), np.log(longest)))
        end = min(ticks, begin + max(1, round(seconds * tick_rate)))
        spans.append((begin, end))
        begin = end
    return spans


def cross_fade(features: Array, spans: list[tuple[int, int]], ticks: int) -> Array:
    """Fade the first ticks of each span in from the last feature of the span before.

    >>> x = np.array([[0.0], [0.0], [3.0], [3.0], [3.0]], np.float32)
    >>> cross_fade(x, [(0, 2), (2, 5)], 2)[:, 0].tolist()
    [0.0, 0.0, 1.0, 2.0, 3.0]
    """
    out = features.copy()
    for (_, end), (begin, stop) in zip(spans[:-1], spans[1:], strict=True):
        for step in range(min(ticks, stop - begin)):
            share = (step + 1) / (ticks + 1)
            out[begin + step] = (1 - share) * features[end - 1] + share * features[begin + step]
    return out


def smooth(
    values: Array, mask: NDArray[np.bool_], *, half_life: float, tick_rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted mean of the unmasked values around each tick, and the weight of the nearest one.

    The weight of a neighbour is ``2 ** (-distance / half_life)``. Where the tick itself is unmasked, only
    neighbours within 0.4 s count: a change is softened, but not delayed.

    Parameters
    ----------
    values : (t, 2) float32 numpy.ndarray
    mask : (t,) bool numpy.ndarray
    half_life : float
        Seconds.
    tick_rate : float
        Ticks per second.

    Returns
    -------
    mean : (t, 2) float64 numpy.ndarray
        0 where nothing is near.
    weight : (t,) float64 numpy.ndarray
        1 where unmasked, else that of the nearest unmasked tick.
    """
    seconds = np.arange(len(mask)) / tick_rate
    distance = np.abs(seconds[:, None] - seconds[None])  # (t, s)
    kernel = np.exp2(-distance / half_life)
    kernel[mask] *= distance[mask] <= 0.4
    kernel *= mask[None] & np.isfinite(values[:, 0])[None]
    total = kernel.sum(1)
    mean = kernel @ np.nan_to_num(values.astype(np.float64)) / np.maximum(total, 1e-12)[:, None]
    return mean, kernel.max(1, initial=0.0)
