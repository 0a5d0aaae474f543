"""Several processes that share out work: one that dies takes one piece with it, and the others go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Self

from .device import MOST_WORKERS
from .errors import AvaffectError, one_line
from .process import Child, Died, Work
from .progress import Hook, silent

Told = Callable[[int, str, float, float | None], None]
"""Called with a request's number and, of its progress, what a `avaffect.progress.Hook` is called with."""


class _Stopped(Exception):
    """The work is not wanted any more."""


class Crew:
    """Processes that are started when there is work, each with a piece of it at a time.

    Use it as a context manager, so that the processes are ended with it. They end with this process too, also
    if it is killed.

    Parameters
    ----------
    make : callable
        Called once in each process; gives the `avaffect.process.Work` that is done there.
    workers : int
        How many processes, from 1 to `avaffect.device.MOST_WORKERS`.
    name : callable
        What a request is called in messages.
    abandoned : callable
        Called with a request whose process was ended in the midst of it, to clear up behind it.

    Raises
    ------
    AvaffectError
        If so many processes cannot be.
    """

    def __init__(
        self,
        make: Callable[[], Work],
        workers: int,
        *,
        name: Callable[[Any], str] = str,
        abandoned: Callable[[Any], None] = lambda _: None,
    ) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise AvaffectError(f"workers={workers}: expected a number from 1 to {MOST_WORKERS}, such as 4")
        self._children = [Child(make, f"avaffect-worker-{k + 1}") for k in range(workers)]
        self._name, self._abandoned = name, abandoned

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for child in self._children:
            child.end()

    def ask(self, request: Any, hook: Hook = silent) -> Any:
        """The answer to one request.

        Raises
        ------
        AvaffectError
            If the work says why there is none, or its process ends.
        """
        for _, answer in self.each([request], lambda _, *told: hook(*told)):
            if isinstance(answer, AvaffectError):
                raise answer
        return answer

    def each(
        self, requests: Sequence[Any], hook: Told = lambda *_: None
    ) -> Iterator[tuple[int, Any | AvaffectError]]:
        """The answers to many requests, as they come.

        Parameters
        ----------
        requests : sequence
            Anything that can be pickled.
        hook : callable
            Told of progress.

        Yields
        ------
        number : int
            The request's place in the sequence.
        answer : object or AvaffectError
            What came of it, or why there is nothing: an `avaffect.process.Died` where the process ended.
        """
        waiting = deque(enumerate(requests))
        told: SimpleQueue[tuple[int, bool, Any]] = SimpleQueue()
        stopped = Event()

        def work(child: Child) -> None:
            while waiting and not stopped.is_set():
                try:
                    number, request = waiting.popleft()
                except IndexError:  # another thread has taken the last
                    return
                answer = self._one(
                    child, request, lambda *what, number=number: told.put((number, False, what)), stopped
                )
                told.put((number, True, answer))

        crew = [Thread(target=work, args=(child,), daemon=True) for child in self._children[: len(requests)]]
        try:
            for thread in crew:
                thread.start()
            left = len(requests)
            while left:
                number, is_answer, value = told.get()
                if is_answer:
                    left -= 1
                    yield number, value
                else:
                    hook(number, *value)
        finally:
            stopped.set()
            for thread in crew:
                thread.join()

    def _one(self, child: Child, request: Any, hook: Hook, stopped: Event) -> Any | AvaffectError:
        def check() -> None:
            if stopped.is_set():
                raise _Stopped

        try:
            return child.run(request, hook=hook, check=check)
        except Died as error:
            self._abandoned(request)
            return AvaffectError(f"{self._name(request)}: {error}")
        except _Stopped:
            self._abandoned(request)
        except AvaffectError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the others go on
            return one_line(error, self._name(request))
        return None
