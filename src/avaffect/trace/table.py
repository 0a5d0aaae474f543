"""`Trace`: valence and arousal of every person, frame by frame, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..arguments import checks_types
from ..errors import DataError
from . import abaw, bids, names, rows, tabular, webvtt
from .baseline import relative_to
from .columns import checked
from .describe import describe
from .edits import KEY, Edits
from .meta import check_output, coverage, jsonable
from .preview import to_html
from .resample import resampled
from .spans import Span, renumbered
from .summary import summarise


@checks_types
class Trace:
    """A table with one row for each frame and each person in it, and what made it.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        Indexed (file, start, end), seconds; columns as in `avaffect.trace.columns.COLUMNS`. What is
        missing is NaN (``track`` and ``frame``: NA), never a zero.
    meta : mapping
        What made the table, as plain JSON values; `avaffect.trace.meta` names the entries that are read.

    Raises
    ------
    DataError
        If the table is not as described, or ``meta`` is not plain JSON.

    Notes
    -----
    A notebook shows a trace as a table of figures and a small picture. The full plot and the annotated
    video are made by `avaffect.draw.plot` and `avaffect.draw.annotate`.
    """

    def __init__(self, table: pd.DataFrame, *, meta: Mapping[str, Any] | None = None) -> None:
        self.table = checked(table)
        self.meta: dict[str, Any] = jsonable(meta or {})

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
        edits = {file: kept for part in parts for file, kept in part.meta.get(KEY, {}).items()}
        if edits:
            meta[KEY] = edits
        return cls(pd.concat([part.table for part in parts]), meta=meta)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.table)

    def __repr__(self) -> str:
        files, people = self.files, rows.people(self.table)
        what = names.printable(files[0]) if len(files) == 1 else f"{len(files)} files"
        who = "1 person" if people == 1 else f"{people} people"
        return f"<Trace of {what}: {len(self)} rows, {who}, {self.duration:.2f} s>"

    def _repr_html_(self) -> str:
        """How a notebook shows the trace: each person's figures and a small picture."""
        return to_html(self.table, self.meta)

    @property
    def files(self) -> list[str]:
        """The files, in the table's order."""
        return rows.files(self.table)

    def file(self, name: str) -> Trace:
        """The rows of one file.

        Raises
        ------
        DataError
            If the trace has no such file.
        """
        return Trace(rows.of_file(self.table, name), meta=self.meta)

    @property
    def tracks(self) -> list[int]:
        """The people's numbers, ascending; rows with nobody in them have none."""
        return rows.tracks(self.table)

    def track(self, number: int | None) -> Trace:
        """The rows of one person; with None, the rows that belong to nobody in view.

        Raises
        ------
        DataError
            If nobody has this number.
        """
        return Trace(rows.of_track(self.table, number), meta=self.meta)

    @property
    def main(self) -> int | None:
        """The number of the person whose face is seen longest; None if nobody is in the table."""
        return rows.main_track(self.table)

    @property
    def duration(self) -> float:
        """Seconds from the first row's start to the last row's end, summed over files."""
        return rows.duration(self.table)

    @property
    def coverage(self) -> float:
        """Share of values that the intervals are meant to cover."""
        return coverage(self.meta)

    def summary(self) -> dict[str, Any]:
        """Figures per person: how long, how much face and speech, level and spread of the targets.

        Returns
        -------
        dict
            `avaffect.trace.summary.Summary` as plain values, ready for JSON.
        """
        return summarise(self.table, self.meta).as_dict()

    def describe(self) -> str:
        """The summary in plain words, several lines of text."""
        return describe(summarise(self.table, self.meta), self.meta)

    def relative_to(self, spans: Iterable[tuple[float, float] | tuple[float, float, int | None]]) -> Trace:
        """The same with ``valence_rel`` and ``arousal_rel``: values less each person's mean in the spans.

        Parameters
        ----------
        spans : iterable of (start, end) or (start, end, track)
            Seconds in which people are neutral: everybody who is there, or the person of that number. See
            `avaffect.trace.baseline.relative_to`.

        Raises
        ------
        DataError
            If the trace has several files, a span lies outside of it, or nobody is seen or heard in it.
        """
        given = [Span(*span) for span in spans]
        return Trace(relative_to(self.table, given), meta={**self.meta, "baseline": given})

    def edited(self, edits: Edits) -> Trace:
        """The same with names, without the people and spans that do not count, relative to the baseline.

        People who are one get one number. The predictions of excluded spans are empty, and the summary
        counts them as excluded. A frame of which nobody is left has a row of nobody in view. The baseline is
        taken anew, from what is left of it.

        Parameters
        ----------
        edits : Edits
            Of this recording.

        Raises
        ------
        DataError
            If the trace has several files, the edits name somebody or a span that is not in it, or nothing
            is left of the baseline.
        """
        if len(self.files) != 1:
            raise DataError(f"edits are of one file, the trace has {len(self.files)}; use trace.file(name)")
        (file,) = self.files
        edits.check(self.table, file)
        together = Edits.of(self.meta, file).then(edits)
        meta = {**self.meta, KEY: {file: together.as_dict()}}
        table = together.applied(self.table)
        kept = [Span(*span) for span in together.baseline or self.meta.get("baseline", ())]
        spans = [span for span in renumbered(kept, together.merged) if span.track not in together.dropped]
        if not spans:
            return Trace(table, meta=meta)
        return Trace(relative_to(table, spans), meta={**meta, "baseline": spans})

    def resample(self, rate: float) -> Trace:
        """Rows at ``k / rate`` seconds, interpolated; gaps stay gaps (see `resample.resampled`).

        Raises
        ------
        DataError
            If the rate is not positive.
        """
        return Trace(resampled(self.table, rate), meta={**self.meta, "resampled": rate})

    def _output(self, path: str | Path) -> Path:
        """Where a result may be written: never over a recording that was read."""
        check_output(self.meta, self.files, Path(path))
        return Path(path)

    def to_csv(self, path: str | Path) -> Path:
        """Write a CSV file, see `tabular.write_csv`."""
        return tabular.write_csv(self.table, self._output(path))

    def to_parquet(self, path: str | Path) -> Path:
        """Write a Parquet file with `meta` in its schema, see `tabular.write_parquet`."""
        return tabular.write_parquet(self.table, self.meta, self._output(path))

    def to_jsonl(self, path: str | Path) -> Path:
        """Write one JSON object a line, see `tabular.write_jsonl`."""
        return tabular.write_jsonl(self.table, self._output(path))

    def to_webvtt(self, path: str | Path, *, step: float = 0.2) -> Path:
        """Write WebVTT metadata cues of ``step`` seconds, see `webvtt.write_webvtt`."""
        return webvtt.write_webvtt(self.table, self.meta, self._output(path), step=step)

    def to_abaw(self, path: str | Path, *, track: int | None = None, frames: int | None = None) -> Path:
        """Write one ABAW annotation file, see `abaw.write_abaw`."""
        return abaw.write_abaw(self.table, self._output(path), track=track, frames=frames)

    def to_bids(self, path: str | Path, *, rate: float | None = None, track: int | None = None) -> Path:
        """Write a BIDS continuous recording, see `bids.write_bids`."""
        return bids.write_bids(self.table, self.meta, self._output(path), rate=rate, track=track)
