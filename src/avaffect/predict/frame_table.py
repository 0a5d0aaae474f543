"""From ticks to the result table: the rows of each person, on the pictures' own times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..spec import Spec
from ..streams.person import Person
from ..streams.quality import added_squares
from ..streams.timeline import Timeline
from ..trace.columns import BOX, GATES, SOURCES

Columns = dict[str, np.ndarray]
"""Rows of the table, (n,) each."""


@dataclass(frozen=True)
class Reading:
    """What the model said of one person over the ticks, all of length t.

    Attributes
    ----------
    values : (t, targets) np.ndarray
    masks : dict of str to (t,) np.ndarray of bool
        Where each modality was available.
    gates : dict of str to (t,) np.ndarray
        ``attended.<stream>`` or ``share.<stream>`` in [0, 1], as in `avaffect.fusion.Fused`; empty for
        fusions without such gates.
    speaking : (t,) np.ndarray or None
        Probability that this person speaks, NaN where unknown; None where it is never known.
    first : int
        Tick of the recording at which all of them begin.
    quality : dict of str to (t,) np.ndarray
        As in `avaffect.streams.assemble.PersonStreams`.
    """

    values: np.ndarray
    masks: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]
    speaking: np.ndarray | None = None
    first: int = 0
    quality: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def available(self) -> np.ndarray:
        """(t,) bool: at least one modality was there."""
        return np.logical_or.reduce(list(self.masks.values()))


def with_exactly(condition: str, masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """(t,) bool: the ticks at which the streams of a condition are available, and no others.

    Parameters
    ----------
    condition : str
        As in `avaffect.spec.Spec.calibration`.
    masks : mapping of str to (t,) np.ndarray of bool

    >>> masks = {"audio": np.array([True, True, False]), "visual": np.array([True, False, True])}
    >>> with_exactly("audio", masks), with_exactly("audio+visual", masks)
    (array([False,  True, False]), array([ True, False, False]))
    """
    names = condition.split("+")
    return np.logical_and.reduce([mask == (name in names) for name, mask in masks.items()])


def half_widths(
    spec: Spec, masks: Mapping[str, np.ndarray], quality: Mapping[str, np.ndarray] | None = None
) -> np.ndarray:
    """Half-widths of the prediction intervals, (t, targets), by what was available at each tick.

    Ticks with nothing available get the widest of all; without calibration all are NaN. What a poor picture
    or sound adds (`avaffect.spec.Spec.widening`) is taken for an error of its own: squares are added.

    Parameters
    ----------
    masks : mapping of str to (t,) np.ndarray of bool
    quality : mapping of str to (t,) np.ndarray, optional
        The measures of `avaffect.streams.quality`, NaN where unknown.
    """
    ticks = len(next(iter(masks.values())))
    out = np.full((ticks, len(spec.targets)), np.nan)
    if spec.calibration:
        out[:] = [max(by[target] for by in spec.calibration.values()) for target in spec.targets]
    for condition, by in spec.calibration.items():
        at = with_exactly(condition, masks)
        known = {name: values[at] for name, values in (quality or {}).items()}
        curves = spec.widening.get(condition, {})
        added = added_squares(curves, known, spec.targets, int(at.sum()))
        out[at] = np.sqrt(np.square([by[target] for target in spec.targets]) + added)
    return out


def person_rows(
    reading: Reading,
    spec: Spec,
    timeline: Timeline,
    pts: np.ndarray,
    speech: np.ndarray | None,
    seen: np.ndarray | None = None,
) -> Columns:
    """Columns of the table that come from the model, at the times ``pts`` (n,) in seconds.

    There is a prediction where the face is in this very frame, or the voice is there at its time. Between two
    sights of a face nothing is made up.

    Parameters
    ----------
    speech : (t,) np.ndarray or None
        Speech probability at every tick of the recording, NaN where there is no sound; None for a recording
        without sound.
    seen : (n,) np.ndarray of bool, optional
        True where the face is in the frame; by default in all.
    """

    def at(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        return timeline.at(pts, values, valid, reading.first)

    there, centre = predicted(reading, timeline, pts, seen)
    width = at(half_widths(spec, reading.masks, reading.quality), reading.available)
    unknown = np.full(len(pts), np.nan)
    columns: Columns = {"source": _source(there)}
    low, high = spec.range
    centre = np.clip(centre, low, high)
    for i, target in enumerate(spec.targets):
        columns[target] = centre[:, i]
        columns[f"{target}_lo"] = np.clip(centre[:, i] - width[:, i], low, high)
        columns[f"{target}_hi"] = np.clip(centre[:, i] + width[:, i], low, high)
        columns[f"{target}_rel"] = unknown  # without a baseline
    for column in GATES:
        kind, name = column.split("_")
        gate = reading.gates.get(f"{kind}.{name}")
        if gate is None:
            columns[column] = unknown
            continue
        others = [there[other] for other in there if other != name]  # alone, there is nothing to weigh
        weighed = there[name] & np.logical_or.reduce(others)
        columns[column] = np.where(weighed, at(gate, reading.masks[name]), np.nan)
    told = reading.speaking
    columns["speaking"] = unknown if told is None else at(told, np.isfinite(told))
    columns["voiced"] = unknown if speech is None else timeline.at(pts, speech, np.isfinite(speech))
    return columns


def predicted(
    reading: Reading, timeline: Timeline, pts: np.ndarray, seen: np.ndarray | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What there is at the times ``pts`` (n,): which streams, (n,) bool each, and values (n, targets).

    Where nothing is there, values are NaN; ``seen`` as in `person_rows`.
    """

    def at(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        return timeline.at(pts, values, valid, reading.first)

    there = {name: np.isfinite(at(mask.astype(float), mask)) for name, mask in reading.masks.items()}
    if seen is not None and "visual" in there:
        there["visual"] &= seen
    known = np.logical_or.reduce(list(there.values()))[:, None]
    return there, np.where(known, at(reading.values, reading.available), np.nan)


def _source(there: dict[str, np.ndarray]) -> np.ndarray:
    """What each row's prediction rests on, (n,) of str: one of `SOURCES`, None where nothing was there."""
    nothing = np.zeros(len(next(iter(there.values()))), dtype=bool)
    face, voice = there.get("visual", nothing), there.get("audio", nothing)
    source = np.full(len(nothing), None, dtype=object)
    for name, at in zip(SOURCES, (face & voice, face & ~voice, voice & ~face), strict=True):
        source[at] = name
    return source


def face_rows(person: Person | None, pictures: np.ndarray) -> Columns:
    """Face columns of rows with these pictures; NaN where the face was not seen.

    Parameters
    ----------
    pictures : (n,) np.ndarray of int
        Position of each row's picture in the list of all pictures; -1 where it has none.
    """
    columns = {name: np.full(len(pictures), np.nan) for name in ("face_conf", *BOX)}
    frames = np.zeros(0, dtype=int) if person is None else person.frames
    if person is None or not len(frames):
        return columns
    at = np.searchsorted(frames, pictures, side="right") - 1
    seen = (at >= 0) & (frames[at] == pictures)
    known = at[seen]
    columns["face_conf"][seen] = person.confidences[known]
    for name, values in zip(BOX, person.boxes[known].T, strict=True):
        columns[name][seen] = values
    return columns
