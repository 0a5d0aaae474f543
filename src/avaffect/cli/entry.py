"""The way in and out of the command: streams, signals, errors and exit codes. Loads nothing heavy."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from ..errors import AvaffectError, one_line

_USAGE = 2  # the exit code of a command line that is not understood
_STOPPED = "stopped; files written so far are complete"


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end. It is a `KeyboardInterrupt`: all is cleaned up as for Ctrl-C."""


class _Signals:
    """Turns the signals that end a program into an exception, and remembers which came."""

    def __init__(self) -> None:
        self.received: int | None = None

    def install(self) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What is ignored stays so: nohup, or a script's background jobs.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        raise Stopped


def main() -> None:
    """Run the command line.

    Errors end in one line on stderr and exit code 2; signals in one line and 128 + their number, so
    Ctrl-C in 130 and SIGTERM in 143.
    With AVAFFECT_TRACEBACK=1, an unexpected error shows its traceback.
    """
    signals = _Signals()
    try:
        signals.install()
        code = _run()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    if signals.received is not None:  # whatever became of the exception on its way here
        _say(_STOPPED)
        code = 128 + signals.received
    sys.exit(code)


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    import logging

    from .printed import LogLine, Once

    handler = logging.StreamHandler()
    handler.addFilter(Once())
    handler.setFormatter(LogLine("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    from .app import app

    try:
        code = _exit_code(app)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output, such as `head`, has enough
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("AVAFFECT_TRACEBACK") and not isinstance(error, AvaffectError):
            raise
        return _fail(error)


def _exit_code(app: Callable[[], object]) -> int:
    try:
        app()
    except SystemExit as end:
        if isinstance(end.code, str):
            _say(end.code)
            return 1
        if end.code == _USAGE:
            _say_dashed_file()
        return end.code or 0
    return 0


def _say_dashed_file() -> None:
    """A file whose name begins like an option's was taken for one: say how to give it."""
    dashed = next((word for word in sys.argv[1:] if word.startswith("-") and os.path.exists(word)), None)
    if dashed is not None:
        _say(f"{dashed} is a file here: write ./{dashed}")


def _fail(error: Exception) -> int:
    from rich.markup import escape

    from .printed import Console

    line = one_line(error, "avaffect")
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(str(line))}", highlight=False)
    return 2


def _say(line: str) -> None:
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - rich may not be loaded yet
