"""How long each stage of a prediction took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


class Stages:
    """Wall-clock seconds by stage, added up over calls.

    >>> stages = Stages()
    >>> with stages.time("face"):
    ...     pass
    >>> list(stages.seconds)
    ['face']
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by stage, rounded to a tenth of a millisecond."""
        return {name: round(value, 4) for name, value in self._seconds.items()}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the time spent inside the block to ``stage``."""
        begin = perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] += perf_counter() - begin

    def each(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items through, adding the time spent waiting for each to ``stage``."""
        iterator = iter(items)
        while True:
            with self.time(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
