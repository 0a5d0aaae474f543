"""The result table's columns, and the check that a table has them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from ..spec import TARGETS

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
        raise DataError(f"the table lacks {', '.join(absent)}; add them, NaN where not known")
    for name in table.columns:
        if name not in COLUMNS:
            raise DataError(f"the table has an unknown column {name!r}; {nearest(name, COLUMNS)}")
    if table.columns.has_duplicates:
        raise DataError("the table has a column twice; keep one of each")


def _index(index: pd.MultiIndex) -> pd.MultiIndex:
    files, starts, ends = (index.get_level_values(name) for name in INDEX)
    start, end = (_floats(pd.Series(level, name=level.name)).to_numpy() for level in (starts, ends))
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise DataError("start and end must be seconds in every row of the table")
    if (end < start).any():
        row = int(np.argmax(end < start))
        raise DataError(f"row {row} of the table ends ({end[row]} s) before it starts ({start[row]} s)")
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
            f"row {int(np.argmax(wrong.to_numpy()))} of the table has source = {text[wrong].iloc[0]!r};"
            f" expected {', '.join(SOURCES)} or NA"
        )
    return text


def _floats(column: pd.Series) -> pd.Series:
    try:
        return column.astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"column {column.name!r} must hold numbers ({error})") from error


def _integers(column: pd.Series) -> pd.Series:
    try:
        return column.astype("Int64")
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"column {column.name!r} must hold whole numbers or NA ({error})") from error


def _check_ranges(table: pd.DataFrame) -> None:
    for name in (*INTEGERS, *FLOATS):
        values = table[name].to_numpy(dtype="float64", na_value=np.nan)
        low, high = _LIMITS.get(name, (-np.inf, np.inf))
        wrong = np.isinf(values) | (values < low - _SLACK) | (values > high + _SLACK)
        if wrong.any():
            row = int(np.argmax(wrong))
            span = f"{low:g} to {high:g}" if name in _LIMITS else "finite numbers"
            raise DataError(f"row {row} of the table has {name} = {values[row]:g}; expected {span}")


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
                f"row {row} of the table: {target} = {value.iloc[row]:g} is not inside its interval"
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
            f"row {row} of the table has the face box {box[row].tolist()};"
            " expected x1 <= x2 and y1 <= y2, or all four NaN"
        )


def _check_order(index: pd.MultiIndex, track: pd.Series) -> None:
    file, names = pd.factorize(index.get_level_values("file"))
    start, end = (index.get_level_values(name).to_numpy() for name in ("start", "end"))
    keys = pd.DataFrame({"file": file, "start": start, "end": end, "track": track})
    back = keys.groupby("file", sort=False)["start"].diff() < 0
    if back.any():
        name = names[file[int(np.argmax(back.to_numpy()))]]
        raise DataError(f"the rows of {name} are not in order of time; call table.sort_index()")
    twice = keys.duplicated()
    if twice.any():
        row = int(np.argmax(twice.to_numpy()))
        raise DataError(
            f"{names[file[row]]} has two rows for person {track.iloc[row]} at {start[row]:g} s; keep one"
        )
