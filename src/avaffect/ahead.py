"""Work in a thread of its own: items that are made before they are asked for, or one result.

Each thread makes one thing from its own input alone, so results do not depend on which is quicker. When the
block that uses a thread is left, for whatever reason, the thread has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread, current_thread
from typing import TypeVar

T = TypeVar("T")

_LOOK = 0.05  # seconds between two looks whether a thread has ended


class _Unwanted(BaseException):
    """Nobody waits for what this thread makes."""


class _Worker(Thread):
    """A thread that can be told to stop.

    Attributes
    ----------
    unwanted : Event
    error : BaseException or None
        What its work ended with.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(name="avaffect", daemon=True)
        self.unwanted = Event()
        self.error: BaseException | None = None
        self._work = work

    def run(self) -> None:
        try:
            self._work()
        except _Unwanted:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where its result is asked for
            self.error = error


def go_on() -> None:
    """To be called now and then by long work: ends it in a thread for which nobody waits any more."""
    thread = current_thread()
    if isinstance(thread, _Worker) and thread.unwanted.is_set():
        raise _Unwanted


@contextmanager
def ahead(items: Iterable[T], room: int, together: int = 1) -> Iterator[Iterator[T]]:
    """The items, made in a thread of its own; an error comes where the item would have come.

    Parameters
    ----------
    items : iterable
    room : int
        Items that wait to be asked for, at most.
    together : int
        Items that are handed over at once: to wake another thread for each would take long.

    Examples
    --------
    >>> with ahead(range(3), room=2) as numbers:
    ...     list(numbers)
    [0, 1, 2]
    """
    queue: Queue[list[T]] = Queue(max(1, room // together))  # of lists of items; an empty one is the end

    def fill() -> None:
        iterator = iter(items)
        made: list[T] = []
        try:
            for item in iterator:
                go_on()
                made.append(item)
                if len(made) == together:
                    queue.put(made)
                    made = []
        finally:
            if made:
                queue.put(made)
            if close := getattr(iterator, "close", None):
                close()

    def work() -> None:
        try:
            fill()
        finally:
            queue.put([])

    def taken() -> Iterator[T]:
        while found := queue.get():
            yield from found
        worker.join()
        if worker.error is not None:
            raise worker.error

    worker = _Worker(work)
    worker.start()
    try:
        yield taken()
    finally:
        worker.unwanted.set()
        while worker.is_alive():  # it may wait for room
            try:
                queue.get(timeout=_LOOK)
            except Empty:
                continue


@contextmanager
def alongside(work: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Work that goes on in a thread of its own; gives what waits for the result, or raises its error.

    Examples
    --------
    >>> with alongside(lambda: 2 + 2) as answer:
    ...     answer()
    4
    """
    results: list[T] = []
    worker = _Worker(lambda: results.append(work()))

    def result() -> T:
        worker.join()
        if worker.error is not None:
            raise worker.error
        return results[0]

    worker.start()
    try:
        yield result
    finally:
        worker.unwanted.set()
        worker.join()
