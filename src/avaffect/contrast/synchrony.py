"""Two people at the same time: do they go together, and who goes first?

The cross-correlation of two courses that each change slowly is often large by chance. So the largest one
within the lags is compared with what the same two courses give when one of them is shifted by times at which
the two have nothing to do with each other (circular shifts keep each course as it is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import checks_types
from ..errors import DataError
from ..metric import Array
from ..spec import TARGETS
from ..trace import Trace
from ..trace.edits import Edits
from ..trace.resample_bins import binned
from ..trace.steps import check_steps

RATE = 4.0
"""Steps per second at which courses are compared: the models tell no shorter moments apart."""
MAX_LAG = 5.0
"""Seconds by which one may follow the other."""
LEVEL = 0.95
SHORTEST = 10.0
"""Seconds that both must have: through a few points of two smooth courses, any correlation is found."""

_LEAST = 6  # times the longest lag, that a recording must last for its chance level to be told
_OVERLAP = 0.5  # share of the common steps that a lag must have


@dataclass(frozen=True)
class Synchrony:
    """The cross-correlation of one target of two people.

    Attributes
    ----------
    target : str
    names : (str, str)
    lags : (k,) np.ndarray
        Seconds; at a positive lag the second person follows the first.
    correlation : (k,) np.ndarray
        Pearson's r at each lag, of both courses less their straight trend; NaN where too few moments are
        common, everywhere if they are less than `SHORTEST`.
    lag, peak : float
        The lag of the largest correlation, and that correlation.
    at_once : float
        The correlation at lag 0.
    chance : float
        The correlation that the largest one of unrelated courses stays below in 95 % of the shifts; NaN if
        the recording is too short to tell.
    p : float
        Share of shifts whose largest correlation is at least ``peak``; NaN as above.
    shifts : int
        Number of shifts.
    seconds : float
        Time in which both have a value.
    shared_voice : float
        Share of that time in which the predictions of both rest on the recording's one voice.
    """

    target: str
    names: tuple[str, str]
    lags: Array
    correlation: Array
    lag: float
    peak: float
    at_once: float
    chance: float
    p: float
    shifts: int
    seconds: float
    shared_voice: float

    def as_dict(self) -> dict[str, Any]:
        """All but the curve as plain values; what is not known is None."""
        kept = ("target", "lag", "peak", "at_once", "chance", "p", "shifts", "seconds", "shared_voice")
        values = {name: getattr(self, name) for name in kept}
        plain = {n: None if isinstance(v, float) and not np.isfinite(v) else v for n, v in values.items()}
        return {"first": self.names[0], "second": self.names[1], **plain}


@checks_types
def synchrony(
    first: Trace, second: Trace, *, max_lag: float = MAX_LAG, rate: float = RATE
) -> dict[str, Synchrony]:
    """Cross-correlation and lag of two people, by target.

    Parameters
    ----------
    first, second : Trace
        One person's rows each, on one clock: of one recording (``trace.track(1)``), or of two that were
        started together.
    max_lag : float
        Seconds by which one may follow the other.
    rate : float
        Steps per second.

    Raises
    ------
    DataError
        If a trace has several people or files, a number is not positive, or the lag is shorter than a step.
    """
    if not (0 < max_lag < np.inf and 0 < rate < np.inf):
        raise DataError(f"max_lag={max_lag:g}, rate={rate:g}: expected positive numbers")
    if max_lag * rate < 1:
        raise DataError(f"max_lag={max_lag:g}: expected at least one step, {1 / rate:g} s")
    for trace in (first, second):
        if len(trace.files) != 1 or len(trace.tracks) > 1:
            raise DataError(
                f"synchrony is of one person each; {trace!r} has more: use trace.file(name).track(number)"
            )
    names = (_name(first), _name(second))
    ends = [trace.table.index.get_level_values("end").max() for trace in (first, second)]
    starts = [trace.table.index.get_level_values("start").min() for trace in (first, second)]
    check_steps(first.files[0], (max(starts), min(ends)), rate)
    low, high = np.floor(max(starts) * rate), np.floor(min(ends) * rate)
    edges = np.arange(low, max(high, low + 1) + 1) / rate
    voices = np.minimum(*(_course(trace, "voice", edges) for trace in (first, second)))
    same = first.files == second.files
    found = {}
    for target in TARGETS:
        one, two = (_course(trace, target, edges) for trace in (first, second))
        both = np.isfinite(one) & np.isfinite(two)
        voice = float(np.nanmean(voices[both])) if same and both.any() else 0.0
        found[target] = _crossed(target, names, one, two, max_lag, rate, voice)
    return found


def cross_correlation(first: Array, second: Array, most: int) -> Array:
    """Pearson's r of ``first[t]`` and ``second[t + k]`` for k = -most ... most, over what both have.

    Parameters
    ----------
    first, second : (n,) np.ndarray
        NaN where missing.
    most : int
        Fewer than n.

    Returns
    -------
    (2 * most + 1,) np.ndarray
        NaN where either does not change, or fewer than half of the steps that both have at lag 0 are common.
    """
    n = len(first)
    size = 1 << (2 * n).bit_length()  # zeros beyond the end: nothing wraps around
    known = [np.isfinite(x) for x in (first, second)]
    x, y = (np.where(k, v, 0.0) for k, v in zip(known, (first, second), strict=True))
    a, b = (k.astype(float) for k in known)

    def crossed(u: Array, v: Array) -> Array:
        whole = np.fft.irfft(np.conj(np.fft.rfft(u, size)) * np.fft.rfft(v, size), size)
        return np.concatenate([whole[size - most :], whole[: most + 1]])

    return _pearson(crossed, (x, y), (a, b), _OVERLAP * float((known[0] & known[1]).sum()))


def _circular(first: Array, second: Array) -> Array:
    """Pearson's r of ``first[t]`` and ``second[(t + k) mod n]`` for all k, (n,)."""
    n = len(first)
    known = [np.isfinite(x) for x in (first, second)]
    x, y = (np.where(k, v, 0.0) for k, v in zip(known, (first, second), strict=True))
    a, b = (k.astype(float) for k in known)

    def crossed(u: Array, v: Array) -> Array:
        return np.fft.irfft(np.conj(np.fft.rfft(u)) * np.fft.rfft(v), n)

    return _pearson(crossed, (x, y), (a, b), _OVERLAP * float((known[0] & known[1]).sum()))


def _pearson(crossed: Any, values: tuple[Array, Array], known: tuple[Array, Array], least: float) -> Array:
    """Pearson's r at all lags, from the sums that cross-correlations of values and of masks give."""
    (x, y), (a, b) = values, known
    n = np.maximum(np.round(crossed(a, b)), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mx, my = crossed(x, b) / n, crossed(a, y) / n
        vx, vy = crossed(x**2, b) / n - mx**2, crossed(a, y**2) / n - my**2
        r = (crossed(x, y) / n - mx * my) / np.sqrt(vx * vy)
    r[(n < max(least, 3)) | (np.minimum(vx, vy) < 1e-12)] = np.nan
    return np.asarray(r)


def _crossed(
    target: str, names: tuple[str, str], first: Array, second: Array, max_lag: float, rate: float,
    shared_voice: float,
) -> Synchrony:  # fmt: skip
    one, two = _detrended(first), _detrended(second)
    n = len(one)
    most = min(round(max_lag * rate), n - 1)
    lags = np.arange(-most, most + 1) / rate
    seconds = float((np.isfinite(first) & np.isfinite(second)).sum() / rate)
    r = cross_correlation(one, two, most) if seconds >= SHORTEST else np.full(len(lags), np.nan)
    if not np.isfinite(r).any():
        nan = float("nan")
        return Synchrony(target, names, lags, r, nan, nan, nan, nan, nan, 0, seconds, shared_voice)
    best = int(np.nanargmax(r))
    chance, p, shifts = _chance(one, two, most, float(r[best]))
    return Synchrony(
        target, names, lags, r, float(lags[best]), float(r[best]), float(r[most]), chance, p, shifts,
        seconds, shared_voice,
    )  # fmt: skip


def _chance(first: Array, second: Array, most: int, peak: float) -> tuple[float, float, int]:
    """What unrelated courses reach, the share of shifts that reach the peak, and the number of shifts.

    A shift s stands for unrelated courses where it is further than the lags, on either way round.
    """
    n = len(first)
    if n < _LEAST * 2 * most:
        return float("nan"), float("nan"), 0
    around = _circular(first, second)
    shifts = np.arange(2 * most + 1, n - 2 * most)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([around, around]), 2 * most + 1)
    with np.errstate(invalid="ignore"):
        largest = np.nanmax(np.nan_to_num(windows[shifts - most], nan=-1.0), axis=1)
    reached = int((largest >= peak - 1e-12).sum())
    return float(np.quantile(largest, LEVEL)), (1 + reached) / (1 + len(shifts)), len(shifts)


def _detrended(values: Array) -> Array:
    """Values less their straight line, so that two slow drifts are not taken for going together."""
    known = np.isfinite(values)
    if known.sum() < 3:
        return np.full(len(values), np.nan)
    time = np.arange(len(values), dtype=float)
    slope, level = np.polyfit(time[known], values[known], 1)
    return np.asarray(values - (level + slope * time))


def _course(trace: Trace, column: str, edges: Array) -> Array:
    """Means over even steps, NaN where less than half has a value; of "voice", 1 where it is rested on."""
    table = trace.table
    start, end = (table.index.get_level_values(name).to_numpy() for name in ("start", "end"))
    if column == "voice":
        values = table["source"].isin(["voice", "face+voice"]).fillna(False).to_numpy(dtype=float)
    else:
        values = table[column].to_numpy()
    return binned(start, end, values, edges)


def _name(trace: Trace) -> str:
    (file,) = trace.files
    if not trace.tracks:
        return "voice"
    (track,) = trace.tracks
    return Edits.of(trace.meta, file).label(track)
