"""How a stream fares: what came, what was dropped, how long ticks took."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .intake import Counts

LATEST = 750
"""Ticks over which delays are told: a minute."""


@dataclass
class Stats:
    """Figures of a stream so far.

    Attributes
    ----------
    counts : Counts
        What came, and what of it was late.
    dropped : int
        Pictures that a `avaffect.live.Worker` left out, because reading was behind.
    sound_dropped : float
        Seconds of sound likewise.
    ticks, left_out : int
        Ticks that were given; that were not, because reading was behind.
    skipped : float
        Seconds of pauses for which no ticks were given.
    """

    counts: Counts
    dropped: int = 0
    sound_dropped: float = 0.0
    ticks: int = 0
    left_out: int = 0
    skipped: float = 0.0
    _delays: deque[float] = field(default_factory=lambda: deque(maxlen=LATEST))

    def add(self, delay: float) -> None:
        """Count a tick that was given ``delay`` seconds after its picture came (NaN: unknown)."""
        self.ticks += 1
        if np.isfinite(delay):
            self._delays.append(delay)

    def delay(self, quantile: float = 0.5) -> float:
        """Seconds below which this share of the last minute's delays lies; NaN without ticks."""
        return float(np.quantile(self._delays, quantile)) if self._delays else float("nan")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        delays = {
            f"delay_{name}": round(self.delay(q), 4) if self._delays else None
            for name, q in (("median", 0.5), ("p95", 0.95), ("most", 1.0))
        }
        own = {name: getattr(self, name) for name in ("dropped", "ticks", "left_out")}
        seconds = {name: round(getattr(self, name), 3) for name in ("sound_dropped", "skipped")}
        return {**asdict(self.counts), **own, **seconds, **delays}
