"""Who speaks in which recording: from a pattern on the files' names, or from a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..corpus.labels.files import TABLES
from ..corpus.labels.names import by_file
from ..corpus.labels.read import FILE_NAMES, rows_by_name
from ..corpus.labels.table import LabelTable, read_table
from ..errors import DataError

GROUP = "speaker"
"""Name of the group that holds the speaker; without a group of this name it is the first one."""


def speakers(given: str | Path | None, files: Sequence[str]) -> dict[str, str]:
    """The speaker of each recording.

    Parameters
    ----------
    given : str, path or None
        A table with the columns ``file,speaker`` (.csv, .tsv, ...), or a regular expression of Python's `re`
        with a group ``(?P<speaker>...)`` or ``(...)``. It is searched in the file's name with its ending; if
        it holds a "/", in the whole path. None: one speaker for all.
    files : sequence of str
        Absolute paths with "/".

    Raises
    ------
    DataError
        If the pattern is none, has no group or is not found in a name; or the table cannot be read, or has no
        row for a recording, or two that differ.

    Examples
    --------
    >>> speakers(r"^(?P<speaker>P\\d+)_", ["/study/P01_joy.wav", "/study/P02_joy.wav"])
    {'/study/P01_joy.wav': 'P01', '/study/P02_joy.wav': 'P02'}
    """
    if given is None:
        return dict.fromkeys(files, "")
    if Path(given).suffix.lower() in TABLES:
        return _from_table(Path(given), files)
    return _from_pattern(str(given), files)


def naming_column(table: LabelTable, expected: str) -> str:
    """The column that names the recordings.

    Raises
    ------
    DataError
        If there is none.
    """
    found = next((name for name in FILE_NAMES if name in table.names), None)
    if found is None:
        raise DataError(f"{table.path}: no column 'file'; expected the header {expected}")
    return found


def _from_pattern(given: str, files: Sequence[str]) -> dict[str, str]:
    example = r"such as '(P\d+)_' for P01_joy.wav, or a .csv with the header file,speaker"
    try:
        pattern = re.compile(given)
    except re.error as error:
        raise DataError(
            f"speaker_from={given!r} is no regular expression ({error}); give one {example}"
        ) from error
    if not pattern.groups:
        raise DataError(f"speaker_from={given!r} has no group in parentheses; give one {example}")
    group: str | int = GROUP if GROUP in pattern.groupindex else 1
    found: dict[str, str] = {}
    for file in files:
        place = file if "/" in given else file.rpartition("/")[2]
        match = pattern.search(place)
        if match is None or not match[group]:
            raise DataError(
                f"{file}: speaker_from={given!r} finds no speaker in {place!r}; change the pattern"
            )
        found[file] = match[group]
    return found


def _from_table(path: Path, files: Sequence[str]) -> dict[str, str]:
    table = read_table(path)
    rows = rows_by_name(table, naming_column(table, "file,speaker"))
    speaker = np.array(table.text("speaker"), dtype=object)
    for name, at in rows.items():
        if set(speaker[at]) != {speaker[at[0]]} or not speaker[at[0]]:
            given = " and ".join(sorted(set(map(repr, speaker[at]))))
            raise DataError(f"{path}: the speaker of {name} is {given}; give one")
    known, _ = by_file({name: str(speaker[at[0]]) for name, at in rows.items()}, files, path)
    absent = [file for file in files if file not in known]
    if absent:
        raise DataError(f"{path}: names no speaker of {absent[0]}; add a row file,speaker for it")
    return known
