"""Read predictions, labels and subjects from files."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from .. import abaw
from ..errors import DataError
from ..spec import TARGETS
from ..trace import Trace, read_trace
from ..trace.columns import INDEX
from .recording import Recording, unique

LABEL_COLUMNS = ("file", "pts", *TARGETS)
# If a folder has one recording in several formats, the first of these is read: it is the most exact.
TRACE_ENDINGS = (".parquet", ".jsonl", ".csv")


def read_predictions(path: str | Path) -> list[Recording]:
    """Read predictions.

    Parameters
    ----------
    path : path
        A trace's table (``.csv``, ``.parquet``, ``.jsonl``) or a folder of them (if one recording is there
        in several formats, the most exact is read); an ABAW text file (header ``valence,arousal``, row i is
        frame i) or a folder of them; an ABAW submission (header ``image_location,valence,arousal``).

    Returns
    -------
    list of Recording
        Traces have times, and frames if they come from a video; ABAW files have frames only. Of several
        people, the one seen longest is read; where that person has no prediction, that of a voice without
        a face.

    Raises
    ------
    DataError
        If there are no predictions, or a recording is there twice.
    """
    path = Path(path)
    if path.is_dir():
        found = [r for table in _best_tables(path) for r in from_trace(read_trace(table))]
        found = found or _videos(path, abaw.read_frames)
        if not found:
            raise DataError(
                f"no predictions in {path}; expected tables that avaffect wrote, or ABAW .txt files"
            )
    elif path.suffix.lower() == ".txt":
        found = _abaw_predictions(path)
    else:
        found = from_trace(read_trace(path))
    if not found:
        raise DataError(f"{path} holds no recording; give a table with rows")
    return list(unique(found, f"the predictions in {path}").values())


def read_labels(path: str | Path) -> list[Recording]:
    """Read annotations in [-1, 1].

    Parameters
    ----------
    path : path
        An ABAW annotation file (``.txt``; header ``valence,arousal``, row i is frame i), a table (``.csv``;
        header ``file,pts,valence,arousal``, one row for each moment, pts in seconds from the recording's
        start), or a folder of either. -5, and in a table also an empty cell, is not annotated: NaN, each
        target by itself.

    Raises
    ------
    DataError
        If there are no labels, a value lies outside [-1, 1], or a recording is there twice.
    """
    path = Path(path)
    if path.is_dir():
        found = [r for table in _visible(path, ".csv") for r in _read_table(table)]
        found += _videos(path, abaw.read_annotation)
        if not found:
            raise DataError(
                f"no labels in {path}; expected ABAW .txt files or .csv with {','.join(LABEL_COLUMNS)}"
            )
    elif path.suffix.lower() == ".csv":
        found = _read_table(path)
    else:
        found = [_video(path, abaw.read_annotation)]
    return list(unique(found, f"the labels in {path}").values())


def read_subjects(path: str | Path) -> dict[str, str]:
    """Read the subject of each recording from a ``.csv`` with the header ``file,subject``.

    Returns
    -------
    dict of str to str
        By the recording's name without a media file's ending.

    Raises
    ------
    DataError
        If the file has another form or gives a recording two subjects.
    """
    table = _table(Path(path), ("file", "subject"))
    subjects: dict[str, str] = {}
    for file, subject in zip(table["file"], table["subject"], strict=True):
        key = Recording(file, np.empty((0, 2))).key
        if subjects.setdefault(key, subject) != subject:
            raise DataError(f"{path} gives {key!r} two subjects, {subjects[key]} and {subject}; keep one")
    return subjects


def from_trace(trace: Trace) -> list[Recording]:
    """The recordings of a trace, each as the person seen longest (see `read_predictions`)."""
    parts = trace.table.groupby(level="file", sort=False)
    return [_main_person(str(name), Trace(rows)) for name, rows in parts]


def _main_person(name: str, trace: Trace) -> Recording:
    # Of the rows of a moment the person's wins, unless only the voice without a face has a prediction.
    person = trace.track(trace.main).table
    known = person[list(TARGETS)].notna().all(axis=1)
    rows = pd.concat([person[known], trace.track(None).table, person[~known]])
    rows = rows[~rows.index.duplicated()].sort_index(level="start")
    frame = rows["frame"]
    return Recording(
        name,
        rows[list(TARGETS)].to_numpy(),
        start=rows.index.get_level_values("start").to_numpy(),
        end=rows.index.get_level_values("end").to_numpy(),
        frame=None if frame.isna().any() else frame.to_numpy(dtype=np.int64),
        people=max(len(trace.tracks), 1),
    )


def _visible(folder: Path, *endings: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in endings)
    return sorted(p for p in files if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _best_tables(folder: Path) -> list[Path]:
    """The folder's trace tables, one for each name; other .csv files (errors.csv) are passed over."""
    tables = [p for p in _visible(folder, *TRACE_ENDINGS) if p.suffix.lower() != ".csv" or _is_trace(p)]
    named = groupby(sorted(tables, key=lambda p: p.with_suffix("")), key=lambda p: p.with_suffix(""))
    return [min(same, key=lambda p: TRACE_ENDINGS.index(p.suffix.lower())) for _, same in named]


def _is_trace(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return set(INDEX) <= set(abaw.compact(file.readline()).split(","))


def _abaw_predictions(path: Path) -> list[Recording]:
    """A submission, or one video's values."""
    if abaw.compact(abaw.read_text(path).partition("\n")[0]) != abaw.SUBMISSION_HEADER:
        return [_video(path, abaw.read_frames)]
    videos = abaw.read_submission(path)
    return [Recording(name, values, frame=frame) for name, (frame, values) in videos.items()]


def _videos(folder: Path, reader: Callable[[Path], np.ndarray]) -> list[Recording]:
    return [_video(path, reader) for path in _visible(folder, ".txt")]


def _video(path: Path, reader: Callable[[Path], np.ndarray]) -> Recording:
    """An ABAW text file of one video, named as the file without ``.txt``."""
    values = reader(path)
    return Recording(path.stem, values, frame=np.arange(len(values)))


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A csv with at least these columns, all as text."""
    try:
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig"
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path} ({str(error).splitlines()[0]}); expected a .csv table"
        ) from error
    absent = [name for name in columns if name not in table.columns]
    if absent or table.empty:
        what = f"lacks the column {absent[0]!r}" if absent else "has no rows"
        raise DataError(f"{path} {what}; expected the header {','.join(columns)}")
    return table


def _read_table(path: Path) -> list[Recording]:
    table = _table(path, LABEL_COLUMNS)
    numbers = table[list(LABEL_COLUMNS[1:])].replace("", "nan")
    try:
        numbers = numbers.astype("float64")
    except ValueError as error:
        raise DataError(f"{path}: {error}; expected numbers, empty where not annotated") from error
    recordings = []
    for name, rows in numbers.groupby(table["file"], sort=False):
        pts = rows["pts"].to_numpy()
        if not np.isfinite(pts).all() or (np.diff(pts) <= 0).any():
            raise DataError(f"{path}: pts of {name} must be seconds that increase from row to row")
        values = abaw.mark_missing(rows[list(TARGETS)].to_numpy())
        _check_range(values, path, str(name))
        recordings.append(Recording(str(name), values, start=pts))
    return recordings


def _check_range(values: np.ndarray, path: Path, name: str) -> None:
    outside = np.argwhere(np.abs(values) > 1)
    if len(outside):
        row, target = outside[0]
        raise DataError(
            f"{path}: row {row + 1} of {name} has {TARGETS[target]} {values[row, target]:g}; "
            f"expected a number in [-1, 1], or {abaw.MISSING} where not annotated"
        )
