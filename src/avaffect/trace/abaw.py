"""A trace as an annotation file of Aff-Wild2 (ABAW challenges)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..abaw import annotation_text
from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS

if TYPE_CHECKING:
    from .table import Trace


def write_abaw(
    trace: Trace, path: str | Path, *, track: int | None = None, frames: int | None = None
) -> Path:
    """Write one video's values: the header ``valence,arousal``, then one row a frame.

    Row i is frame i; a frame without both values is ``-5,-5``. Values have 4 decimals.

    Parameters
    ----------
    trace : Trace
        Of one file with pictures.
    path : path
    track : int, optional
        Person to write. By default the one seen longest, and on frames where that person has no row
        the voice's prediction, where there is one.
    frames : int, optional
        Number of rows, if it must be that of another file; by default up to the last frame.

    Raises
    ------
    DataError
        If the trace has several files, no frames or no such person, or the file cannot be written.
    """
    if len(trace.files) != 1:
        raise DataError(
            f"an ABAW file holds one video, the trace has {len(trace.files)}; write trace.file(name) for each"
        )
    values = _by_frame(trace, track=track, frames=frames)
    with replacing(path) as temporary:
        temporary.write_text(annotation_text(values), encoding="ascii")
    return Path(path)


def _by_frame(trace: Trace, *, track: int | None, frames: int | None) -> np.ndarray:
    """Valence and arousal of one person at each frame, (frames, 2), NaN where there is none."""
    rows = trace.track(track if track is not None else trace.main).table
    if track is None and trace.main is not None:
        rows = pd.concat([trace.track(None).table, rows])  # where both have a row, the person's wins
    rows = rows[rows["frame"].notna()]
    known = trace.table["frame"].dropna()
    if known.empty:
        raise DataError(f"{trace.files[0]} has no frames: an ABAW file needs a video")
    count = int(known.max()) + 1 if frames is None else frames
    values = np.full((max(count, int(known.max()) + 1), 2), np.nan)
    values[rows["frame"].to_numpy(dtype=int)] = rows[list(TARGETS)].to_numpy()
    return values[:count]
