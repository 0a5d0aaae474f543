"""How clear a face and a voice are: what widens the intervals of a poor picture and a poor sound.

Two measures, each by tick. *Detail* of a face says how much of its fine structure the picture shows, whether
it is small, out of focus, or moved. *SNR* of a voice says how far it stands above what else is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from ..spec import Curve, Measure

DETAIL, SNR = "detail", "snr"

FINE, COARSE = 2.0, 4.0
"""Standard deviations in pixels (of a crop of 112) of the Gaussians between which octaves are divided."""

ROUNDING = 1 / 12
"""Variance of what rounding to whole levels adds: of a blurred face it would pass for detail."""

LEAST_DETAIL = -2.0
"""Octaves: so much is left of the coarse structure in what is finer, however blurred a face is."""

VOICE_SPAN, FLOOR_SPAN = 1.0, 5.0
"""Seconds on both sides in which the loudest tick is that of the voice, and the quietest that of the rest."""

HIGHEST_SNR = 60.0
"""dB: digital silence between words says no more than this."""


def face_detail(crops: np.ndarray) -> np.ndarray:
    """Detail of aligned faces, in octaves.

    The logarithm to base 2 of a ratio of standard deviations over the crop: what is finer than `FINE`, to
    what lies between `FINE` and `COARSE`. Contrast and brightness cancel out. A sharp face has about
    0.3, one of 24 pixels -0.6, one of 12 -0.9, one blurred by 4 pixels -1.2.

    Parameters
    ----------
    crops : (n, 112, 112) or (n, 112, 112, 3) uint8 np.ndarray

    Returns
    -------
    (n,) float64; 0 for a crop that shows nothing at all.
    """
    found = np.zeros(len(crops))
    for k, crop in enumerate(crops):
        gray = np.asarray(crop if crop.ndim == 2 else crop[..., 1], dtype=np.float32)
        fine, coarse = (cv2.GaussianBlur(gray, (0, 0), sigma) for sigma in (FINE, COARSE))
        above, below = float(np.var(gray - fine)) - ROUNDING, float(np.var(fine - coarse))
        if below > ROUNDING:
            found[k] = max(0.5 * np.log2(max(above, 1e-9) / below), LEAST_DETAIL)
    return found


def voice_snr(levels: np.ndarray, frame_rate: float, ticks: int, tick_rate: float) -> np.ndarray:
    """How far the voice stands above the rest, in dB, at each tick.

    The loudest tick within `VOICE_SPAN` less the quietest within `FLOOR_SPAN`, by the mean power of a tick:
    speech has pauses every few seconds, in which what else is heard stands alone (minimum statistics,
    R. Martin, 2001, without their correction of the bias).

    Parameters
    ----------
    levels : (frames,) np.ndarray
        Level of each frame of the spectrum in bels, `avaffect.voice.frame_level`.
    frame_rate, tick_rate : float
        Hz.
    ticks : int

    Returns
    -------
    (ticks,) float64 in [0, `HIGHEST_SNR`]; NaN without any sound.
    """
    if not len(levels) or not ticks:
        return np.full(ticks, np.nan)
    per_tick = round(frame_rate / tick_rate)
    whole = max(1, len(levels) // per_tick)
    power = 10.0 ** levels[: whole * per_tick].astype(np.float64)
    by_tick = power.reshape(whole, -1).mean(axis=1)
    voice = _extreme(by_tick, round(VOICE_SPAN * tick_rate), np.max)
    floor = _extreme(by_tick, round(FLOOR_SPAN * tick_rate), np.min)
    snr = np.clip(10 * np.log10(np.maximum(voice, 1e-30) / np.maximum(floor, 1e-30)), 0, HIGHEST_SNR)
    return np.pad(snr, (0, max(0, ticks - whole)), mode="edge")[:ticks]


def _extreme(values: np.ndarray, reach: int, of: Callable[..., np.ndarray]) -> np.ndarray:
    """The largest or smallest of the values at most ``reach`` away, (t,)."""
    padded = np.pad(values, reach, mode="edge")
    return of(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)


def added_squares(
    curves: Mapping[Measure, Mapping[str, Curve]],
    quality: Mapping[str, np.ndarray],
    targets: Sequence[str],
    ticks: int,
) -> np.ndarray:
    """Squares of what the measures add to half-widths, summed: (ticks, targets).

    Parameters
    ----------
    curves : mapping
        By measure and target, as in `avaffect.spec.Spec.widening` for one condition.
    quality : mapping of str to (ticks,) np.ndarray
        Where it is NaN nothing is added.
    """
    total = np.zeros((ticks, len(targets)))
    for name in curves.keys() & quality.keys():
        known = np.isfinite(quality[name])
        for column, target in enumerate(targets):
            places, added = np.array(curves[name][target]).T
            total[known, column] += np.interp(quality[name][known], places, added) ** 2
    return total
