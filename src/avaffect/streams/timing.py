"""How long each part of the work on a recording took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import thread_time
from typing import TypeVar

T = TypeVar("T")


class Timing:
    """Seconds of processor time by part of the work, added up over calls and threads.

    It is the time of the thread that measures: what a part has others do for it is not in it.

    >>> timing = Timing()
    >>> with timing.measure("face"):
    ...     pass
    >>> list(timing.seconds)
    ['face']
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._lock = Lock()

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by part, rounded to a tenth of a millisecond."""
        return {name: round(value, 4) for name, value in self._seconds.items()}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Add the time spent inside the block to ``part``."""
        begin = thread_time()
        try:
            yield
        finally:
            with self._lock:
                self._seconds[part] += thread_time() - begin

    def each(self, part: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items through, adding the time that each takes to make to ``part``."""
        iterator = iter(items)
        while True:
            with self.measure(part):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
