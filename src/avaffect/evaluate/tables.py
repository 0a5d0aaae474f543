"""The tables of results that a folder holds, and what can be read of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TypeVar

from ..batch import attempt
from ..corpus.labels.files import walk
from ..errors import AvaffectError, DataError
from ..record import ENDING, Record
from ..text import first_line, read_text
from ..trace.csv_file import columns_of, is_meant_as_results

log = logging.getLogger(__name__)

# If a folder has one recording in several formats, the first of these is read: it is the most exact.
TRACE_ENDINGS = (".parquet", ".jsonl", ".csv")
_HEAD = 65_536  # bytes of a file that hold its header

Content = TypeVar("Content")


@dataclass(frozen=True)
class PassedOver:
    """Something that was not read, while the rest was.

    Attributes
    ----------
    name : str
        The recording, as far as it is known; empty where it was read from another file.
    why : str
        One line.
    """

    name: str
    why: str


def tables_by_name(folder: Path) -> list[list[Path]]:
    """The folder's tables of traces, each in all formats that are there, the most exact first.

    Other .csv files (errors.csv) are passed over; one that lost columns is no other file.
    """
    tables = [p for p in walk(folder, TRACE_ENDINGS) if p.suffix.lower() != ".csv" or _is_trace(p)]
    named = groupby(sorted(tables, key=lambda p: p.with_suffix("")), key=lambda p: p.with_suffix(""))
    return [sorted(same, key=lambda p: TRACE_ENDINGS.index(p.suffix.lower())) for _, same in named]


def read_best(
    formats: Sequence[Path], read: Callable[[Path], Content], passed: list[PassedOver] | None
) -> tuple[Path, Content]:
    """What a table holds, in the first of its formats that can be read, and that format's path.

    Parameters
    ----------
    formats : sequence of Path
    read : callable
        Reads a path.
    passed : list of PassedOver, optional
        Gets each format that cannot be read while there is another. Without it, they are logged.

    Raises
    ------
    AvaffectError
        Why the last cannot be read, if none can.
    """
    for table, following in pairwise(formats):
        content = attempt(read, table, table)
        if not isinstance(content, AvaffectError):
            return table, content
        pass_over(PassedOver("", f"{content}; {following} is read instead"), passed)
    content = attempt(read, formats[-1], formats[-1])
    if isinstance(content, AvaffectError):
        raise content
    return formats[-1], content


def pass_over(one: PassedOver, passed: list[PassedOver] | None) -> None:
    """Note what is left out in the list, which whoever gave it tells; without one, log it."""
    if passed is None:
        log.warning("left out: %s", one.why)
    else:
        passed.append(one)


def recording_of_table(table: Path) -> str:
    """What the recording of a table is called that cannot be read: as its record says, or as the table."""
    record = Record.read(table.with_suffix(ENDING))
    return table.with_suffix("").as_posix() if record is None else record.source.path


def _is_trace(path: Path) -> bool:
    """Whether a .csv is meant as a trace's table; what is wrong with it is told when it is read."""
    try:
        header = first_line(read_text(path, head=_HEAD).lstrip())
    except DataError:
        return True
    if is_meant_as_results(columns_of(header)):
        return True
    record = Record.read(path.with_suffix(ENDING))
    return record is not None and path.name in record.outputs
