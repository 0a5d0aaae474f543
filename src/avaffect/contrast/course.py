"""The mean course of several recordings over time, from their begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..evaluate.bootstrap import MIN_UNITS
from ..metric import Array
from ..trace import time_axis
from ..trace.resample_bins import binned
from .cases import Case

_STEPS = 200  # that the longest recording is cut into, about
_SHORTEST = 0.5  # seconds of a step: the models tell no shorter moments apart
_PRESENT = 0.5  # share of the recordings that must have a value for a mean to be shown


@dataclass(frozen=True)
class Course:
    """One group's course of one target.

    Attributes
    ----------
    time : (m,) np.ndarray
        Seconds from the begin of the recordings, the middle of each step.
    each : (n, m) np.ndarray
        Of each case the mean over the step; NaN where less than half of the step has a value.
    mean, low, high : (m,) np.ndarray
        Mean over cases and its interval, which resamples recordings; NaN where fewer than half of the
        cases have a value, and without interval where fewer than 5 recordings have.
    """

    time: Array
    each: Array
    mean: Array
    low: Array
    high: Array


def step_of(cases: Sequence[Case]) -> float:
    """Seconds of a step that suit the longest recording."""
    return max(time_axis.step(max(case.person.end for case in cases), _STEPS), _SHORTEST)


def course(
    cases: Sequence[Case], target: str, edges: Array, counts: Array, unit: np.ndarray, level: float
) -> Course:
    """The course of one group.

    Parameters
    ----------
    cases : sequence of Case
    target : str
    edges : (m + 1,) np.ndarray
        Seconds at which the steps begin, and the last one ends.
    counts : (resamples, units) np.ndarray
        How often each recording is in each resample.
    unit : (n,) np.ndarray of int
        The recording that each case is of.
    level : float
    """
    each = np.stack([_binned(case, target, edges) for case in cases])
    known = np.isfinite(each)
    values = np.where(known, each, 0.0)
    units = int(unit.max()) + 1
    added = np.zeros((2, units, each.shape[1]))
    np.add.at(added[0], unit, values)
    np.add.at(added[1], unit, known)
    shown = known.mean(axis=0) >= _PRESENT
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(shown, added[0].sum(axis=0) / added[1].sum(axis=0), np.nan)
        resampled = (counts @ added[0]) / (counts @ added[1])
    bounded = shown & ((added[1] > 0).sum(axis=0) >= MIN_UNITS)
    low, high = np.full((2, each.shape[1]), np.nan)
    if bounded.any():
        ends = [(1 - level) / 2, (1 + level) / 2]
        low[bounded], high[bounded] = np.nanquantile(resampled[:, bounded], ends, axis=0)
    return Course((edges[:-1] + edges[1:]) / 2, each, mean, low, high)


def _binned(case: Case, target: str, edges: Array) -> Array:
    index = case.trace.table.index
    start, end = (index.get_level_values(name).to_numpy() for name in ("start", "end"))
    return binned(start, end, case.trace.table[target].to_numpy(), edges)
