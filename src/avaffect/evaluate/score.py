"""How near predictions come to labels, with intervals that say how far to trust the figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from ..metric import Array
from ..spec import TARGETS
from .bootstrap import FEWEST, LEVEL, RESAMPLES, Estimate, Figures, draws, interval, resample
from .match import Matched, Pairing, listed
from .moments import MEASURES, measures, sums
from .report import Report, TargetScore

MISSING = ("exclude", "zero", "mean")
WAYS = ("pooled", "per_recording")
# Recordings or subjects from which about nine in ten intervals hold the truth (docs/evaluation.md).
FEW = 20
# A recording's own interval: resampled are this many parts of equal length, in a row.
PARTS = 10


def score(
    pairing: Pairing,
    *,
    missing: str = "exclude",
    subjects: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Report:
    """Score predictions against labels.

    Parameters
    ----------
    pairing : Pairing
    missing : {"exclude", "zero", "mean"}
        What a labelled frame without a prediction counts as: nothing; 0; the mean of the system's own
        predictions of that target on labelled frames. Exclusion flatters a system that is silent where it
        is hard, so that the count is always reported.
    subjects : mapping of str to str, optional
        Subject by recording; then subjects are resampled, with all their recordings.
    resamples, seed : int
    level : float

    Raises
    ------
    DataError
        If no frame has both a label and a prediction, a recording has no subject, or an option is unknown.

    Notes
    -----
    With fewer than five recordings (subjects) intervals are NaN and a note says so.
    """
    if not 0 < level < 1:
        raise DataError(f"the level of an interval lies between 0 and 1, not {level:g}")
    recordings = filled(pairing.recordings, missing)
    table = table_of_sums(recordings)
    unit, kind = units_of(recordings, subjects)
    count = int(unit.max()) + 1
    spread = resample(table, unit, resamples=resamples, seed=seed)
    figures = point_figures(table)
    targets = {
        target: TargetScore(
            **_estimates(figures, spread, i, level),
            frames=int(table[:, i, 0].sum()),
            unlabelled=sum(int(np.isnan(m.labels[:, i]).sum()) for m in recordings),
            unpredicted=sum(_silent(m, i) for m in pairing.recordings),
            recordings=int(np.isfinite(measures(table[:, i])["ccc"]).sum()),
        )
        for i, target in enumerate(TARGETS)
    }
    mean_ccc = {
        way: estimate(figures[way]["ccc"].mean(), spread[way]["ccc"].mean(axis=1), level) for way in WAYS
    }
    each = each_recording(recordings, table, subjects, resamples=resamples, seed=seed, level=level)
    notes = (*pairing.notes, *cautions(count, kind))
    return Report(targets, mean_ccc, each, kind, count, resamples, seed, level, missing, notes)


def filled(recordings: Sequence[Matched], missing: str) -> list[Matched]:
    """The recordings with labelled frames that have no prediction filled in, see `score`.

    Raises
    ------
    DataError
        If there is no such policy.
    """
    if missing not in MISSING:
        raise DataError(f"missing predictions cannot count as {missing!r}; {nearest(missing, MISSING)}")
    if missing == "exclude":
        return list(recordings)
    value = np.zeros(len(TARGETS))
    if missing == "mean":
        known = [np.where(np.isnan(m.labels), np.nan, m.predicted) for m in recordings]
        value = mean_defined(np.concatenate(known))
    return [replace(m, predicted=np.where(np.isnan(m.predicted), value, m.predicted)) for m in recordings]


def table_of_sums(recordings: Sequence[Matched]) -> Array:
    """Each recording's `moments.sums` of each target, (r, targets, 7).

    Raises
    ------
    DataError
        If no frame at all has both a label and a prediction.
    """
    columns = range(len(TARGETS))
    table = np.array([[sums(m.predicted[:, i], m.labels[:, i]) for i in columns] for m in recordings])
    if not table[..., 0].any():
        raise DataError(
            f"no frame of {listed([m.name for m in recordings])} has both a label and a prediction;"
            " check that the files belong together"
        )
    return table


def point_figures(table: Array) -> Figures:
    """Each measure (targets,) of each of the two `WAYS`, from a table of sums (r, targets, 7)."""
    each = measures(table)
    return {
        "pooled": measures(table.sum(axis=0)),
        "per_recording": {name: mean_defined(each[name]) for name in MEASURES},
    }


def units_of(recordings: Sequence[Matched], subjects: Mapping[str, str] | None) -> tuple[np.ndarray, str]:
    """Which unit, from 0, each recording belongs to, (r,), and what the units are.

    Raises
    ------
    DataError
        If a recording has no subject.
    """
    if subjects is None:
        return np.arange(len(recordings)), "recording"
    absent = [m.name for m in recordings if m.name not in subjects]
    if absent:
        raise DataError(f"no subject given for {listed(absent)}; add rows file,subject")
    return pd.factorize(np.array([subjects[m.name] for m in recordings], dtype=object))[0], "subject"


def cautions(units: int, kind: str) -> list[str]:
    """A note where there are no intervals, or where they rest on little.

    >>> cautions(1, "subject"), cautions(20, "subject")
    (['no intervals: 1 subject, at least 5 are needed'], [])
    """
    if units >= FEW:
        return []
    if units >= FEWEST:
        return [f"intervals of {units} {kind}s tend to be too narrow"]
    return [f"no intervals: {units} {kind}{'s' if units != 1 else ''}, at least {FEWEST} are needed"]


def estimate(value: float, resampled: Array, level: float) -> Estimate:
    """A figure and the interval of its resampled values (resamples,)."""
    return Estimate(float(value), *interval(resampled, level))


def mean_defined(values: Array) -> Array:
    """Mean over the first axis of what is not NaN; NaN where nothing is.

    >>> mean_defined(np.array([[1.0, np.nan], [3.0, np.nan]]))
    array([ 2., nan])
    """
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)


def each_recording(
    recordings: Sequence[Matched], table: Array, subjects: Mapping[str, str] | None,
    *, resamples: int, seed: int, level: float,
) -> pd.DataFrame:  # fmt: skip
    """Every recording's own scores, see `Report.recordings`."""
    scores = measures(table)
    counts = np.concatenate(list(draws(PARTS, resamples, seed)))
    columns: dict[str, Any] = {} if subjects is None else {"subject": [subjects[m.name] for m in recordings]}
    for i, target in enumerate(TARGETS):
        columns[f"{target}_frames"] = table[:, i, 0].astype(int)
        for name in MEASURES:
            columns[f"{target}_{name}"] = scores[name][:, i]
        ends = [_own_interval(m, i, counts, level) for m in recordings]
        columns[f"{target}_ccc_lo"], columns[f"{target}_ccc_hi"] = zip(*ends, strict=True)
    return pd.DataFrame(columns, index=pd.Index([m.name for m in recordings], name="name"))


def _own_interval(recording: Matched, target: int, counts: Array, level: float) -> tuple[float, float]:
    """Interval of one recording's CCC by resampling its `PARTS` parts (Carlstein 1986)."""
    x, y = recording.predicted[:, target], recording.labels[:, target]
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(known) < 2 * PARTS:
        return float("nan"), float("nan")
    parts = np.array([sums(x[rows], y[rows]) for rows in np.array_split(known, PARTS)])
    return interval(measures(counts @ parts)["ccc"], level)


def _estimates(
    figures: Figures, spread: Figures, target: int, level: float
) -> dict[str, dict[str, Estimate]]:
    """Every measure of one target with its interval, by way and by measure."""
    return {
        way: {
            name: estimate(figures[way][name][target], spread[way][name][:, target], level)
            for name in MEASURES
        }
        for way in WAYS
    }


def _silent(recording: Matched, target: int) -> int:
    """Labelled frames without a prediction."""
    gaps = np.isfinite(recording.labels) & np.isnan(recording.predicted)
    return int(gaps[:, target].sum())
