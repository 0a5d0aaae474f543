"""Reading the ABAW challenges' text files: one video's annotations, and a whole submission."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from ..spec import TARGETS
from ..trace.abaw import MISSING
from .recording import Recording

HEADER = ",".join(TARGETS)
SUBMISSION_HEADER = "image_location,valence,arousal"


def read_video(path: Path) -> Recording:
    """One video's annotations or predictions: header ``valence,arousal``, row i is frame i.

    Returns
    -------
    Recording
        Named as the file without ``.txt``; -5 is NaN, target by target.

    Raises
    ------
    DataError
        If the file is not of this form. A blank line between rows is an error too: it would shift
        every later row against its frame.
    """
    header, _, body = text(path).partition("\n")
    if plain(header) != HEADER:
        raise DataError(
            f"{path} begins with {header.strip()[:60]!r}; expected {HEADER}, then one row a frame"
        )
    body = body.strip()
    if not body:
        raise DataError(f"{path} has no rows; expected one row a frame after {HEADER}")
    lines = body.splitlines()
    if not all(line.strip() for line in lines):
        row = next(i for i, line in enumerate(lines) if not line.strip()) + 2
        raise DataError(f"{path}: line {row} is blank; row i must be frame i, write {MISSING},{MISSING}")
    try:
        values = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except ValueError as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]} (counted after the header)") from error
    if values.shape[1] != len(TARGETS):
        raise DataError(f"{path} has {values.shape[1]} numbers a row; expected {HEADER}")
    return Recording(path.stem, unmarked(values), frame=np.arange(len(values)))


def read_submission(path: Path) -> list[Recording]:
    """A submission: header ``image_location,valence,arousal``, rows ``video/00001.jpg,v,a``.

    Returns
    -------
    list of Recording
        One a video, in the file's order, frames ascending; -5 is NaN.

    Raises
    ------
    DataError
        If the file is not of this form or has a frame twice.
    """
    images, values = _submission_rows(path)
    videos, frames = locations(images, path)
    order = np.lexsort((frames, videos.codes))
    recordings = []
    for rows in np.split(order, np.flatnonzero(np.diff(videos.codes[order])) + 1):
        name, frame = str(videos.categories[videos.codes[rows[0]]]), frames[rows]
        if (np.diff(frame) == 0).any():
            twice = int(frame[np.argmax(np.diff(frame) == 0)])
            raise DataError(f"{path} has {name}/{twice + 1:05d}.jpg twice; keep one row of it")
        recordings.append(Recording(name, unmarked(values[rows]), frame=frame))
    return recordings


def read_locations(path: Path) -> list[str]:
    """The image locations of a submission or of the organisers' sample, in the file's order.

    Raises
    ------
    DataError
        If the file does not begin with the submission's header or has no rows.
    """
    header, *rows = text(path).strip().splitlines() or [""]
    if plain(header) != SUBMISSION_HEADER:
        raise DataError(f"{path} begins with {header.strip()[:60]!r}; expected {SUBMISSION_HEADER}")
    if not rows:
        raise DataError(f"{path} has no rows; expected video/00001.jpg,v,a after the header")
    return [row.split(",", 1)[0].strip() for row in rows]


def locations(images: list[str], path: Path) -> tuple[pd.Categorical, np.ndarray]:
    """Image locations as videos (n,), categories in order of appearance, and 0-based frames (n,).

    Raises
    ------
    DataError
        If one is not ``video/00001.jpg`` with frames from 1.
    """
    parts = pd.Series(images, dtype=object).str.extract(r"^(.+)/0*([1-9]\d{0,8})\.jpg$")
    wrong = parts[0].isna().to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}: row {row + 1} is the image {images[row]!r}; expected video/00001.jpg, frames from 00001"
        )
    names = parts[0].to_numpy(dtype=object)
    videos = pd.Categorical(names, categories=pd.unique(names))
    return videos, parts[1].to_numpy(dtype=np.int64) - 1


def unmarked(values: np.ndarray) -> np.ndarray:
    """Values with ABAW's -5 as NaN: a mark, not a number to score.

    >>> unmarked(np.array([[0.5, -5.0]]))
    array([[0.5, nan]])
    """
    return np.where(values == MISSING, np.nan, values)


def text(path: Path) -> str:
    """A text file's content.

    Raises
    ------
    DataError
        If it cannot be read as text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path} ({error}); expected a text file") from error


def plain(header: str) -> str:
    """A header line without spaces, in lower case."""
    return "".join(header.split()).lower()


def _submission_rows(path: Path) -> tuple[list[str], np.ndarray]:
    images = read_locations(path)
    lines = [row.partition(",")[2] for row in text(path).strip().splitlines()[1:]]
    try:
        values = np.loadtxt(io.StringIO("\n".join(lines)), delimiter=",", ndmin=2, comments=None)
    except ValueError as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]} (counted after the header)") from error
    if values.shape != (len(images), len(TARGETS)):
        raise DataError(f"{path} must have an image and two numbers in each of its {len(images)} rows")
    return images, values
