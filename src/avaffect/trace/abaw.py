"""A trace as an annotation file of Aff-Wild2 (ABAW challenges)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..abaw import annotation_text
from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS
from .rows import files, main_track, of_track


def write_abaw(
    table: pd.DataFrame, path: str | Path, *, track: int | None = None, frames: int | None = None
) -> Path:
    """Write one video's values: the header ``valence,arousal``, then one row a frame.

    Row i is frame i; a frame without both values is ``-5,-5``. Values have 4 decimals.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file with pictures.
    path : path
    track : int, optional
        Person to write. By default the one seen longest, and on frames where that person has no prediction
        that of the voice without a face, where there is one.
    frames : int, optional
        Number of rows, if it must be that of another file; by default up to the last frame.

    Raises
    ------
    DataError
        If the table has several files, no frames or no such person, or the file cannot be written.
    """
    names = files(table)
    if len(names) != 1:
        raise DataError(
            f"an ABAW file holds one video, the trace has {len(names)}; write trace.file(name) for each"
        )
    values = _by_frame(table, track=track, frames=frames)
    with replacing(path) as temporary:
        temporary.write_text(annotation_text(values), encoding="ascii")
    return Path(path)


def _by_frame(table: pd.DataFrame, *, track: int | None, frames: int | None) -> np.ndarray:
    """Valence and arousal of one person at each frame, (frames, 2), NaN where there is none."""
    person = main_track(table) if track is None else track
    rows = of_track(table, person)
    if track is None and person is not None:
        # Where both have a prediction, the person's wins.
        rows = pd.concat([of_track(table, None), rows[rows[list(TARGETS)].notna().all(axis=1)]])
    rows = rows[rows["frame"].notna()]
    known = table["frame"].dropna()
    if known.empty:
        raise DataError(f"{files(table)[0]} has no frames: an ABAW file needs a video")
    count = int(known.max()) + 1 if frames is None else frames
    values = np.full((max(count, int(known.max()) + 1), 2), np.nan)
    values[rows["frame"].to_numpy(dtype=int)] = rows[list(TARGETS)].to_numpy()
    return values[:count]
