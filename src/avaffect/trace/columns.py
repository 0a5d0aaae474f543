"""The result table's columns, and the check that a table has them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from ..spec import TARGETS
from ..text import one_line

INDEX = ("file", "start", "end")
INTEGERS = ("track", "frame")
BOX = ("face_x1", "face_y1", "face_x2", "face_y2")
GATES = ("attended_audio", "attended_visual", "share_audio", "share_visual")
COLUMNS = (
    "track", "frame", "pts",
    "valence", "valence_lo", "valence_hi",
    "arousal", "arousal_lo", "arousal_hi",
    "valence_rel", "arousal_rel",
    "source",
    "face_conf", *BOX,
    "voiced", "speaking",
    *GATES,
)  # fmt: skip
FLOATS = tuple(name for name in COLUMNS if name not in (*INTEGERS, "source"))
SOURCES = ("face+voice", "face", "voice")
"""What a row's prediction can rest on."""

_LIMITS = {
    **{f"{target}{end}": (-1.0, 1.0) for target in TARGETS for end in ("", "_lo", "_hi")},
    **{f"{target}_rel": (-2.0, 2.0) for target in TARGETS},
    **dict.fromkeys(("face_conf", "voiced", "speaking", *GATES), (0.0, 1.0)),
    **dict.fromkeys(INTEGERS, (0, np.inf)),
}
_SLACK = 1e-6  # float32 rounding of a value at the edge of its range is no error


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its columns in order and of the right types.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        Indexed (file, start, end), with exactly the columns of `COLUMNS`, in any order.

    Returns
    -------
    (n, 23) pd.DataFrame
        A new table: ``track`` and ``frame`` nullable Int64, ``source`` string, everything else float64.

    Raises
    ------
    DataError
        If the index or a column is missing, unknown, of the wrong type or out of its range.
    """
    _check_names(table)
    assert isinstance(table.index, pd.MultiIndex)  # it has three names
    index = _index(table.index)
    # Without its index: pandas copies it for every column that is looked at. Of the right type, columns are
    # shared with the table that was given, as long as neither is changed.
    plain = table.reset_index(drop=True)
    typed = pd.DataFrame({name: _typed(plain[name]) for name in COLUMNS}, copy=False)
    _check_ranges(typed)
    _check_intervals(typed)
    _check_boxes(typed)
    _check_order(index, typed["track"])
    typed.index = index
    return typed


def _check_names(table: pd.DataFrame) -> None:
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"a Trace takes a pandas DataFrame, not a {type(table).__name__}")
    if tuple(table.index.names) != INDEX:
        raise DataError(
            f"a Trace's table is indexed by file, start, end; this one by {list(table.index.names)}:"
            " call table.set_index(['file', 'start', 'end'])"
        )
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        lost = set(absent) & {"track", "pts", *TARGETS}
        add = "it" if len(absent) == 1 else "them"
        hint = "give it whole, as avaffect wrote it" if lost else f"add {add}, empty where not known"
        raise DataError(f"the table lacks {', '.join(absent)}; {hint}")
    for name in table.columns:
        if name not in COLUMNS:
            raise DataError(f"the table has an unknown column {name!r}; {nearest(name, COLUMNS)}")
    if table.columns.has_duplicates:
        raise DataError("the table has a column twice; keep one of each")


def _index(index: pd.MultiIndex) -> pd.MultiIndex:
    files, starts, ends = (index.get_level_values(name) for name in INDEX)
    start, end = (_floats(pd.Series(level, name=level.name)).to_numpy() for level in (starts, ends))
    for name, times in (("start", start), ("end", end)):
        if (unknown := ~np.isfinite(times)).any():
            raise DataError(f"{_first(unknown)} has no {name}; expected seconds")
    if (end < start).any():
        row = int(np.argmax(end < start))
        raise DataError(f"data row {row + 1} ends ({end[row]} s) before it starts ({start[row]} s)")
    if starts.dtype == ends.dtype == "float64" and all(isinstance(file, str) for file in files.unique()):
        return index.remove_unused_levels()
    return pd.MultiIndex.from_arrays([[str(file) for file in files], start, end], names=INDEX)


def _typed(column: pd.Series) -> pd.Series:
    if column.name in INTEGERS:
        return _integers(column)
    return _sources(column) if column.name == "source" else _floats(column)


def _sources(column: pd.Series) -> pd.Series:
    text = column.astype("string")
    wrong = text.notna() & ~text.isin(SOURCES)
    if wrong.any():
        raise DataError(
            f"{_first(wrong)} has source = {text[wrong].iloc[0]!r}; expected {', '.join(SOURCES)} or none"
        )
    return text


def _floats(column: pd.Series) -> pd.Series:
    try:
        return column.astype("float64")
    except (TypeError, ValueError) as error:
        raise _no_number(column, "a number") from error


def _integers(column: pd.Series) -> pd.Series:
    try:
        return column.astype("Int64")
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_number(column, "a whole number, or none", whole=True) from error


def _no_number(column: pd.Series, expected: str, *, whole: bool = False) -> DataError:
    """The error of a column that holds something else than numbers: which row, and what."""
    for row, value in enumerate(column, start=1):
        if value is None or value is pd.NA:
            continue
        try:
            number = float(value)
            fits = not whole or np.isnan(number) or number % 1 == 0
        except (TypeError, ValueError):
            fits = False
        if not fits:
            shown = repr(one_line(value)) if isinstance(value, str) else value
            return DataError(f"data row {row} has {column.name} = {shown}; expected {expected}")
    return DataError(f"the column {column.name} holds {column.dtype}; expected {expected} in every row")


def _first(wrong: np.ndarray | pd.Series) -> str:
    """What the first row that is wrong is called, counted as spreadsheets do below the header."""
    return f"data row {int(np.argmax(np.asarray(wrong))) + 1}"


def _check_ranges(table: pd.DataFrame) -> None:
    for name in (*INTEGERS, *FLOATS):
        values = table[name].to_numpy(dtype="float64", na_value=np.nan)
        low, high = _LIMITS.get(name, (-np.inf, np.inf))
        wrong = np.isinf(values) | (values < low - _SLACK) | (values > high + _SLACK)
        if wrong.any():
            span = f"{low:g} to {high:g}" if name in _LIMITS else "a finite number"
            span = "a whole number, 0 or more" if name in INTEGERS else span
            raise DataError(f"{_first(wrong)} has {name} = {values[wrong][0]:g}; expected {span}")


def _check_intervals(table: pd.DataFrame) -> None:
    for target in TARGETS:
        value = table[target]
        low, high = table[f"{target}_lo"], table[f"{target}_hi"]
        # Comparisons with NaN are False: an interval may be unknown, but not where the value is.
        wrong = (low > value + _SLACK) | (high < value - _SLACK)
        wrong |= value.isna() & (low.notna() | high.notna())
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise DataError(
                f"data row {row + 1}: {target} = {value.iloc[row]:g} is not inside its interval"
                f" {low.iloc[row]:g} to {high.iloc[row]:g}"
            )


def _check_boxes(table: pd.DataFrame) -> None:
    box = table[list(BOX)].to_numpy()
    known = np.isfinite(box)
    partial = known.any(axis=1) & ~known.all(axis=1)
    wrong = partial | (box[:, 2] < box[:, 0]) | (box[:, 3] < box[:, 1])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{_first(wrong)} has the face box {box[row].tolist()};"
            " expected x1 <= x2 and y1 <= y2, or none of the four"
        )


def _check_order(index: pd.MultiIndex, track: pd.Series) -> None:
    file, names = pd.factorize(index.get_level_values("file"))
    start, end = (index.get_level_values(name).to_numpy() for name in ("start", "end"))
    keys = pd.DataFrame({"file": file, "start": start, "end": end, "track": track})
    twice = keys.duplicated()
    if twice.any():
        row = int(np.argmax(twice.to_numpy()))
        whose = "nobody" if pd.isna(track.iloc[row]) else f"person {track.iloc[row]}"
        raise DataError(
            f"{names[file[row]]} has two rows for {whose} at {start[row]:g} s, the second in data row"
            f" {row + 1}; keep one of each"
        )
    back = keys.groupby("file", sort=False)["start"].diff() < 0
    if back.any():
        row = int(np.argmax(back.to_numpy()))
        raise DataError(
            f"the rows of {names[file[row]]} are not in order of time: data row {row + 1} ({start[row]:g} s)"
            " is too far down; sort the rows of each file by start"
        )
