"""What is printed: text from outside, such as a file's name, gives the terminal no orders."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

# Control characters but the line break and the tab, and what turns the direction of writing around.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MOST_KEPT = 10_000  # lines that are remembered

_written = False  # whether there was any data for stdout


def plain(text: str) -> str:
    r"""The text with every character that commands a terminal written out.

    >>> print(plain("a\x1b[2Jb.mp4"))
    a\x1b[2Jb.mp4
    """
    return _ORDERS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class Console(RichConsole):
    """A console that writes out the control characters of what it is given; its own colours stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render an object, as Rich does."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=plain(segment.text))

    def on_broken_pipe(self) -> None:
        """Go on when the reader, such as `head`, has enough: the files are the work, and not printed."""
        _lead_nowhere(self.file)


class LogLine(logging.Formatter):
    """A line of the log."""

    def format(self, record: logging.LogRecord) -> str:
        """The level and the message."""
        return plain(super().format(record))


class Once(logging.Filter):
    """Lets each line of the log through once: several processes may find the same."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it was not said before."""
        line = record.getMessage()
        new = line not in self._said
        if len(self._said) > _MOST_KEPT:
            self._said.clear()
        self._said.add(line)
        return new


def write_out(text: str) -> None:
    """Write data to stdout: as it is for another program, `plain` for a terminal."""
    global _written
    _written = True
    with _whose_reader_may_go():
        sys.stdout.write(plain(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()


def write_json(value: Any) -> None:
    """Write a value to stdout for another program."""
    write_out(json.dumps(value, indent=2) + "\n")


def write_failure(line: str) -> None:
    """Tell a program that reads JSON why there is none, in one line; nothing where it was given some."""
    if not _written:
        write_out(json.dumps({"error": line}) + "\n")


def flush_out() -> None:
    """Have stdout written to the end.

    Raises
    ------
    OSError
        If that fails, other than by a reader that has enough; it is not tried again.
    """
    with _whose_reader_may_go():
        sys.stdout.flush()


@contextmanager
def _whose_reader_may_go() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _lead_nowhere(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise


def _lead_nowhere(stream: IO[str]) -> None:
    """Drop what is still to be written to a stream, and what will be."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
