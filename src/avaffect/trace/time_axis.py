"""Where an axis of time has its marks, and how they are written."""

from __future__ import annotations

STEPS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400,
    43200,
)  # fmt: skip
_DAY = 86400


def step(span: float, most: int) -> float:
    """Seconds between marks so that an axis of ``span`` seconds has at most ``most`` steps.

    >>> step(10, 9), step(600, 9), step(1e9, 9) / 86400
    (2, 120, 2000.0)
    """
    days = (_DAY * count * 10**power for power in range(300) for count in (1, 2, 5))
    return next(s for s in (*STEPS, *days) if span / s <= most)


def unit(span: float) -> str:
    """How `clock` writes times on an axis of ``span`` seconds."""
    return "s" if span <= 120 else "min:s" if span < 3600 else "h:min:s"


def clock(time: float, span: float) -> str:
    """A time on an axis that shows ``span`` seconds.

    >>> clock(2.5, 8), clock(95, 600), clock(4000, 7200)
    ('2.5', '1:35', '1:06:40')
    """
    if span <= 120:
        return f"{time:g}" if abs(time) > 1e-9 else "0"
    minutes, second = divmod(round(time), 60)
    if span < 3600:
        return f"{minutes}:{second:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"
