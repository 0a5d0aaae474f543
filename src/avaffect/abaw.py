"""The text files of Aff-Wild2 and the ABAW challenges: one reader and one writer for all of avaffect.

An annotation file holds one video: the header ``valence,arousal``, then one row a frame, row i for frame i.
A submission holds many: the header ``image_location,valence,arousal``, then rows
``video/00001.jpg,0.1234,-0.5678`` with frames counted from 1.

-5 is missing, each target by itself: the row ``0.5,-5`` has a valence and no arousal. It is read as NaN.

Kollias & Zafeiriou 2019, "Expression, affect, action unit recognition: Aff-Wild2"; the ABAW challenges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import DataError
from .spec import TARGETS
from .text import one_line, read_text

MISSING = -5
"""What stands in the files where a target has no value."""

HEADER = ",".join(TARGETS)
SUBMISSION_HEADER = f"image_location,{HEADER}"

Array = NDArray[np.float64]


def read_annotation(path: Path) -> Array:
    """One video's annotations.

    Returns
    -------
    (frames, 2) float64
        Valence and arousal in [-1, 1]; NaN where the file has -5, each target by itself.

    Raises
    ------
    DataError
        As `read_frames`, or if a value lies outside [-1, 1].
    """
    values = read_frames(path)
    outside = np.argwhere(np.abs(values) > 1)
    if len(outside):
        row, target = outside[0]
        raise DataError(
            f"{path}: line {row + 2} has {TARGETS[target]} {values[row, target]:g}; "
            f"expected a number in [-1, 1], or {MISSING} where not annotated"
        )
    return values


def read_frames(path: Path) -> Array:
    """One video's values frame by frame, as `read_annotation`, but of any range: predictions may exceed it.

    Raises
    ------
    DataError
        If the file has another header, no rows, or a row that is not two numbers. A blank line between rows
        is an error too: it would shift every later row against its frame.
    """
    header, *rows = read_text(path).rstrip().splitlines() or [""]
    if compact(header) != HEADER:
        raise DataError(
            f"{path} begins with {one_line(header, 60)!r}; "
            f"expected the header {HEADER}, then one row for each frame"
        )
    if not rows:
        raise DataError(f"{path} has no rows; expected one row for each frame after {HEADER}")
    blank = next((i for i, row in enumerate(rows) if not row.strip()), None)
    if blank is not None:
        raise DataError(
            f"{path}: line {blank + 2} is blank; row i must be frame i, write {MISSING},{MISSING}"
        )
    return _numbers(rows, path)


def read_submission(path: Path) -> dict[str, tuple[NDArray[np.int64], Array]]:
    """A submission's values by video, in the file's order.

    Returns
    -------
    dict of str to ((n,) int64, (n, 2) float64)
        Frame numbers from 0, ascending, and their valence and arousal; NaN where the file has -5.

    Raises
    ------
    DataError
        If the file is not of this form or has a frame twice.
    """
    images = read_locations(path)
    videos, frames = split_locations(images, path)
    values = _numbers([row.partition(",")[2] for row in read_text(path).strip().splitlines()[1:]], path)
    order = np.lexsort((frames, videos.codes))
    found = {}
    for rows_of_video in np.split(order, np.flatnonzero(np.diff(videos.codes[order])) + 1):
        name, frame = str(videos.categories[videos.codes[rows_of_video[0]]]), frames[rows_of_video]
        if (np.diff(frame) == 0).any():
            twice = int(frame[np.argmax(np.diff(frame) == 0)])
            raise DataError(f"{path} has {name}/{twice + 1:05d}.jpg twice; keep one row of it")
        found[name] = frame, values[rows_of_video]
    return found


def read_locations(path: Path) -> list[str]:
    """The image locations of a submission or of the organisers' sample, in the file's order.

    Raises
    ------
    DataError
        If the file does not begin with the submission's header or has no rows.
    """
    header, *rows = read_text(path).strip().splitlines() or [""]
    if compact(header) != SUBMISSION_HEADER:
        raise DataError(f"{path} begins with {one_line(header, 60)!r}; expected {SUBMISSION_HEADER}")
    if not rows:
        raise DataError(f"{path} has no rows; expected video/00001.jpg,v,a after the header")
    return [row.split(",", 1)[0].strip() for row in rows]


def split_locations(images: Sequence[str], path: Path) -> tuple[pd.Categorical, NDArray[np.int64]]:
    """Image locations as videos (n,), categories in order of appearance, and frames from 0 (n,).

    Raises
    ------
    DataError
        If one is not ``video/00001.jpg`` with frames from 1; ``path`` is named as its file.
    """
    parts = pd.Series(images, dtype=object).str.extract(r"^(.+)/0*([1-9]\d{0,8})\.jpg$")
    wrong = parts[0].isna().to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}: data row {row + 1} is the image {images[row]!r};"
            " expected video/00001.jpg, frames from 00001"
        )
    names = parts[0].to_numpy(dtype=object)
    videos = pd.Categorical(names, categories=pd.unique(names))
    return videos, parts[1].to_numpy(dtype=np.int64) - 1


def annotation_text(values: Array) -> str:
    """The text of an annotation file: values (frames, 2) with 4 decimals.

    A frame without both values is ``-5,-5``, as the official files write an unrated frame.

    >>> annotation_text(np.array([[0.5, -0.25], [np.nan, 0.1]]))
    'valence,arousal\\n0.5000,-0.2500\\n-5,-5\\n'
    """
    rows = (
        f"{valence:.4f},{arousal:.4f}" if np.isfinite(valence + arousal) else f"{MISSING},{MISSING}"
        for valence, arousal in values
    )
    return _lines(HEADER, rows)


def submission_text(images: Sequence[str], values: Array) -> str:
    """The text of a submission: an image location and its values (n, 2), with 4 decimals, in each row."""
    pairs = zip(images, values, strict=True)
    rows = (f"{image},{valence:.4f},{arousal:.4f}" for image, (valence, arousal) in pairs)
    return _lines(SUBMISSION_HEADER, rows)


def mark_missing(values: Array) -> Array:
    """Values with NaN in place of -5.

    >>> mark_missing(np.array([[0.5, -5.0]]))
    array([[0.5, nan]])
    """
    return np.where(values == MISSING, np.nan, values)


def compact(header: str) -> str:
    """A header line in lower case without spaces.

    >>> compact("Valence, Arousal ")
    'valence,arousal'
    """
    return "".join(header.split()).lower()


def _numbers(rows: Sequence[str], path: Path) -> Array:
    """Two numbers from each row below the header, (n, 2), NaN for -5."""
    values = np.empty((len(rows), len(TARGETS)))
    for index, row in enumerate(rows):
        try:
            valence, arousal = (_number(cell) for cell in row.split(","))
        except ValueError as error:  # a word, or another number of cells
            raise DataError(
                f"{path}: line {index + 2} is {row.strip()[:40]!r}; expected two numbers"
            ) from error
        values[index] = valence, arousal
    return mark_missing(values)


def _number(cell: str) -> float:
    if "_" in cell:  # 0_1 is a number in Python alone
        raise ValueError(cell)
    return float(cell)


def _lines(header: str, rows: Iterable[str]) -> str:
    return "\n".join([header, *rows]) + "\n"
