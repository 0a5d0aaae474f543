"""Post-processing of predictions: smoothing over time, and clipping to a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arguments import checks_types
from ..errors import DataError, nearest
from ..metric import Array
from ..schema import short
from .recording import Recording, joined

KINDS = ("box", "savgol")
ORDER = 2
"""Default order of the polynomial."""

_MAX_ORDER = 5
_CHUNK = 8192  # polynomials fitted at a time
_EDGE = 1e-9  # seconds; frame times are rounded


@checks_types
@dataclass(frozen=True)
class Smoothing:
    """Smoothing over a window in seconds.

    Parameters
    ----------
    kind : {"box", "savgol"}
        Mean of the frames in the window, or a polynomial fitted to them (Savitzky and Golay 1964; here at the
        frames' own times, so the frame rate may vary).
    window : float
        Seconds.
    causal : bool
        False: the window is centred on the frame. True: it ends at the frame and uses nothing later, as a
        live system must.
    order : int
        Order of the polynomial, 0 to 5.

    Raises
    ------
    DataError
        If an option is unknown or out of its range.

    Notes
    -----
    At the ends of a recording and beside gaps the window is shorter; nothing is padded. A window never
    crosses a gap (NaN, or missing frames), and NaN stays NaN.
    """

    kind: str
    window: float
    causal: bool = False
    order: int = ORDER

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(f"no smoothing named {short(self.kind)}; {nearest(self.kind, KINDS)}")
        if not (np.isfinite(self.window) and self.window > 0):
            raise DataError(f"a smoothing window is a positive number of seconds, not {self.window:g}")
        if not 0 <= self.order <= _MAX_ORDER:
            raise DataError(f"a smoothing polynomial has order 0 to {_MAX_ORDER}, not {self.order}")

    @classmethod
    def parse(cls, text: str, *, causal: bool = False) -> Smoothing:
        """Read ``box:SECONDS``, ``savgol:SECONDS`` or ``savgol:SECONDS:ORDER``.

        Raises
        ------
        DataError
            If the text has another form.

        Examples
        --------
        >>> Smoothing.parse("savgol:1.5:3", causal=True)
        Smoothing(kind='savgol', window=1.5, causal=True, order=3)
        """
        kind, *numbers = text.strip().lower().split(":")
        try:
            window, *order = numbers
            if len(order) > (kind == "savgol"):
                raise ValueError(text)
            return cls(kind, float(window), causal, *map(int, order))
        except ValueError as error:
            raise DataError(
                f"cannot smooth by {short(text)}; write box:1.0 or savgol:1.0:2 (seconds, order)"
            ) from error

    def __str__(self) -> str:
        """The smoothing in words, for reports.

        >>> str(Smoothing("box", 1.0))
        'box of 1 s, centred (not causal: looks 0.5 s ahead)'
        """
        what = "box" if self.kind == "box" else f"Savitzky-Golay of order {self.order}"
        if self.causal:
            return f"{what} of {self.window:g} s, trailing (causal)"
        return f"{what} of {self.window:g} s, centred (not causal: looks {self.window / 2:g} s ahead)"

    def __call__(self, recording: Recording) -> Recording:
        """The recording with smoothed values.

        Raises
        ------
        DataError
            If the recording has frames without times: a window in seconds needs the frame rate.
        """
        start, end = recording.start, recording.end
        if start is None or end is None:
            raise DataError(
                f"{recording.name} has frames without times, which a window in seconds needs; give traces,"
                " or --frame-rate for a video of constant frame rate"
            )
        values = np.full_like(recording.values, np.nan)
        for column in range(values.shape[1]):
            known = np.isfinite(recording.values[:, column])
            time, x = start[known], recording.values[known, column]
            run = np.cumsum(~joined(start, end) | ~known)[known]
            low, high = self._windows(time, run)
            values[known, column] = (
                _box(x, low, high) if self.kind == "box" else self._fit(time, x, low, high)
            )
        return replace(recording, values=values)

    def _windows(self, time: Array, run: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First row of each row's window and the row after its last, (n,) each; a window stays in its run."""
        if self.causal:  # (time - window, time]: window * frame_rate frames if the frame rate is constant
            low = np.searchsorted(time, time - self.window + _EDGE, side="right")
            high = np.arange(1, len(time) + 1)
        else:
            low = np.searchsorted(time, time - self.window / 2 - _EDGE)
            high = np.searchsorted(time, time + self.window / 2 + _EDGE, side="right")
        first, last = np.searchsorted(run, run), np.searchsorted(run, run, side="right")
        return np.maximum(np.minimum(low, np.arange(len(time))), first), np.minimum(high, last)

    def _fit(self, time: Array, x: Array, low: np.ndarray, high: np.ndarray) -> Array:
        """The fitted polynomial at each row's own time; rows with too few neighbours keep their values."""
        out = x.copy()
        rows = np.flatnonzero(high - low > self.order + 1)
        powers = np.arange(self.order + 1)
        for some in np.split(rows, range(_CHUNK, len(rows), _CHUNK)):
            if not len(some):
                continue
            at = low[some, None] + np.arange((high - low)[some].max())
            inside = at < high[some, None]
            at = np.minimum(at, len(x) - 1)
            u = np.where(inside, (time[at] - time[some, None]) / self.window, 0.0)
            basis = u[..., None] ** powers * inside[..., None]  # (rows, frames, order + 1)
            normal = np.einsum("rfi,rfj->rij", basis, basis)
            right = np.einsum("rfi,rf->ri", basis, x[at])
            out[some] = np.linalg.solve(normal, right[..., None])[:, 0, 0]
        return out


@checks_types
def clip(
    recordings: Sequence[Recording], low: float = -1.0, high: float = 1.0
) -> tuple[list[Recording], int]:
    """The recordings with values limited to a range, and the number of values changed."""
    changed = sum(int(((r.values < low) | (r.values > high)).sum()) for r in recordings)
    return [replace(r, values=np.clip(r.values, low, high)) for r in recordings], changed


def _box(x: Array, low: np.ndarray, high: np.ndarray) -> Array:
    total = np.concatenate([[0.0], np.cumsum(x)])
    return (total[high] - total[low]) / (high - low)
