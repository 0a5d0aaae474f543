"""A process of its own that does one piece of work at a time, watched, and replaced when it has to be ended.

This file imports little: a process that only looks into files is to be there quickly.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from .errors import AvaffectError, one_line
from .progress import Hook, silent

_TELL_EVERY = 0.1  # seconds between two messages about one stage
_SECONDS_TO_DIE = 2.0  # between the end of its pipe and the end of a process
_LOOK_EVERY = 0.2  # seconds between two looks at memory and time
_MORE_READILY = "300"  # of 1000, how much rather than other processes the system ends this one

_STARTING = Lock()

Work = Callable[[Any, Hook], Any]
"""What is done with a request; it tells a hook how far it is."""


class WorkError(AvaffectError):
    """The work itself says why there is no result."""


class OverLimit(AvaffectError):
    """The process took more time or memory than it may; it was ended."""


class Died(AvaffectError):
    """The process ended by itself in the middle of the work; the message says by which signal.

    Attributes
    ----------
    asked : bool
        It was asked to end, such as with everything else on this machine: not by the fault of the work.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(_ending(code))
        self.asked = code == -signal.SIGTERM


class Child:
    """A process that is started when there is work, and again after it was ended.

    Parameters
    ----------
    make : callable
        Called once in the process; gives the `Work` that is done there. A function or class of a module.
    name : str
        Name of the process, for lists of processes.
    """

    def __init__(self, make: Callable[[], Work], name: str) -> None:
        self._make, self._name = make, name
        self._process: Any = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Number of the process; None while there is none."""
        return None if self._process is None else self._process.pid

    def run(
        self,
        request: Any,
        *,
        hook: Hook = silent,
        check: Callable[[], None] = lambda: None,
        seconds: float = float("inf"),
        memory: float = float("inf"),
    ) -> Any:
        """Have a request worked on, and wait for what comes of it.

        Parameters
        ----------
        request : object
            Anything that can be pickled.
        hook : callable
            Told how far the work is.
        check : callable
            Called several times a second. What it raises ends the process, and is raised here.
        seconds, memory : float
            Time that it may take, and bytes that the process may hold.

        Raises
        ------
        WorkError, OverLimit, Died
        """
        pipe = self._started()
        deadline = time.monotonic() + seconds
        try:
            pipe.send(request)
            while True:
                while pipe.poll(0):
                    kind, value = pipe.recv()
                    if kind == "done":
                        return value
                    if kind == "failed":
                        raise WorkError(value)
                    if kind == "log":
                        name, level, text = value
                        logging.getLogger(name).log(level, "%s", text)
                    else:
                        hook(*value)
                check()
                self._check_limits(deadline, seconds, memory)
                wait([pipe, self._process.sentinel], _LOOK_EVERY)
        except (EOFError, OSError) as error:
            self._process.join(_SECONDS_TO_DIE)
            code = self._process.exitcode
            self.end()
            raise Died(code) from error
        except WorkError:
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Kill the process, if there is one. The next request starts another."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is not None:
            process.kill()
            process.join()
            process.close()
        if pipe is not None:
            pipe.close()

    def _started(self) -> Connection:
        if self._process is not None and not self._process.is_alive():
            self.end()
        if self._process is None or self._pipe is None:
            context = get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._make), name=self._name, daemon=True)
            with _without_interrupts(), _without_main():
                process.start()
            theirs.close()
            self._process, self._pipe = process, ours
        return self._pipe

    def _check_limits(self, deadline: float, seconds: float, memory: float) -> None:
        if time.monotonic() > deadline:
            raise OverLimit(f"takes longer than {seconds:g} s, which is the limit here; cut it up")
        if memory < float("inf") and _memory(self._process.pid) > memory:
            raise OverLimit(
                f"needs more than {memory / 2**30:.3g} GiB of memory, which is the limit here; cut it up"
            )


def _ending(code: int | None) -> str:
    """How a process ended, in words.

    >>> _ending(-11)
    'the process that read it was ended by SIGSEGV, a crash in a library'
    """
    start = "the process that read it"
    if code is None or code >= 0:
        return f"{start} ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return f"{start} was killed (SIGKILL), as the system does when memory runs out"
    crash = name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
    return f"{start} was ended by {name}" + (", a crash in a library" if crash else "")


def _memory(pid: int) -> int:
    """Bytes that a process holds; 0 if it is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _serve(pipe: Connection, make: Callable[[], Work]) -> None:
    """Work on one request after the other; ends when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of a terminal; the parent ends us
    Thread(target=_end_with_parent, daemon=True).start()
    _volunteer()
    sending = Lock()
    logging.basicConfig(handlers=[_Log(pipe, sending)], level=logging.WARNING, force=True)
    work: Work | None = None
    with suppress(EOFError, BrokenPipeError):
        while True:
            request = pipe.recv()
            try:
                work = work or make()
                answer = "done", work(request, _Teller(pipe, sending))
            except Exception as error:  # noqa: BLE001 - whatever an odd file brings to light
                answer = "failed", str(one_line(error, "the recording"))
            with sending:
                pipe.send(answer)


def _volunteer() -> None:
    """Where memory runs out, the system is to end this process, not the one that watches it."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_MORE_READILY)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


class _Teller:
    """A hook that sends what it is told through a pipe, not too often."""

    def __init__(self, pipe: Connection, sending: Lock) -> None:
        self._pipe, self._sending = pipe, sending
        self._last: tuple[str, float] = "", 0.0

    def __call__(self, what: str, completed: float, total: float | None) -> None:
        now = time.monotonic()
        if what == self._last[0] and now - self._last[1] < _TELL_EVERY:
            return
        self._last = what, now
        with self._sending:
            self._pipe.send(("progress", (what, completed, total)))


class _Log(logging.Handler):
    """Sends what is logged to the parent, which logs it."""

    def __init__(self, pipe: Connection, sending: Lock) -> None:
        super().__init__()
        self._pipe, self._sending = pipe, sending

    def emit(self, record: logging.LogRecord) -> None:
        with self._sending, suppress(OSError, ValueError):
            self._pipe.send(("log", (record.name, record.levelno, record.getMessage())))


@contextmanager
def _without_main() -> Iterator[None]:
    """A process that is started in the block does not run the user's script again.

    So a script need not guard what it calls by ``if __name__ == "__main__"``; work is never defined in it.
    """
    main = sys.modules["__main__"].__dict__
    with _STARTING:
        hidden: dict[str, Any] = {name: main.pop(name) for name in ("__file__", "__spec__") if name in main}
        main["__spec__"] = None
        try:
            yield
        finally:
            main.update({"__spec__": None, **hidden})


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A process that is started in the block does not see Ctrl-C before it says how it takes it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
