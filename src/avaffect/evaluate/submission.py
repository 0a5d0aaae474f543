"""An ABAW challenge submission in the order and the length of the organisers' sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ..abaw import read_locations, read_submission, split_locations, submission_text
from ..errors import DataError
from ..files import replacing
from ..metric import Array
from ..spec import TARGETS
from .match import TOLERANCE, listed
from .recording import Recording, unique


def write_submission(
    predictions: Sequence[Recording],
    sample: str | Path,
    path: str | Path,
    *,
    tolerance: int = TOLERANCE,
) -> list[str]:
    """Write a submission and check it with `validate_submission` before it takes its name.

    Every frame needs a number: a frame without a prediction gets the nearest predicted frame's of its
    video (the earlier of two). Where the sample has a few frames more than were decoded the last
    prediction repeats; where it has a few less the rest is dropped. Values are clipped to [-1, 1] and
    have 4 decimals.

    Parameters
    ----------
    predictions : sequence of Recording
        With frames, see `read_predictions`; a video's name is the recording's without folder and ending.
    sample : path
        The organisers' file: header ``image_location,valence,arousal``, rows ``video/00001.jpg,...``.
    path : path
    tolerance : int
        Frames by which the sample and a decoded video may differ in length.

    Returns
    -------
    list of str
        One line for each thing done to the predictions: filled, repeated, dropped, clipped.

    Raises
    ------
    DataError
        If the sample is not as described, a video of it has no predictions, lengths differ by more than the
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
    said: dict[str, list[str]] = {}
    for code, name in enumerate(videos.categories):
        rows = videos.codes == code
        known = _every_frame(named[name])
        wanted = int(frames[rows].max()) + 1
        _compare_lengths(str(name), wanted, len(known), tolerance, said)
        gaps = int(np.isnan(known).any(axis=1).sum())
        if gaps:
            said.setdefault("took the nearest frame's prediction", []).append(f"{name} ({gaps} frames)")
        values[rows] = _filled(known, str(name))[np.minimum(frames[rows], len(known) - 1)]
    outside = int((np.abs(values) > 1).sum())
    if outside:
        said["clipped to -1 ... 1"] = [f"{outside} values"]
    with replacing(path) as temporary:
        temporary.write_text(submission_text(images, np.clip(values, -1, 1)), encoding="utf-8")
        validate_submission(temporary, sample)
    spare = [name for name in named if name not in set(videos.categories)]
    if spare:
        said["not in the sample, left out"] = spare
    return [f"{what}: {listed(names)}" for what, names in said.items()]


def validate_submission(path: str | Path, sample: str | Path) -> int:
    """Check a submission against the organisers' sample: header, order, length, range.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    DataError
        Saying the first row that is wrong, what it is and what it should be.
    """
    path, sample = Path(path), Path(sample)
    ours, theirs = read_locations(path), read_locations(sample)
    for row, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if one != other:
            raise DataError(
                f"{path}: row {row} is {one}, in the sample it is {other}; keep the sample's order"
            )
    if len(ours) != len(theirs):
        raise DataError(
            f"{path} has {len(ours)} rows, the sample {sample} has {len(theirs)}; write one for each"
        )
    for video, (frames, values) in read_submission(path).items():
        wrong = ~(np.abs(values) <= 1).all(axis=1)
        if wrong.any():
            frame = int(frames[np.argmax(wrong)]) + 1
            raise DataError(f"{path}: {video}/{frame:05d}.jpg has a value that is not in [-1, 1]")
    return len(ours)


def _by_video(predictions: Sequence[Recording]) -> dict[str, Recording]:
    named: dict[str, Recording] = {}
    for key, recording in unique(predictions, "the predictions").items():
        video = PurePosixPath(key).name
        if video in named:
            raise DataError(f"two predicted recordings are named {video}; submit one of them")
        named[video] = recording
    return named


def _every_frame(recording: Recording) -> Array:
    """Valence and arousal of every frame up to the last, (frames, 2), NaN where there is none."""
    if recording.frame is None or not len(recording.frame):
        raise DataError(f"{recording.name} has no frames; a submission needs predictions from the video")
    values = np.full((int(recording.frame.max()) + 1, len(TARGETS)), np.nan)
    values[recording.frame] = recording.values
    return values


def _filled(values: Array, name: str) -> Array:
    """Each frame's values, the nearest complete frame's (the earlier of two) where one is NaN."""
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(known):
        raise DataError(f"{name} has no prediction in any frame; it cannot be submitted")
    between = (known[:-1] + known[1:]) // 2  # the last frame that is no nearer to the later one
    return values[known[np.searchsorted(between, np.arange(len(values)))]]


def _compare_lengths(
    name: str, wanted: int, decoded: int, tolerance: int, said: dict[str, list[str]]
) -> None:
    if abs(wanted - decoded) > tolerance:
        raise DataError(
            f"{name} has {wanted} frames in the sample and {decoded} predicted ones, more than {tolerance}"
            " apart; check that it is the same video, or raise --tolerance"
        )
    if wanted > decoded:
        said.setdefault("repeated the last prediction", []).append(f"{name} ({wanted - decoded} frames)")
    elif wanted < decoded:
        said.setdefault("dropped frames past the sample's end", []).append(
            f"{name} ({decoded - wanted} frames)"
        )
