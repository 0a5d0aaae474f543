"""The parts of a result table: its files, the people in them, and how long its rows last.

Every function takes a table as `avaffect.trace.columns` describes it, and changes nothing in it.
"""

from __future__ import annotations

import pandas as pd

from ..errors import DataError

# Seconds without a row from which a row does not follow the one before it. Less is a file's rounding.
GAP = 1e-5


def files(table: pd.DataFrame) -> list[str]:
    """The files, in the table's order."""
    return list(dict.fromkeys(table.index.get_level_values("file")))


def of_file(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one file.

    Raises
    ------
    DataError
        If the table has no such file.
    """
    rows = table.index.get_level_values("file") == name
    if not rows.any():
        raise DataError(f"the trace has no file {name!r}; it has {', '.join(files(table))}")
    return table.copy(deep=False) if rows.all() else table[rows]


def tracks(table: pd.DataFrame) -> list[int]:
    """The people's numbers, ascending. Rows that belong to nobody have no number."""
    return sorted(int(track) for track in table["track"].dropna().unique())


def of_track(table: pd.DataFrame, number: int | None) -> pd.DataFrame:
    """The rows of one person; with None, those that belong to nobody in view.

    Raises
    ------
    DataError
        If nobody has this number.
    """
    column = table["track"]
    if number is None:
        return table[column.isna()]
    known = tracks(table)
    if number not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise DataError(f"the trace has no person {number}; it has {listed}")
    own = column.eq(number).fillna(False).astype(bool)
    return table.copy(deep=False) if own.all() else table[own]


def people(table: pd.DataFrame) -> int:
    """Number of people. They are numbered per file: person 1 of another file is another person."""
    pairs = table["track"].dropna().reset_index()[["file", "track"]]
    return len(pairs.drop_duplicates())


def main_track(table: pd.DataFrame) -> int | None:
    """The number of the person whose face is seen longest; None if nobody is in the table."""
    seen = seconds(table).where(table["face_conf"].notna(), 0.0)
    sums = [(-float(seen[table["track"] == n].sum()), n) for n in tracks(table)]
    return min(sums)[1] if sums else None


def seconds(table: pd.DataFrame) -> pd.Series:
    """Seconds that each row covers, (n,) indexed as the table."""
    end, start = (table.index.get_level_values(name).to_numpy() for name in ("end", "start"))
    return pd.Series(end - start, index=table.index)


def duration(table: pd.DataFrame) -> float:
    """Seconds from the first row's start to the last row's end, summed over files."""
    times = table.index.to_frame(index=False).groupby("file")
    return float((times["end"].max() - times["start"].min()).sum())
