"""What is known of one person by tick, in few bytes: numbers, and the features of the face."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from .kept_rows import KeptRows
from .timeline import Stretch


class ByTick:
    """Numbers by tick; from the first that is known to the last each takes 8 bytes.

    >>> known = ByTick()
    >>> known[3], known[5] = 0.25, 0.5
    >>> known.ticks.tolist(), known.between(2, 7).tolist()
    ([3, 5], [nan, 0.25, nan, 0.5, nan])

    Parameters
    ----------
    kind : {"d", "q"}
        Floats, NaN where none is known; or whole numbers, -1 there.
    """

    def __init__(self, kind: str = "d") -> None:
        self._missing: float = float("nan") if kind == "d" else -1
        self._first = 0
        self._values: array[Any] = array(kind)

    def __setitem__(self, tick: int, value: float) -> None:
        if not self._values:
            self._first = tick
        before, after = self._first - tick, tick + 1 - self._first - len(self._values)
        if before > 0:
            self._values[:0] = self._gap(before)
            self._first = tick
        elif after > 0:
            self._values.extend(self._gap(after))
        self._values[tick - self._first] = value

    @property
    def ticks(self) -> np.ndarray:
        """(n,) int: the ticks whose number is known."""
        values = np.array(self._values)
        return np.flatnonzero(np.isfinite(values) & (values != self._missing)) + self._first

    def between(self, first: int, stop: int) -> np.ndarray:
        """Numbers of ticks ``first`` to ``stop``, (stop - first,)."""
        return Stretch(self._first, np.array(self._values)).between(first, stop, self._missing)

    def update(self, other: ByTick) -> None:
        """Take what another knows."""
        for tick in other.ticks.tolist():
            self[tick] = other._values[tick - other._first]

    def forget(self, ticks: int) -> None:
        """Let go of the first ``ticks`` ticks; what comes after them is so much earlier."""
        del self._values[: max(ticks - self._first, 0)]
        self._first = max(self._first - ticks, 0)

    def _gap(self, count: int) -> array[Any]:
        return array(self._values.typecode, [self._missing]) * count


class Features:
    """Features of a face by tick; the vectors themselves lie in `KeptRows`.

    >>> features = Features()
    >>> features[4] = np.ones(2)
    >>> len(features), features.between(3, 5)[0].tolist()
    (1, [[nan, nan], [1.0, 1.0]])

    Parameters
    ----------
    kept : KeptRows, optional
        Float32; many may share it.
    """

    def __init__(self, kept: KeptRows | None = None) -> None:
        self._kept = KeptRows(np.float32) if kept is None else kept
        self._rows = ByTick("q")

    def __setitem__(self, tick: int, feature: np.ndarray) -> None:
        self._rows[tick] = len(self._kept)
        self._kept.add(feature[None])

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def ticks(self) -> np.ndarray:
        """(n,) int: the ticks whose feature is known."""
        return self._rows.ticks

    def between(self, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Of ticks ``first`` to ``stop``: features (t, d) float32, NaN where unknown, and mask (t,) bool."""
        rows = self._rows.between(first, stop)
        known = rows >= 0
        values = np.full((len(rows), self._kept.shape[1]), np.nan, np.float32)
        if known.any():
            begin = int(rows[known].min())
            values[known] = self._kept[begin : int(rows.max()) + 1][rows[known] - begin]
        return values, known

    def update(self, other: Features) -> None:
        """Take what another knows."""
        if other._kept is self._kept:
            self._rows.update(other._rows)
            return
        for tick in other.ticks.tolist():
            (self[tick],) = other.between(tick, tick + 1)[0]

    def forget(self, ticks: int) -> None:
        """Let go of the first ``ticks`` ticks, as `ByTick.forget`, and of ``kept`` if nobody shares it."""
        self._rows.forget(ticks)
        known = self.ticks.tolist()
        rest = Features()
        for tick in known:
            (rest[tick],) = self.between(tick, tick + 1)[0]
        self._kept, self._rows = rest._kept, rest._rows
