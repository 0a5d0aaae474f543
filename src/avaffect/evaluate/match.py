"""Match predictions to labels: the same recording, the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from ..errors import DataError
from ..spec import TARGETS
from ..trace.resample import interpolate
from .recording import Recording, unique

TOLERANCE = 10
"""Frames by which a video's predictions and labels may differ in length: decoders differ at the end."""
_LISTED = 5


@dataclass(frozen=True)
class Matched:
    """One recording's predictions and labels at the moments of the labels.

    Attributes
    ----------
    name : str
        The labels' name.
    predicted, labels : (n, 2) np.ndarray
        Valence and arousal; NaN where not predicted, or not annotated. Each target is missing by itself.
    """

    name: str
    predicted: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Pairing:
    """Matched recordings, and notes that a reader of the scores should know, one line each."""

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

    Recordings match by name without a media file's ending; folders are ignored if that is unambiguous.
    Labels by frame get the prediction of the same frame. Labels in seconds get the prediction interpolated
    between the times of the neighbouring frames, never across a gap (`avaffect.trace.resample.interpolate`).
    Rows are never matched by their number.

    Parameters
    ----------
    predictions, labels : sequence of Recording
    subset : bool
        Score only the recordings that have both. Otherwise labels without predictions are an error, since
        a score without the hard recordings is too high.
    tolerance : int
        Frames by which a video's predictions and labels by frame may differ in length.

    Raises
    ------
    DataError
        If labelled recordings have no predictions, none match, lengths differ by more than the
        tolerance, or one side has only frames and the other only times.
    """
    labelled = unique(labels, "the labels")
    found = _by_name(unique(predictions, "the predictions"), labelled)
    absent = [name for name in labelled if name not in found]
    if not found:
        raise DataError(
            f"no recording has both: predictions of {listed([p.key for p in predictions])};"
            f" labels of {listed(list(labelled))}; names must agree, without the ending"
        )
    if absent and not subset:
        raise DataError(
            f"no predictions for {len(absent)} of {len(labelled)} labelled recordings: {listed(absent)};"
            " predict them, or score the others alone with --subset"
        )
    matched = [
        Matched(name, _aligned(prediction, labelled[name], tolerance), labelled[name].values)
        for name, prediction in found.items()
    ]
    return Pairing(tuple(matched), tuple(_notes(predictions, found, labelled, absent)))


def listed(names: Sequence[str]) -> str:
    """Names in one line; of many, the first five.

    >>> listed(["a", "b"]), listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _notes(
    predictions: Sequence[Recording],
    found: dict[str, Recording],
    labelled: dict[str, Recording],
    absent: list[str],
) -> list[str]:
    used = {id(prediction) for prediction in found.values()}
    unlabelled = [p.key for p in predictions if id(p) not in used]
    several_people = [name for name, p in found.items() if p.people > 1]
    lengths = [(name, _length(labelled[name]), _length(p)) for name, p in found.items()]
    uneven = [f"{name} {here}/{there}" for name, here, there in lengths if here and there and here != there]
    notes = {
        "not scored, no predictions": absent,
        "not scored, no labels": unlabelled,
        "several people; the one seen longest is scored": several_people,
        "labelled/predicted frames differ": uneven,
    }
    return [f"{what}: {listed(names)}" for what, names in notes.items() if names]


def _length(recording: Recording) -> int:
    """Number of frames up to the last known one; 0 where only times are known."""
    return 0 if recording.frame is None else int(recording.frame.max(initial=-1)) + 1


def _by_name(predictions: dict[str, Recording], labelled: dict[str, Recording]) -> dict[str, Recording]:
    """The prediction of each labelled recording that has one."""
    by_last: dict[str, list[str]] = {}
    for key in predictions:
        by_last.setdefault(PurePosixPath(key).name, []).append(key)
    found: dict[str, Recording] = {}
    owner: dict[str, str] = {}
    for name in labelled:
        keys = [name] if name in predictions else by_last.get(PurePosixPath(name).name, [])
        if len(keys) > 1:
            raise DataError(
                f"the labels of {name!r} match the predictions of {' and '.join(keys)};"
                " name the folder in the labels too"
            )
        for key in keys:
            if key in owner:
                raise DataError(
                    f"the labels of {owner[key]!r} and of {name!r} both match the predictions of {key!r};"
                    " keep one of them"
                )
            owner[key] = name
            found[name] = predictions[key]
    return found


def _aligned(prediction: Recording, labels: Recording, tolerance: int) -> np.ndarray:
    """The prediction at the moments of the labels, (n, 2); NaN where there is none."""
    if labels.frame is not None:
        if prediction.frame is None:
            raise DataError(
                f"the labels of {labels.name} go by frame, the predictions only by time;"
                " predict from the video, or give labels with pts"
            )
        here, there = _length(labels), _length(prediction)
        if abs(here - there) > tolerance:
            raise DataError(
                f"{labels.name} has {here} labelled frames and {there} predicted ones, more than {tolerance}"
                " apart, so that frame i of one may not be frame i of the other; check the video, or raise"
                " --tolerance"
            )
        values = np.full((max(here, there), len(TARGETS)), np.nan)
        values[prediction.frame] = prediction.values
        return values[labels.frame]
    if prediction.start is None or prediction.end is None:
        raise DataError(
            f"the labels of {labels.name} go by seconds, the predictions by frame; give traces,"
            " or --frame-rate for a video of constant frame rate"
        )
    if labels.start is None:
        raise DataError(f"the labels of {labels.name} have neither frames nor times")
    return interpolate(prediction.start, prediction.end, prediction.values, labels.start)[0]
