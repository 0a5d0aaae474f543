"""Spans of time in a recording, of everybody or of one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..errors import DataError
from .rows import GAP

TOLERANCE = 0.5
"""Seconds by which a span may reach beyond the recording: people give its length rounded."""


class Span(NamedTuple):
    """Seconds of a recording; ``track`` None: of everybody who is there."""

    start: float
    end: float
    track: int | None = None

    def __str__(self) -> str:
        return f"{self.start:g}-{self.end:g} s"


def check_spans(spans: Iterable[Span], what: str) -> None:
    """Raise a `DataError` if one of the spans is none; ``what`` begins the message."""
    for span in spans:
        if not 0 <= span.start < span.end < np.inf:
            raise DataError(f"{what} {span} is no span; expected a begin, and an end after it")
        if span.track is not None and span.track < 0:
            raise DataError(f"{what} {span} has track {span.track}; expected a person's number")


def check_within(spans: Iterable[Span], duration: float, what: str) -> None:
    """Raise a `DataError` if a span is none or reaches beyond a recording of ``duration`` seconds."""
    for span in spans:
        check_spans([span], what)
        if span.start >= duration or span.end > duration + TOLERANCE:
            raise DataError(
                f"{what} {span} is outside of the recording, which lasts {duration:.2f} s;"
                " give seconds within it"
            )


def renumbered(spans: Iterable[Span], into: Mapping[int, int]) -> tuple[Span, ...]:
    """The spans, each once, with other numbers of some people."""
    changed = (s if s.track is None else s._replace(track=into.get(s.track, s.track)) for s in spans)
    return tuple(dict.fromkeys(changed))


def touched(table: pd.DataFrame, spans: Iterable[Span]) -> np.ndarray:
    """Rows of which any part lies in a span of their person's or of everybody's, (n,) bool."""
    start, end = (table.index.get_level_values(name).to_numpy() for name in ("start", "end"))
    track = table["track"].to_numpy(dtype=float, na_value=np.nan)
    found = np.zeros(len(table), dtype=bool)
    for span in spans:
        here = (start < span.end - GAP) & ((end > span.start + GAP) | (start >= span.start))
        found |= here if span.track is None else here & (track == span.track)
    return found
