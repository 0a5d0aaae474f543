"""Mel scales, and the triangles of a filter bank on them.

``htk`` is 2595 log10(1 + f/700) (O'Shaughnessy 1987), with triangles of height 1. ``slaney`` is that of the
Auditory Toolbox (Slaney 1998), linear up to 1 kHz and logarithmic above, with triangles of area 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MelScale = Literal["htk", "slaney"]

HERTZ_PER_MEL = 200 / 3
"""Slaney's scale below 1 kHz, which is 15 mel."""

LOG_STEP = np.log(6.4) / 27
"""Slaney's scale above 1 kHz: the natural logarithm of the frequency rises by this in a mel."""


def triangles(scale: MelScale, n_mels: int, f_min: float, f_max: float, bins: NDArray) -> NDArray:
    """Weights of overlapping bands that are equally wide on a mel scale.

    Parameters
    ----------
    scale : {"htk", "slaney"}
        Also says whether each triangle has height 1 ("htk") or area 1 over the frequency in Hz ("slaney").
    n_mels : int
        Number of bands.
    f_min, f_max : float
        Hz, where the first band begins and the last one ends.
    bins : (k,) np.ndarray
        Frequencies in Hz.

    Returns
    -------
    (n_mels, k) float64
    """
    to_mel, to_hertz = _SCALES[scale]
    low, high = to_mel(np.array([f_min, f_max]))
    corners = to_hertz(np.linspace(low, high, n_mels + 2))
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return weights * 2 / (right - left) if scale == "slaney" else weights


def _htk_mel(hertz: NDArray) -> NDArray:
    return 2595.0 * np.log10(1 + hertz / 700.0)


def _htk_hertz(mel: NDArray) -> NDArray:
    return 700.0 * (10 ** (mel / 2595.0) - 1)


def _slaney_mel(hertz: NDArray) -> NDArray:
    return np.minimum(hertz, 1000.0) / HERTZ_PER_MEL + np.log(np.maximum(hertz, 1000.0) / 1000.0) / LOG_STEP


def _slaney_hertz(mel: NDArray) -> NDArray:
    knee = 1000.0 / HERTZ_PER_MEL
    return np.minimum(mel, knee) * HERTZ_PER_MEL * np.exp(np.maximum(mel - knee, 0.0) * LOG_STEP)


_Conversion = Callable[[NDArray], NDArray]
_SCALES: dict[MelScale, tuple[_Conversion, _Conversion]] = {
    "htk": (_htk_mel, _htk_hertz),
    "slaney": (_slaney_mel, _slaney_hertz),
}
