"""Read predictions, labels and subjects from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from .. import abaw
from ..arguments import checks_types
from ..corpus.labels import LabelFile, LabelOptions, Labels, label_files, read_label_file
from ..corpus.labels.files import walk
from ..corpus.labels.read import COLUMNS as LABEL_COLUMNS
from ..corpus.labels.table import read_table
from ..errors import AvaffectError, DataError, in_short
from ..spec import TARGETS
from ..text import first_line, read_text
from ..trace import Trace, read_trace
from .recording import Recording, unique
from .tables import PassedOver, pass_over, read_best, recording_of_table, tables_by_name

_HEAD = 65_536  # bytes of a file that hold its header
_NOTHING = np.empty((0, len(TARGETS)))

Content = TypeVar("Content")


@checks_types
def read_predictions(path: str | Path, *, passed: list[PassedOver] | None = None) -> list[Recording]:
    """Read predictions.

    Parameters
    ----------
    path : path
        A trace's table (``.csv``, ``.parquet``, ``.jsonl``) or a folder of them (if one recording is there
        in several formats, the most exact is read); an ABAW text file (header ``valence,arousal``, row i is
        frame i) or a folder of them; an ABAW submission (header ``image_location,valence,arousal``).
    passed : list of PassedOver, optional
        Gets each file of a folder that cannot be read, as long as another can. Without it, such a file is an
        error.

    Returns
    -------
    list of Recording
        Traces have times, and frames if they come from a video; ABAW files have frames only. Of several
        people, the one seen longest is read; where that person has no prediction, that of a voice without
        a face.

    Raises
    ------
    DataError
        If there are no predictions, a file cannot be read, or a recording is there twice.
    """
    path = Path(path)
    if path.is_dir():
        found = _each(tables_by_name(path), lambda table: from_trace(read_trace(table)), passed)
        found = found or _each([[p] for p in walk(path, (".txt",))], _video, passed)
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


@checks_types
def read_labels(
    path: str | Path, options: LabelOptions | None = None, *, passed: list[PassedOver] | None = None
) -> list[Recording]:
    """Read annotations, in every form that `avaffect extract` reads.

    Parameters
    ----------
    path : path
        A label file, or a folder of them: tables with the columns ``file,pts,valence,arousal`` (one row for
        each moment; with ``end``, for each interval) or ``time,valence,arousal`` (one file a recording),
        files of CARMA, DARMA, ELAN or Praat, one table for each target (``NAME.valence.csv``,
        ``valence/NAME.csv``), ABAW annotation files (header ``valence,arousal``, row i is frame i).
    options : LabelOptions, optional
        The scale of the labels, and how the files are written where they do not say so themselves. -5 and an
        empty cell are not annotated: NaN, each target by itself.
    passed : list of PassedOver, optional
        Gets each file of a folder that cannot be read, as long as another can. Without it, such a file is an
        error.

    Raises
    ------
    DataError
        If there are no labels, a file cannot be read, a value is not on the scale, a recording is there
        twice, or a file holds predictions that avaffect wrote.
    """
    path, options = Path(path), options or LabelOptions()
    if not path.exists():
        raise DataError(
            f"cannot read {path}: no such file or folder; give labels as docs/evaluation.md has them"
        )
    if path.is_dir():
        files = {file.path: file for file in label_files(path, options)}
        found = _each([[p] for p in files], lambda p: _placed(files[p], path, options), passed)
        if not found:
            raise DataError(
                f"no labels in {path}; expected ABAW .txt files or .csv with {','.join(LABEL_COLUMNS)},"
                " or files of CARMA, DARMA, ELAN or Praat"
            )
    else:
        found = read_label_file(path, options)
    joined: dict[str, Labels] = {}
    for labels in found:
        key = Recording(labels.name, _NOTHING).key
        joined[key] = joined[key].joined(labels) if key in joined else labels
    return [_labelled(labels, options) for labels in joined.values()]


def _placed(file: LabelFile, folder: Path, options: LabelOptions) -> list[Labels]:
    """The labels of a file; a table in a folder within names recordings of that folder."""
    inside = file.path.parent.relative_to(folder).as_posix()
    found = read_label_file(file, options)
    if inside == ".":
        return found
    return [replace(one, name=f"{inside}/{one.name}") if one.named else one for one in found]


def _labelled(labels: Labels, options: LabelOptions) -> Recording:
    """Labels as a recording: by frame, by moment, or (with `Recording.ratings`) by interval."""
    ratings = labels.checked(options.scale)
    if any(r.ends is not None for r in ratings.values()):
        if labels.by_frame:
            raise DataError(
                f"{labels.path}: intervals must be in seconds here; give the begin and end in seconds"
            )
        return Recording(labels.name, _NOTHING, ratings=ratings)
    times = np.unique(np.concatenate([r.times for r in ratings.values()]))
    values = np.full((len(times), len(TARGETS)), np.nan)
    for column, target in enumerate(TARGETS):
        if target in ratings:
            values[np.searchsorted(times, ratings[target].times), column] = ratings[target].values
    if labels.by_frame:
        return Recording(labels.name, values, frame=times.astype(np.int64))
    return Recording(labels.name, values, start=times)


@checks_types
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
    table = read_table(Path(path))
    absent = [name for name in ("file", "subject") if name not in table.names]
    if absent:
        raise DataError(f"{path} lacks the column {absent[0]!r}; expected the header file,subject")
    subjects: dict[str, str] = {}
    for file, subject in zip(table.text("file"), table.text("subject"), strict=True):
        key = Recording(file, _NOTHING).key
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
        frame=None if frame.isna().all() else frame.fillna(-1).to_numpy(dtype=np.int64),
        people=max(len(trace.tracks), 1),
    )


def _abaw_predictions(path: Path) -> list[Recording]:
    """A submission, or one video's values."""
    if abaw.compact(first_line(read_text(path, head=_HEAD))) != abaw.SUBMISSION_HEADER:
        return _video(path)
    videos = abaw.read_submission(path)
    return [Recording(name, values, frame=frame) for name, (frame, values) in videos.items()]


def _each(
    tables: Sequence[Sequence[Path]],
    read: Callable[[Path], list[Content]],
    passed: list[PassedOver] | None,
) -> list[Content]:
    """What files hold together, each in the first of its formats that can be read; see `read_predictions`."""
    found: list[Content] = []
    failed = []
    for formats in tables:
        try:
            found += read_best(formats, read, passed)[1]
        except AvaffectError as error:
            if passed is None:
                raise
            failed.append(PassedOver(recording_of_table(formats[0]), str(error)))
    if failed and not found:
        raise DataError(in_short(one.why for one in failed))
    for one in failed:
        pass_over(one, passed)
    return found


def _video(path: Path) -> list[Recording]:
    """An ABAW text file of one video, named as the file without ``.txt``."""
    values = abaw.read_frames(path)
    return [Recording(path.stem, values, frame=np.arange(len(values)))]
