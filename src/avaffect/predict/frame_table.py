"""From ticks to the result table: the rows of each person, on the pictures' own times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..spec import Spec
from ..streams.timeline import Timeline
from ..streams.visual import Person
from ..trace.columns import GATES, SOURCES


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
    """

    values: np.ndarray
    masks: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]
    speaking: np.ndarray | None = None
    first: int = 0

    @property
    def available(self) -> np.ndarray:
        """(t,) bool: at least one modality was there."""
        return np.logical_or.reduce(list(self.masks.values()))


def half_widths(spec: Spec, masks: dict[str, np.ndarray]) -> np.ndarray:
    """Half-widths of the prediction intervals, (t, targets), by what was available at each tick.

    Ticks with nothing available get the widest of all; without calibration all are NaN.
    """
    ticks = len(next(iter(masks.values())))
    out = np.full((ticks, len(spec.targets)), np.nan)
    for column, target in enumerate(spec.targets):
        widths = {condition: by[target] for condition, by in spec.calibration.items()}
        if not widths:
            continue
        out[:, column] = max(widths.values())
        for condition, width in widths.items():
            present = set(condition.split("+"))
            at = np.logical_and.reduce([mask == (name in present) for name, mask in masks.items()])
            out[at, column] = width
    return out


def widening(spec: Spec, there: Mapping[str, np.ndarray], heights: np.ndarray) -> np.ndarray:
    """Factor of the half-width in each row, (n,): above 1 where the face is small.

    Parameters
    ----------
    there : mapping of str to (n,) np.ndarray of bool
        What is available in each row.
    heights : (n,) np.ndarray
        Height of the face's box in pixels, NaN where it is unknown.
    """
    factor = np.ones(len(heights))
    known = np.log(np.where(heights > 0, heights, np.inf))
    for condition, pairs in spec.widening.items():
        present = set(condition.split("+"))
        at = np.logical_and.reduce([is_there == (name in present) for name, is_there in there.items()])
        at &= heights > 0
        places, factors = (np.array(column) for column in zip(*pairs, strict=True))
        end = places[-1] * places[-1] / places[-2] if len(places) > 1 else 2 * places[-1]
        curve = np.interp(known, np.log([*places, end]), [*factors, 1.0])
        factor = np.where(at, curve, factor)
    return factor


def person_rows(
    reading: Reading,
    spec: Spec,
    timeline: Timeline,
    pts: np.ndarray,
    speech: np.ndarray | None,
    seen: np.ndarray | None = None,
    heights: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
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
    heights : (n,) np.ndarray, optional
        Height of the face's box in pixels, NaN where there is none: intervals of small faces are wider.
    """

    def at(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        return timeline.at(pts, values, valid, reading.first)

    there = {name: np.isfinite(at(mask.astype(float), mask)) for name, mask in reading.masks.items()}
    if seen is not None and "visual" in there:
        there["visual"] &= seen
    known = np.logical_or.reduce(list(there.values()))[:, None]
    centre = np.where(known, at(reading.values, reading.available), np.nan)
    width = at(half_widths(spec, reading.masks), reading.available)
    if heights is not None:
        width = width * widening(spec, there, heights)[:, None]
    unknown = np.full(len(pts), np.nan)
    columns: dict[str, np.ndarray] = {"source": _source(there)}
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
        columns[column] = (
            unknown if gate is None else np.where(there[name], at(gate, reading.masks[name]), np.nan)
        )
    told = reading.speaking
    columns["speaking"] = unknown if told is None else at(told, np.isfinite(told))
    columns["voiced"] = unknown if speech is None else timeline.at(pts, speech, np.isfinite(speech))
    return columns


def _source(there: dict[str, np.ndarray]) -> np.ndarray:
    """What each row's prediction rests on, (n,) of str: one of `SOURCES`, None where nothing was there."""
    nothing = np.zeros(len(next(iter(there.values()))), dtype=bool)
    face, voice = there.get("visual", nothing), there.get("audio", nothing)
    source = np.full(len(nothing), None, dtype=object)
    for name, at in zip(SOURCES, (face & voice, face & ~voice, voice & ~face), strict=True):
        source[at] = name
    return source


def face_rows(person: Person | None, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """Face columns of rows with these pictures; NaN where the face was not seen.

    Parameters
    ----------
    pictures : (n,) np.ndarray of int
        Position of each row's picture in the list of all pictures; -1 where it has none.
    """
    columns = {name: np.full(len(pictures), np.nan) for name in FACE_COLUMNS}
    if person is None or not person.frames:
        return columns
    where = {picture: row for row, picture in enumerate(pictures.tolist())}
    for position, box, confidence in zip(person.frames, person.boxes, person.confidences, strict=True):
        row = where.get(position)
        if row is not None:
            for name, value in zip(FACE_COLUMNS, (confidence, *box), strict=True):
                columns[name][row] = value
    return columns


FACE_COLUMNS = ("face_conf", "face_x1", "face_y1", "face_x2", "face_y2")


def table(name: str, parts: list[pd.DataFrame], ends: np.ndarray) -> pd.DataFrame:
    """One recording's table from its people's parts, indexed ``file, start, end`` in time order.

    Parameters
    ----------
    ends : (n,) np.ndarray
        End in seconds of each of the recording's rows.
    """
    whole = pd.concat(parts, ignore_index=True).sort_values(
        ["position", "track"], kind="stable", na_position="last"
    )
    position = whole.pop("position").to_numpy()
    index = pd.MultiIndex.from_arrays(
        [[name] * len(whole), whole["pts"], ends[position]], names=["file", "start", "end"]
    )
    whole.index = index
    return whole
