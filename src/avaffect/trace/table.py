"""`Trace`: valence and arousal of every person, frame by frame, as one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from . import abaw, bids, tabular, webvtt
from .columns import checked
from .describe import describe
from .resample import resampled
from .summary import seconds, summarise


class Trace:
    """A table with one row for each frame and each person in it, and what made it.

    Parameters
    ----------
    table : (n, 20) pd.DataFrame
        Indexed (file, start, end), seconds; columns as in `avaffect.trace.columns.COLUMNS`. What is
        missing is NaN (``track`` and ``frame``: NA), never a zero.
    meta : mapping
        What made the table; must be JSON-able. Read here: ``model`` (name) and ``coverage`` (share
        of values that the intervals are meant to cover, 0.9 if absent).

    Raises
    ------
    DataError
        If the table is not as described, or ``meta`` is not JSON-able.
    """

    def __init__(self, table: pd.DataFrame, *, meta: Mapping[str, Any] | None = None) -> None:
        self.table = checked(table)
        self.meta: dict[str, Any] = _jsonable(meta or {})

    @classmethod
    def concat(cls, traces: Iterable[Trace]) -> Trace:
        """The traces of several files as one; of their meta, what all have in common.

        Raises
        ------
        DataError
            If there is none, or two hold the same file.
        """
        parts = list(traces)
        if not parts:
            raise DataError("there is no trace to join; give at least one")
        files = [file for part in parts for file in part.files]
        for file in files:
            if files.count(file) > 1:
                raise DataError(f"{file} is in two of the traces; join traces of different files")
        first, *others = (part.meta for part in parts)
        meta = {k: v for k, v in first.items() if all(k in m and m[k] == v for m in others)}
        return cls(pd.concat([part.table for part in parts]), meta=meta)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.table)

    def __repr__(self) -> str:
        people = f"{len(self.tracks)} people" if len(self.tracks) != 1 else "1 person"
        files = f"{len(self.files)} files" if len(self.files) != 1 else self.files[0]
        return f"<Trace of {files}: {len(self)} rows, {people}, {self.duration:.2f} s>"

    @property
    def files(self) -> list[str]:
        """The files, in the table's order."""
        return list(dict.fromkeys(self.table.index.get_level_values("file")))

    def file(self, name: str) -> Trace:
        """The rows of one file.

        Raises
        ------
        DataError
            If the trace has no such file.
        """
        rows = self.table.index.get_level_values("file") == name
        if not rows.any():
            raise DataError(f"the trace has no file {name!r}; it has {', '.join(self.files)}")
        return Trace(self.table[rows], meta=self.meta)

    @property
    def tracks(self) -> list[int]:
        """The people's numbers, ascending; rows with nobody in them have none."""
        return sorted(int(track) for track in self.table["track"].dropna().unique())

    def track(self, number: int | None) -> Trace:
        """The rows of one person; with None, the rows that belong to nobody in view.

        Raises
        ------
        DataError
            If nobody has this number.
        """
        column = self.table["track"]
        if number is None:
            return Trace(self.table[column.isna()], meta=self.meta)
        if number not in self.tracks:
            known = ", ".join(map(str, self.tracks)) or "none"
            raise DataError(f"the trace has no person {number}; it has {known}")
        return Trace(self.table[column.eq(number).fillna(False).astype(bool)], meta=self.meta)

    @property
    def main(self) -> int | None:
        """The number of the person whose face is seen longest; None if nobody is in the table."""
        seen = seconds(self.table).where(self.table["face_conf"].notna(), 0.0)
        sums = [(-float(seen[self.table["track"] == n].sum()), n) for n in self.tracks]
        return min(sums)[1] if sums else None

    @property
    def duration(self) -> float:
        """Seconds from the first row's start to the last row's end, summed over files."""
        times = self.table.index.to_frame(index=False).groupby("file")
        return float((times["end"].max() - times["start"].min()).sum())

    @property
    def coverage(self) -> float:
        """Share of values that the intervals are meant to cover."""
        return float(self.meta.get("coverage", 0.9))

    def summary(self) -> dict[str, Any]:
        """Figures per person: how long, how much face and speech, level and spread of the targets.

        Returns
        -------
        dict
            `avaffect.trace.summary.Summary` as plain values, ready for JSON.
        """
        return summarise(self).as_dict()

    def describe(self) -> str:
        """The summary in plain words, several lines of text."""
        return describe(self)

    def resample(self, rate: float) -> Trace:
        """Rows at ``k / rate`` seconds, interpolated; gaps stay gaps (see `resample.resampled`).

        Raises
        ------
        DataError
            If the rate is not positive.
        """
        return Trace(resampled(self.table, rate), meta={**self.meta, "resampled": rate})

    def to_csv(self, path: str | Path) -> Path:
        """Write a CSV file, see `tabular.write_csv`."""
        return tabular.write_csv(self, path)

    def to_parquet(self, path: str | Path) -> Path:
        """Write a Parquet file with `meta` in its schema, see `tabular.write_parquet`."""
        return tabular.write_parquet(self, path)

    def to_jsonl(self, path: str | Path) -> Path:
        """Write one JSON object a line, see `tabular.write_jsonl`."""
        return tabular.write_jsonl(self, path)

    def to_webvtt(self, path: str | Path, *, step: float = 0.2) -> Path:
        """Write WebVTT metadata cues of ``step`` seconds, see `webvtt.write_webvtt`."""
        return webvtt.write_webvtt(self, path, step=step)

    def to_abaw(self, path: str | Path, *, track: int | None = None, frames: int | None = None) -> Path:
        """Write one ABAW annotation file, see `abaw.write_abaw`."""
        return abaw.write_abaw(self, path, track=track, frames=frames)

    def to_bids(self, path: str | Path, *, rate: float | None = None, track: int | None = None) -> Path:
        """Write a BIDS continuous recording, see `bids.write_bids`."""
        return bids.write_bids(self, path, rate=rate, track=track)


def _jsonable(meta: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(json.loads(json.dumps(dict(meta), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise DataError(f"a Trace's meta must be plain JSON values ({error})") from error
