"""From ticks to the result table: the rows of each person, on the pictures' own times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..fusion import STREAM_WEIGHTS
from ..spec import Spec
from ..streams.timeline import Timeline, fill_short_gaps
from ..streams.visual import Person

# Between two predicted ticks that are at most this far apart, values are interpolated.
LONGEST_GAP = 0.5


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
    """

    values: np.ndarray
    masks: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]
    speaking: np.ndarray | None = None

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


def person_rows(
    reading: Reading,
    spec: Spec,
    timeline: Timeline,
    pts: np.ndarray,
    speech: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Columns of the table that come from the model, at the times ``pts`` (n,) in seconds.

    Parameters
    ----------
    speech : (t,) np.ndarray or None
        Speech probability a tick, NaN where there is no sound; None for a recording without sound.
    """
    values, valid = reading.values.copy(), reading.available
    valid = fill_short_gaps(values, valid, round(LONGEST_GAP * timeline.tick_rate))
    widths = half_widths(spec, reading.masks)
    columns: dict[str, np.ndarray] = {}
    low, high = spec.range
    centre = np.clip(timeline.at(pts, values, valid), low, high)
    width = timeline.at(pts, widths, valid)
    for i, target in enumerate(spec.targets):
        columns[target] = centre[:, i]
        columns[f"{target}_lo"] = np.clip(centre[:, i] - width[:, i], low, high)
        columns[f"{target}_hi"] = np.clip(centre[:, i] + width[:, i], low, high)
    for kind in STREAM_WEIGHTS:
        for name in ("audio", "visual"):
            gate = reading.gates.get(f"{kind}.{name}")
            columns[f"{kind}_{name}"] = _at(timeline, pts, gate, reading.masks.get(name))
    columns["voiced"] = _at(timeline, pts, speech)
    columns["speaking"] = _at(timeline, pts, reading.speaking)
    return columns


def _at(
    timeline: Timeline, pts: np.ndarray, values: np.ndarray | None, valid: np.ndarray | None = None
) -> np.ndarray:
    """Values of ticks at the times (n,); NaN where not valid (by default: NaN), or all if there are none."""
    if values is None:
        return np.full(len(pts), np.nan)
    return timeline.at(pts, values, np.isfinite(values) if valid is None else valid)


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
