"""One video's values as the label files of Aff-Wild2 (ABAW challenges) hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS
from .rows import files, main_track, of_track

MISSING = -5  # ABAW's mark of a frame without a value


def write_abaw(
    table: pd.DataFrame, path: str | Path, *, track: int | None = None, frames: int | None = None
) -> Path:
    """One video's values as Aff-Wild2 annotates them: ``valence,arousal``, then one row a frame.

    Row i is frame i; a frame without both values is ``-5,-5``. Values have 4 decimals.

    Parameters
    ----------
    table : (n, 20) pd.DataFrame
        A trace's table, of one file with pictures.
    path : path
    track : int, optional
        Person to write. By default the one seen longest, and on frames where that person has no row
        the voice's prediction, where there is one.
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
    lines = [_row(valence, arousal) for valence, arousal in values]
    with replacing(path) as temporary:
        temporary.write_text("\n".join([",".join(TARGETS), *lines]) + "\n", encoding="ascii")
    return Path(path)


def _by_frame(table: pd.DataFrame, *, track: int | None, frames: int | None) -> np.ndarray:
    """Valence and arousal of one person at each frame, (frames, 2), NaN where there is none."""
    person = main_track(table) if track is None else track
    rows = of_track(table, person)
    if track is None and person is not None:
        rows = pd.concat([of_track(table, None), rows])  # where both have a row, the person's wins
    rows = rows[rows["frame"].notna()]
    known = table["frame"].dropna()
    if known.empty:
        raise DataError(f"{files(table)[0]} has no frames: an ABAW file needs a video")
    count = int(known.max()) + 1 if frames is None else frames
    values = np.full((max(count, int(known.max()) + 1), 2), np.nan)
    values[rows["frame"].to_numpy(dtype=int)] = rows[list(TARGETS)].to_numpy()
    return values[:count]


def _row(valence: float, arousal: float) -> str:
    if np.isnan(valence) or np.isnan(arousal):
        return f"{MISSING},{MISSING}"
    return f"{valence:.4f},{arousal:.4f}"
