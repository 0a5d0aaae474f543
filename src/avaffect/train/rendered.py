"""What a paired sequence shows of one modality, and how it passes from one item to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Shown:
    """One modality of a sequence.

    Attributes
    ----------
    features : (t, d) float32 numpy.ndarray
    affect : (t, 2) float32 numpy.ndarray
        Proxies of the items shown; NaN where none is.
    mask : (t,) bool numpy.ndarray
        Where there is something to see or hear.
    """

    features: Array
    affect: Array
    mask: NDArray[np.bool_]


def held(
    ticks: int, shortest: float, longest: float, rng: np.random.Generator, *, rate: float = 12.5
) -> list[tuple[int, int]]:
    """Cut a sequence into stretches of log-uniform length (seconds): (begin, end) ticks."""
    spans = []
    begin = 0
    while begin < ticks:
        seconds = np.exp(rng.uniform(np.log(shortest), np.log(longest)))
        end = min(ticks, begin + max(1, round(seconds * rate)))
        spans.append((begin, end))
        begin = end
    return spans


def fade_between(features: Array, spans: list[tuple[int, int]], ticks: int) -> Array:
    """Cross-fade the first ticks of each stretch from the last feature of the one before.

    >>> x = np.array([[0.0], [0.0], [3.0], [3.0], [3.0]], np.float32)
    >>> fade_between(x, [(0, 2), (2, 5)], 2)[:, 0].tolist()
    [0.0, 0.0, 1.0, 2.0, 3.0]
    """
    out = features.copy()
    for (_, end), (begin, stop) in zip(spans[:-1], spans[1:], strict=True):
        for step in range(min(ticks, stop - begin)):
            share = (step + 1) / (ticks + 1)
            out[begin + step] = (1 - share) * features[end - 1] + share * features[begin + step]
    return out


def smooth(
    values: Array, mask: NDArray[np.bool_], *, half_life: float, rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the unmasked values around each tick, and how much there was around it.

    Neighbours count by ``2 ** (-distance / half_life)``, but where the tick itself is unmasked only
    those within 0.4 s do, so that a change is softened and not delayed.

    Parameters
    ----------
    values : (t, 2), mask : (t,)
    half_life : seconds

    Returns
    -------
    (t, 2) values, 0 where nothing is near; (t,) weight: 1 where unmasked, else that of the nearest
    unmasked tick.
    """
    seconds = np.arange(len(mask)) / rate
    distance = np.abs(seconds[:, None] - seconds[None])  # (t, s)
    kernel = np.exp2(-distance / half_life)
    kernel[mask] *= distance[mask] <= 0.4
    kernel *= mask[None] & np.isfinite(values[:, 0])[None]
    total = kernel.sum(1)
    mean = kernel @ np.nan_to_num(values.astype(np.float64)) / np.maximum(total, 1e-12)[:, None]
    return mean, kernel.max(1, initial=0.0)
