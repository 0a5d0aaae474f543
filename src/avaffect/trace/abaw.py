"""The text files of the Affective Behavior Analysis in-the-Wild (ABAW) challenges."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import DataError
from .columns import TARGETS
from .files import replacing

if TYPE_CHECKING:
    from .table import Trace

MISSING = -5  # ABAW's mark of a frame without a value
SUBMISSION_HEADER = "image_location,valence,arousal"
_log = logging.getLogger(__name__)


def write_abaw(
    trace: Trace, path: str | Path, *, track: int | None = None, frames: int | None = None
) -> Path:
    """One video's values as Aff-Wild2 annotates them: ``valence,arousal``, then one row a frame.

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
    lines = [_row(valence, arousal) for valence, arousal in values]
    with replacing(path) as temporary:
        temporary.write_text("\n".join([",".join(TARGETS), *lines]) + "\n", encoding="ascii")
    return Path(path)


def write_submission(trace: Trace, path: str | Path, *, sample: str | Path | None = None) -> Path:
    """A challenge submission: ``image_location,valence,arousal`` and rows ``video/00001.jpg,v,a``.

    The video's name is its file's name without ending. The challenge takes a number for every frame:
    a frame without a prediction gets the nearest predicted frame's of its video (the earlier one of
    two), and how many did is logged as a warning. Where a sample has more frames than were decoded,
    the last prediction repeats; where it has fewer, the rest is dropped.

    Parameters
    ----------
    trace : Trace
        Of one or more files; of several people in one, the one seen longest.
    path : path
    sample : path, optional
        The organisers' sample file; its rows are written in its order. By default all frames of all
        files in the trace's order.

    Raises
    ------
    DataError
        If the sample is not as described, names a video that the trace lacks, a video has no
        prediction at all, or the file cannot be written.
    """
    videos = {}
    for file in trace.files:
        if Path(file).stem in videos:
            raise DataError(f"two files of the trace are named {Path(file).stem}; submit one of them")
        videos[Path(file).stem] = _filled(trace.file(file), file)
    wanted = _sample(Path(sample)) if sample is not None else _every_frame(videos)
    lines = []
    for video, frame in wanted:
        if video not in videos:
            raise DataError(f"the sample asks for the video {video!r}, which the trace lacks")
        values = videos[video]
        valence, arousal = values[min(frame, len(values)) - 1]
        lines.append(f"{video}/{frame:05d}.jpg,{valence:.4f},{arousal:.4f}")
    with replacing(path) as temporary:
        temporary.write_text("\n".join([SUBMISSION_HEADER, *lines]) + "\n", encoding="utf-8")
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


def _row(valence: float, arousal: float) -> str:
    if np.isnan(valence) or np.isnan(arousal):
        return f"{MISSING},{MISSING}"
    return f"{valence:.4f},{arousal:.4f}"


def _filled(trace: Trace, file: str) -> np.ndarray:
    """Valence and arousal at each frame, (frames, 2), the nearest frame's where there is none."""
    values = _by_frame(trace, track=None, frames=None)
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(known):
        raise DataError(f"{file} has no prediction in any frame; it cannot be submitted")
    if len(known) < len(values):
        _log.warning(
            "%s: %d of %d frames have no prediction and take the nearest frame's",
            file, len(values) - len(known), len(values),
        )  # fmt: skip
    frame = np.arange(len(values))
    after = np.clip(np.searchsorted(known, frame), 0, len(known) - 1)
    before = np.clip(after - 1, 0, len(known) - 1)
    nearer = np.abs(known[before] - frame) <= np.abs(known[after] - frame)
    return values[np.where(nearer, known[before], known[after])]


def _every_frame(videos: dict[str, np.ndarray]) -> list[tuple[str, int]]:
    return [(video, i + 1) for video, values in videos.items() for i in range(len(values))]


def _sample(path: Path) -> list[tuple[str, int]]:
    """The videos and 1-based frames that a sample file asks for, in its order."""
    try:
        header, *rows = path.read_text(encoding="utf-8-sig").split()
        wanted = []
        for row in rows:
            video, image = row.split(",")[0].rsplit("/", 1)
            wanted.append((video, int(image.removesuffix(".jpg"))))
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read the sample {path} ({error}); expected {SUBMISSION_HEADER},"
            " then video/00001.jpg,0,0 a row"
        ) from error
    if header != SUBMISSION_HEADER or any(frame < 1 for _, frame in wanted):
        raise DataError(
            f"the sample {path} begins with {header!r} or counts frames from 0;"
            f" expected {SUBMISSION_HEADER} and frames from 00001"
        )
    return wanted
