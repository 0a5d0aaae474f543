"""Tables of CARMA and DARMA: sliders that are moved while a video runs.

CARMA saves one dimension in a file, DARMA two. A row is the mean since the row before. Both state their
scale, which is mapped onto [-1, 1]. Newer versions write it above the rows::

    Minimum Value,-100
    Maximum Value,100
    Second,Rating
    %%%%%%,%%%%%%
    0.5,20

older ones (and the tables that join several files) in columns of every row, beside the video's name::

    Filename,Minimum Value,Maximum Value,Second,Rating
    talk.avi,-100,100,1,20
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import listed, read_text
from ..ratings import Ratings
from .options import LabelOptions
from .table import LabelTable, canonical, numbers, split_rows, table_of

_LONG = {"minimum_value", "maximum_value", "second", "rating"}
_FILE = ("filename", "file", "multimedia_file")
_HEADS = {"time_of_rating", "multimedia_file", "lower_label", "upper_label", "minimum_value", "maximum_value",
          "number_of_steps", "magnitude", "midpoint_value"}  # fmt: skip


def is_carma(first_rows: list[list[str]]) -> bool:
    """Whether rows are the beginning of a file that CARMA or DARMA saved."""
    if first_rows and set(map(canonical, first_rows[0])) >= _LONG:
        return True
    return any(_is_rule(row) for row in first_rows) or (
        bool(first_rows) and len(first_rows[0]) > 1 and canonical(first_rows[0][0]) in _HEADS
    )


def read_carma(path: Path, options: LabelOptions | None = None) -> dict[str, Ratings]:
    """One recording's CARMA or DARMA file, mapped onto [-1, 1] by the scale it states.

    Returns
    -------
    dict of str to Ratings
        By lower-case column name: ``rating`` for CARMA, the names of the two axes for DARMA.

    Raises
    ------
    DataError
        As `read_carma_files`, or if it holds several recordings.
    """
    found = read_carma_files(path, options)
    if len(found) > 1:
        raise DataError(f"{path}: holds {len(found)} recordings ({listed(found, 3)}); give one in a file")
    return next(iter(found.values()))


def read_carma_files(path: Path, options: LabelOptions | None = None) -> dict[str, dict[str, Ratings]]:
    """A CARMA or DARMA file: `read_carma`'s ratings by the name of the video, as the file has it.

    Raises
    ------
    DataError
        If it is neither kind of file, has no ratings, its scale is flat, or its times do not increase.
    """
    options = options or LabelOptions()
    rows = split_rows(path, read_text(path), options.delimiter)
    if rows and set(map(canonical, rows[0])) >= _LONG:
        return _long(table_of(path, rows[0], rows[1:], options))
    head = {canonical(row[0]): row[1].strip() for row in rows if len(row) > 1}
    try:
        if "magnitude" in head:
            high = _cell(path, head["magnitude"], options)
            low, width = -high, 3
        else:
            low = _cell(path, head["minimum_value"], options)
            high, width = _cell(path, head["maximum_value"], options), 2
        first = next(i for i, row in enumerate(rows) if _is_rule(row))
        names = [canonical(name) for name in rows[first - 1][:width]]
        body = [row[:width] for row in rows[first + 1 :]]
        if first == 0 or len(names) < width or any(len(row) < width for row in body):
            raise KeyError(f"{width} columns")
    except (KeyError, StopIteration) as error:
        raise DataError(
            f"{path}: not a file saved by CARMA or DARMA ({_absent(error)}); expected one of those,"
            " or a table with the header time,valence,arousal (time in seconds)"
        ) from error
    if not body:
        raise DataError(f"{path}: no ratings in it")
    times = numbers([row[0].strip() for row in body], "second", path, options.decimal)
    columns = {
        names[i]: numbers([row[i].strip() for row in body], names[i], path, options.decimal)
        for i in range(1, width)
    }
    return {head.get("multimedia_file", ""): _rated(path, times, columns, (low, high))}


def _long(table: LabelTable) -> dict[str, dict[str, Ratings]]:
    """Of the table with the scale in every row."""
    name = next((name for name in _FILE if name in table.names), None)
    files = table.text(name) if name else [""] * len(table)
    second, rating, low, high = (
        table.column(column) for column in ("second", "rating", "minimum_value", "maximum_value")
    )
    begins = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(files)) if a != b), len(files)]
    found: dict[str, dict[str, Ratings]] = {}
    for begin, end in pairwise(begins):
        part = slice(begin, end)
        if files[begin] in found:
            raise DataError(f"{table.path}: the rows of {files[begin]} are not together; sort them by file")
        if len({*low[part].tolist(), *high[part].tolist()}) > 2:
            raise DataError(
                f"{table.path}: the scale of {files[begin]} changes between rows; expected one scale"
            )
        scale = float(low[begin]), float(high[begin])
        found[files[begin]] = _rated(table.path, second[part], {"rating": rating[part]}, scale)
    return found


def _rated(
    path: Path,
    times: NDArray[np.float64],
    columns: dict[str, NDArray[np.float64]],
    scale: tuple[float, float],
) -> dict[str, Ratings]:
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DataError(
            f"{path}: its scale goes from {low:g} to {high:g}; expected a minimum value below the maximum"
        )
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any() or times[0] < 0:
        raise DataError(f"{path}: its seconds must increase from row to row, from 0")
    rated = np.concatenate(list(columns.values()))
    slack = 1e-6 * (high - low)
    if ((rated < low - slack) | (rated > high + slack)).any():
        raise DataError(
            f"{path}: values from {np.nanmin(rated):g} to {np.nanmax(rated):g}, expected [{low:g}, {high:g}],"
            " the scale that it states"
        )
    begins = np.concatenate([[0.0], times[:-1]])
    return {name: Ratings(begins, values, times).rescaled(low, high) for name, values in columns.items()}


def _cell(path: Path, text: str, options: LabelOptions) -> float:
    return float(numbers([text], "scale", path, options.decimal)[0])


def _is_rule(row: list[str]) -> bool:
    cell = row[0].strip() if row else ""
    return len(cell) > 2 and set(cell) == {"%"}


def _absent(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else "no line of %"
