"""Predictions beside labels: the same recording, the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from ..errors import DataError
from ..spec import TARGETS
from ..trace.resample import interpolate
from .recording import Recording, unique

# Frames by which a decoder and an annotator may differ at the end of a video.
TOLERANCE = 10
_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Matched:
    """One recording at the moments of its labels.

    Attributes
    ----------
    name : str
        The labels' name.
    predicted, labels : (n, 2) np.ndarray
        Valence and arousal; NaN where not predicted, not annotated.
    """

    name: str
    predicted: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Pairing:
    """Matched recordings, and one line each for what a reader of the score should know."""

    recordings: tuple[Matched, ...]
    notes: tuple[str, ...] = ()


def match(
    predictions: Sequence[Recording],
    labels: Sequence[Recording],
    *,
    subset: bool = False,
    tolerance: int = TOLERANCE,
) -> Pairing:
    """Bring predictions to the moments of the labels.

    Recordings are matched by name without a media file's ending, folders left out where that is
    unambiguous. Labels by frame take the prediction of the same frame; labels in seconds take the
    prediction interpolated between the neighbouring frames' times, and never across a gap
    (`trace.resample.interpolate`). Never by row number.

    Parameters
    ----------
    predictions, labels : sequence of Recording
    subset : bool
        Score the recordings that have both; otherwise labels without predictions are an error, for
        leaving out hard recordings would flatter.
    tolerance : int
        Frames by which a video's predictions and labels by frame may differ in length.

    Raises
    ------
    DataError
        If labelled recordings have no predictions, none match, lengths differ by more than the
        tolerance, or one side knows only frames and the other only times.
    """
    truths = unique(labels, "the labels")
    found = _by_name(unique(predictions, "the predictions"), truths)
    absent = [name for name in truths if name not in found]
    if not found:
        raise DataError(
            f"no recording has both: predictions of {listed([p.key for p in predictions])};"
            f" labels of {listed(list(truths))}; names must agree, without the ending"
        )
    if absent and not subset:
        raise DataError(
            f"no predictions for {len(absent)} of {len(truths)} labelled recordings: {listed(absent)};"
            " predict them, or score only the others with --subset"
        )
    matched = [
        Matched(name, _aligned(prediction, truths[name], tolerance), truths[name].values)
        for name, prediction in found.items()
    ]
    return Pairing(tuple(matched), tuple(_notes(predictions, found, truths, absent)))


def listed(names: Sequence[str]) -> str:
    """Names in a row, the first five of many.

    >>> listed(["a", "b"]), listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _notes(
    predictions: Sequence[Recording],
    found: dict[str, Recording],
    truths: dict[str, Recording],
    absent: list[str],
) -> list[str]:
    used = {id(prediction) for prediction in found.values()}
    spare = [p.key for p in predictions if id(p) not in used]
    crowds = [name for name, p in found.items() if p.people > 1]
    lengths = [(name, _length(truths[name]), _length(p)) for name, p in found.items()]
    uneven = [f"{name} {here}/{there}" for name, here, there in lengths if here and there and here != there]
    said = {
        "not scored, no predictions": absent,
        "not scored, no labels": spare,
        "several people; the one seen longest is scored": crowds,
        "labelled/predicted frames differ": uneven,
    }
    return [f"{what}: {listed(names)}" for what, names in said.items() if names]


def _length(recording: Recording) -> int:
    """Frames up to the last known one; 0 where only times are known."""
    return 0 if recording.frame is None else int(recording.frame.max(initial=-1)) + 1


def _by_name(predictions: dict[str, Recording], truths: dict[str, Recording]) -> dict[str, Recording]:
    """The prediction of each labelled recording that has one."""
    by_last: dict[str, list[str]] = {}
    for key in predictions:
        by_last.setdefault(PurePosixPath(key).name, []).append(key)
    found: dict[str, Recording] = {}
    owner: dict[str, str] = {}
    for name in truths:
        keys = [name] if name in predictions else by_last.get(PurePosixPath(name).name, [])
        if len(keys) > 1:
            raise DataError(
                f"the labels {name!r} may mean {' or '.join(keys)}; give the folder in the labels too"
            )
        for key in keys:
            if key in owner:
                raise DataError(f"the labels {owner[key]!r} and {name!r} both mean the prediction {key!r}")
            owner[key] = name
            found[name] = predictions[key]
    return found


def _aligned(prediction: Recording, truth: Recording, tolerance: int) -> np.ndarray:
    """The prediction at the labels' moments, (n, 2), NaN where there is none."""
    if truth.frame is not None:
        if prediction.frame is None:
            raise DataError(
                f"the labels of {truth.name} go by frame, the predictions only by time;"
                " predict from the video, or give labels with pts"
            )
        here, there = _length(truth), _length(prediction)
        if abs(here - there) > tolerance:
            raise DataError(
                f"{truth.name} has {here} labelled frames and {there} predicted ones, more than {tolerance}"
                " apart, so that frame i of one may not be frame i of the other; check the video, or raise"
                " --tolerance"
            )
        values = np.full((max(here, there), len(TARGETS)), np.nan)
        values[prediction.frame] = prediction.values
        return values[truth.frame]
    if prediction.start is None or prediction.end is None:
        raise DataError(
            f"the labels of {truth.name} go by seconds, the predictions by frame; give traces,"
            " or the frame rate with --rate where it is constant"
        )
    if truth.start is None:
        raise DataError(f"the labels of {truth.name} have neither frames nor times")
    return interpolate(prediction.start, prediction.end, prediction.values, truth.start)[0]
