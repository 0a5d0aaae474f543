"""Match predictions to labels: the same recording, the same moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arguments import checks_types
from ..corpus.labels.names import NameIndex
from ..corpus.ratings import Ratings, check_fit
from ..errors import DataError
from ..spec import TARGETS
from ..trace.resample import interpolate
from .recording import Recording, unique

TOLERANCE = 10
"""Frames by which a video's predictions and labels may differ in length: decoders differ at the end."""
LITTLE = 0.1
"""Labels of a smaller share of a recording get a note."""

_LISTED = 5
_NOTHING = np.empty((0, len(TARGETS)))


@dataclass(frozen=True)
class Matched:
    """One recording's predictions and labels at the moments of the labels.

    Attributes
    ----------
    name : str
        The labels' name.
    predicted, labels : (n, 2) np.ndarray
        Valence and arousal; NaN where not predicted, or not annotated. Each target is missing by itself.
    covered : float
        Share of the predicted time (of its seconds, or of its frames) in which there is a label.
    """

    name: str
    predicted: np.ndarray
    labels: np.ndarray
    covered: float = float("nan")


@dataclass(frozen=True)
class Pairing:
    """Matched recordings, and notes that a reader of the scores should know, one line each."""

    recordings: tuple[Matched, ...]
    notes: tuple[str, ...] = ()


@checks_types
def match(
    predictions: Sequence[Recording],
    labels: Sequence[Recording],
    *,
    subset: bool = False,
    tolerance: int = TOLERANCE,
    unread: Sequence[str] = (),
) -> Pairing:
    """Bring predictions to the moments of the labels.

    Recordings match by name without a media file's ending. Folders count as far as both sides name them, and
    are ignored where that leaves no doubt.
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
    unread : sequence of str
        Recordings whose predictions are there and could not be read. The others are scored without them, and
        a note names them.

    Raises
    ------
    DataError
        If labelled recordings have no predictions, none match, lengths differ by more than the tolerance,
        most labels lie outside of what was predicted, or one side has only frames and the other only times.
    """
    labelled = unique(labels, "the labels")
    known = unique(predictions, "the predictions")
    lost = {recording.key: recording for recording in (Recording(name, _NOTHING) for name in unread)}
    meant = _by_name({**lost, **known}, labelled)
    found = {name: known[one.key] for name, one in meant.items() if one.key in known}
    damaged = [name for name in meant if name not in found]
    absent = [name for name in labelled if name not in meant]
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
    pairs = [_matched(name, prediction, labelled[name], tolerance) for name, prediction in found.items()]
    matched = [one for one, _ in pairs]
    outside = [note for _, note in pairs if note]
    notes = [*_notes(predictions, found, labelled, absent, damaged), *outside[:_LISTED]]
    if len(outside) > _LISTED:
        notes.append(f"so have {len(outside) - _LISTED} recordings more")
    little = [f"{m.name} {100 * m.covered:.2g} %" for m in matched if m.covered < LITTLE]
    if little:
        notes.append(f"labels cover little of the predicted time: {listed(little)}")
    return Pairing(tuple(matched), tuple(notes))


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
    damaged: list[str],
) -> list[str]:
    used = {id(prediction) for prediction in found.values()}
    unlabelled = [p.key for p in predictions if id(p) not in used]
    several_people = [name for name, p in found.items() if p.people > 1]
    lengths = [(name, _length(labelled[name]), _length(p)) for name, p in found.items()]
    uneven = [f"{name} {here}/{there}" for name, here, there in lengths if here and there and here != there]
    notes = {
        "not scored, the predictions cannot be read": damaged,
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
    """The prediction of each labelled recording that has one.

    The ends of the paths count: labels of "A/P01" are of "study/A/P01", never of "B/P01" if both are there.
    """
    index = NameIndex((key, key) for key in predictions)
    meant = {name: index.find(name) for name in labelled}
    owner: dict[str, str] = {}
    for name, keys in meant.items():
        _claim(name, keys, owner)
    for name, keys in meant.items():
        if not keys:  # the folders differ: only where that leaves no doubt
            meant[name] = [key for key in index.resembling(name) if key not in owner]
    for name, keys in meant.items():
        if keys and owner.get(keys[0]) != name:
            _claim(name, keys, owner)
    return {name: predictions[keys[0]] for name, keys in meant.items() if keys}


def _claim(name: str, keys: list[str], owner: dict[str, str]) -> None:
    """Note that the labels of ``name`` are of the prediction with that key."""
    if len(keys) > 1:
        raise DataError(
            f"the labels of {name!r} match the predictions of {' and '.join(keys[:_LISTED])};"
            " name the folder in the labels too"
        )
    for key in keys:
        if key in owner:
            raise DataError(
                f"the labels of {owner[key]!r} and of {name!r} both match the predictions of {key!r};"
                " keep one of them"
            )
        owner[key] = name


def _matched(name: str, prediction: Recording, labels: Recording, tolerance: int) -> tuple[Matched, str]:
    """One recording's predictions at the moments of its labels, and a note or ""."""
    note = ""
    if labels.frame is None and prediction.end is not None:
        end = float(prediction.end.max(initial=0.0))
        note = check_fit(_ratings(labels), end, f"the labels of {name}") or ""
        labels = labels.moments(end)
    predicted = _aligned(prediction, labels, tolerance)
    return Matched(name, predicted, labels.values, _covered(prediction, labels)), note


def _ratings(labels: Recording) -> Mapping[str, Ratings]:
    if labels.ratings is not None or labels.start is None:
        return labels.ratings or {}
    return {target: Ratings(labels.start, labels.values[:, i]) for i, target in enumerate(TARGETS)}


def _covered(prediction: Recording, labels: Recording) -> float:
    """Share of the predicted seconds (frames, for labels by frame) in which any target is labelled."""
    rated = np.isfinite(labels.values).any(axis=1)
    if labels.frame is not None:
        count = _length(prediction)
        return float(rated[labels.frame < count].sum() / count) if count else float("nan")
    if labels.start is None or prediction.end is None or not len(prediction.end):
        return float("nan")
    count = max(int(np.ceil(prediction.end.max() - 1e-6)), 1)
    second = np.floor(labels.start[rated])
    return len(np.unique(second[(second >= 0) & (second < count)])) / count


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
        shown = prediction.frame >= 0
        values[prediction.frame[shown]] = prediction.values[shown]
        return values[labels.frame]
    if prediction.start is None or prediction.end is None:
        raise DataError(
            f"the labels of {labels.name} go by seconds, the predictions by frame; give traces,"
            " or --frame-rate for a video of constant frame rate"
        )
    if labels.start is None:
        raise DataError(f"the labels of {labels.name} have neither frames nor times")
    return interpolate(prediction.start, prediction.end, prediction.values, labels.start)[0]
