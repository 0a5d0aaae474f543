"""Write and check a submission to an ABAW challenge, in the order and length of the organisers' sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ..abaw import read_locations, read_submission, split_locations, submission_text
from ..arguments import checks_types
from ..errors import DataError
from ..files import replacing
from ..metric import Array
from ..spec import TARGETS
from .match import TOLERANCE, listed
from .recording import Recording, unique


@checks_types
def write_submission(
    predictions: Sequence[Recording],
    sample: str | Path,
    path: str | Path,
    *,
    tolerance: int = TOLERANCE,
) -> list[str]:
    """Write a submission, after a check with `validate_submission`.

    Every frame needs a value. A frame without a prediction gets that of the nearest predicted frame of its
    video (the earlier of two). If the sample has a few frames more than the video, the last prediction is
    repeated; if it has a few less, the rest is dropped. Values are clipped to [-1, 1] and have 4 decimals.

    Parameters
    ----------
    predictions : sequence of Recording
        With frames (see `read_predictions`). A video's name is the recording's without folder and ending.
    sample : path
        The organisers' file: header ``image_location,valence,arousal``, rows ``video/00001.jpg,...``.
    path : path
    tolerance : int
        Frames by which the sample and a video's predictions may differ in length.

    Returns
    -------
    list of str
        What was changed in the predictions, one line each: filled, repeated, dropped, clipped.

    Raises
    ------
    DataError
        If the sample has another form, a video of it has no predictions, lengths differ by more than the
        tolerance, or the file cannot be written.
    """
    images = read_locations(Path(sample))
    videos, frames = split_locations(images, Path(sample))
    named = _by_video(predictions)
    absent = [name for name in videos.categories if name not in named]
    if absent:
        raise DataError(
            f"no predictions for {len(absent)} videos of the sample: {listed(absent)}; predict them"
        )
    values = np.empty((len(images), len(TARGETS)))
    changes: dict[str, list[str]] = {}
    for code, name in enumerate(videos.categories):
        rows = videos.codes == code
        known = _every_frame(named[name])
        wanted = int(frames[rows].max()) + 1
        _compare_lengths(str(name), wanted, len(known), tolerance, changes)
        gaps = int(np.isnan(known).any(axis=1).sum())
        if gaps:
            changes.setdefault("took the nearest frame's prediction", []).append(f"{name} ({gaps} frames)")
        values[rows] = _filled(known, str(name))[np.minimum(frames[rows], len(known) - 1)]
    outside = int((np.abs(values) > 1).sum())
    if outside:
        changes["clipped to [-1, 1]"] = [f"{outside} values"]
    with replacing(path) as temporary:
        temporary.write_text(submission_text(images, np.clip(values, -1, 1)), encoding="utf-8")
        validate_submission(temporary, sample)
    unused = [name for name in named if name not in set(videos.categories)]
    if unused:
        changes["not in the sample, left out"] = unused
    return [f"{what}: {listed(names)}" for what, names in changes.items()]


@checks_types
def validate_submission(path: str | Path, sample: str | Path) -> int:
    """Check a submission against the organisers' sample: header, order, length, range.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    DataError
        At the first wrong row: what it is, and what was expected.
    """
    path, sample = Path(path), Path(sample)
    written, expected = read_locations(path), read_locations(sample)
    for row, (here, there) in enumerate(zip(written, expected, strict=False), start=1):
        if here != there:
            raise DataError(
                f"{path}: data row {row} is {here}, in the sample it is {there}; keep the sample's order"
            )
    if len(written) != len(expected):
        raise DataError(
            f"{path} has {len(written)} rows, the sample {sample} has {len(expected)}; write one for each"
        )
    for video, (frames, values) in read_submission(path).items():
        wrong = ~(np.abs(values) <= 1).all(axis=1)
        if wrong.any():
            frame = int(frames[np.argmax(wrong)]) + 1
            raise DataError(f"{path}: {video}/{frame:05d}.jpg has a value that is not in [-1, 1]")
    return len(written)


def _by_video(predictions: Sequence[Recording]) -> dict[str, Recording]:
    named: dict[str, Recording] = {}
    for key, recording in unique(predictions, "the predictions").items():
        video = PurePosixPath(key).name
        if video in named:
            raise DataError(f"two predicted recordings are named {video}; submit one of them")
        named[video] = recording
    return named


def _every_frame(recording: Recording) -> Array:
    """Valence and arousal of every frame up to the last, (frames, 2); NaN where there is none."""
    if recording.frame is None or recording.frame.max(initial=-1) < 0:
        raise DataError(f"{recording.name} has no frames; a submission needs predictions from the video")
    values = np.full((int(recording.frame.max()) + 1, len(TARGETS)), np.nan)
    shown = recording.frame >= 0
    values[recording.frame[shown]] = recording.values[shown]
    return values


def _filled(values: Array, name: str) -> Array:
    """Each frame's values; where one is NaN, those of the nearest complete frame (the earlier of two)."""
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(known):
        raise DataError(f"{name} has no prediction in any frame; it cannot be submitted")
    between = (known[:-1] + known[1:]) // 2  # the last frame that is not nearer to the later one
    return values[known[np.searchsorted(between, np.arange(len(values)))]]


def _compare_lengths(
    name: str, wanted: int, decoded: int, tolerance: int, changes: dict[str, list[str]]
) -> None:
    if abs(wanted - decoded) > tolerance:
        raise DataError(
            f"{name} has {wanted} frames in the sample and {decoded} predicted ones, more than {tolerance}"
            " apart; check that it is the same video, or raise --tolerance"
        )
    if wanted > decoded:
        changes.setdefault("repeated the last prediction", []).append(f"{name} ({wanted - decoded} frames)")
    elif wanted < decoded:
        changes.setdefault("dropped frames past the sample's end", []).append(
            f"{name} ({decoded - wanted} frames)"
        )
