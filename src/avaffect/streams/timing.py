"""How long each part of the work on a recording took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


class Timing:
    """Wall-clock seconds by part of the work, added up over calls.

    >>> timing = Timing()
    >>> with timing.measure("face"):
    ...     pass
    >>> list(timing.seconds)
    ['face']
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by part, rounded to a tenth of a millisecond."""
        return {name: round(value, 4) for name, value in self._seconds.items()}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Add the time spent inside the block to ``part``."""
        begin = perf_counter()
        try:
            yield
        finally:
            self._seconds[part] += perf_counter() - begin

    def each(self, part: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items through, adding the time spent waiting for each to ``part``."""
        iterator = iter(items)
        while True:
            with self.measure(part):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
