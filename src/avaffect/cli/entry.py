"""The way in and out of the command: streams, signals, errors and exit codes. Loads nothing heavy."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

from ..errors import FOLDER_IS_GONE, AvaffectError, folder_is_gone, one_line

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
    _stand_in()
    sys.stderr = _unhindered(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    import logging

    from .printed import LogLine, Once, flush_out

    handler = logging.StreamHandler()
    handler.addFilter(Once())
    handler.setFormatter(LogLine("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    from .app import app

    try:
        code = _exit_code(app)
        flush_out()
        return code
    except Exception as error:
        if os.environ.get("AVAFFECT_TRACEBACK") and not isinstance(error, AvaffectError):
            raise
        return _fail(error)


class _Unhindered(io.FileIO):
    """The file of a stream that drops what cannot be written."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream.fileno(), "w", closefd=False)
        self._stream = stream  # without anyone who has it, it would close its file

    def write(self, data: Any) -> int:
        """Write bytes."""
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def _unhindered(stream: TextIO) -> TextIO:
    """The same stream, but one that a full disk does not stop: what is said is not the work."""
    if os.name == "nt":  # its console takes no bytes in UTF-8
        return stream
    try:
        raw = _Unhindered(stream)
    except (OSError, ValueError, AttributeError):  # it is no file
        return stream
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, line_buffering=True)


def _stand_in() -> None:
    """In place of streams that were closed before the start (`>&-`), one that leads nowhere.

    Otherwise the next file that is opened would get their number, and what libraries print would go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)  # processes that we start have it too
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _exit_code(app: Callable[..., object]) -> int:
    import typer

    from .usage import fault

    try:
        code = app(standalone_mode=False)
    except SystemExit as end:
        if isinstance(end.code, str):
            _say(end.code)
            return 1
        return end.code or 0
    except typer.TyperException as error:
        if (why := fault(error)) is not None:
            raise why from error
        return error.exit_code
    return code if isinstance(code, int) else 0


def _fail(error: Exception) -> int:
    from rich.markup import escape

    from .printed import Console, write_failure

    line = str(one_line(error, "avaffect"))
    if folder_is_gone() and FOLDER_IS_GONE not in line:
        line += f"; {FOLDER_IS_GONE}"
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(line)}", highlight=False)
    if "--json" in sys.argv:
        with suppress(OSError):
            write_failure(line)
    return 2


def _say(line: str) -> None:
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - rich may not be loaded yet
