"""Scores of predictions against labels, with confidence intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..arguments import checks_types
from ..errors import DataError, nearest
from ..metric import Array
from ..spec import TARGETS
from .bootstrap import LEVEL, MIN_UNITS, RESAMPLES, Estimate, Scores, interval, resample, resample_counts
from .match import Matched, Pairing, listed
from .moments import MEASURES, measures, sums
from .report import Report, TargetScore

MISSING = ("exclude", "zero", "mean")
AGGREGATIONS = ("pooled", "per_recording")
ENOUGH_UNITS = 20
"""With fewer recordings (subjects), 95 % intervals are too narrow (measured in docs/evaluation.md)."""

ENOUGH_FRAMES = 20
"""With fewer scored frames in all, a note says that the scores mean little."""

PARTS = 10
"""For a recording's own interval, this many parts of it of equal length are resampled."""


@checks_types
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
        predictions of that target on labelled frames. With "exclude", a system gains if it predicts nothing
        on hard frames, so the report always has their number.
    subjects : mapping of str to str, optional
        Subject of each recording. If given, subjects are resampled, each with all its recordings.
    resamples, seed : int
    level : float

    Raises
    ------
    DataError
        If no frame has both a label and a prediction, a recording has no subject, or an option is unknown.

    Notes
    -----
    With fewer than five recordings (subjects) intervals are NaN, and a note says so.
    """
    if not 0 < level < 1:
        raise DataError(f"level={level:g}: expected the level of an interval, between 0 and 1")
    recordings = filled(pairing.recordings, missing)
    table = table_of_sums(recordings)
    unit, kind = units_of(recordings, subjects)
    count = int(unit.max()) + 1
    resampled = resample(table, unit, resamples=resamples, seed=seed)
    points = point_scores(table)
    targets = {
        target: TargetScore(
            **_estimates(points, resampled, i, level),
            frames=int(table[:, i, 0].sum()),
            unlabelled=sum(int(np.isnan(m.labels[:, i]).sum()) for m in recordings),
            unpredicted=sum(_unpredicted(m, i) for m in pairing.recordings),
            recordings=int(np.isfinite(measures(table[:, i])["ccc"]).sum()),
        )
        for i, target in enumerate(TARGETS)
    }
    mean_ccc = {
        how: estimate(points[how]["ccc"].mean(), resampled[how]["ccc"].mean(axis=1), level)
        for how in AGGREGATIONS
    }
    each = per_recording_table(recordings, table, subjects, resamples=resamples, seed=seed, level=level)
    notes = (*pairing.notes, *interval_notes(count, kind), *_few_notes(targets))
    return Report(targets, mean_ccc, each, kind, count, resamples, seed, level, missing, notes)


def filled(recordings: Sequence[Matched], missing: str) -> list[Matched]:
    """The recordings with missing predictions filled in, as `score` describes.

    Raises
    ------
    DataError
        If ``missing`` is not one of `MISSING`.
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
        If no frame has both a label and a prediction.
    """
    columns = range(len(TARGETS))
    table = np.array([[sums(m.predicted[:, i], m.labels[:, i]) for i in columns] for m in recordings])
    if not table[..., 0].any():
        raise DataError(
            f"no frame of {listed([m.name for m in recordings])} has both a label and a prediction;"
            " check that the files belong together"
        )
    return table


def point_scores(table: Array) -> Scores:
    """Each measure (targets,), by aggregation and measure, from a table of sums (r, targets, 7)."""
    each = measures(table)
    return {
        "pooled": measures(table.sum(axis=0)),
        "per_recording": {name: mean_defined(each[name]) for name in MEASURES},
    }


def units_of(recordings: Sequence[Matched], subjects: Mapping[str, str] | None) -> tuple[np.ndarray, str]:
    """Index of the unit that each recording belongs to, (r,), and the kind of unit.

    Raises
    ------
    DataError
        If a recording has no subject.
    """
    if subjects is None:
        return np.arange(len(recordings)), "recording"
    absent = [m.name for m in recordings if m.name not in subjects]
    if absent:
        raise DataError(f"no subject given for {listed(absent)}; add a row file,subject for each")
    return pd.factorize(np.array([subjects[m.name] for m in recordings], dtype=object))[0], "subject"


def interval_notes(units: int, kind: str) -> list[str]:
    """A note if there are no intervals, or too few units for good ones.

    >>> interval_notes(1, "subject"), interval_notes(20, "subject")
    (['no intervals: 1 subject, at least 5 are needed'], [])
    """
    if units >= ENOUGH_UNITS:
        return []
    if units >= MIN_UNITS:
        return [f"intervals of {units} {kind}s tend to be too narrow"]
    return [f"no intervals: {units} {kind}{'s' if units != 1 else ''}, at least {MIN_UNITS} are needed"]


def _few_notes(targets: Mapping[str, TargetScore]) -> list[str]:
    few = [f"{target.frames} of {name}" for name, target in targets.items() if target.frames < ENOUGH_FRAMES]
    return [f"too few frames are scored for these scores to mean anything: {', '.join(few)}"] if few else []


def estimate(value: float, resampled: Array, level: float) -> Estimate:
    """A value and the interval of its resampled values (resamples,)."""
    return Estimate(float(value), *interval(resampled, level))


def mean_defined(values: Array) -> Array:
    """Mean over the first axis without NaN; NaN where all are.

    >>> mean_defined(np.array([[1.0, np.nan], [3.0, np.nan]]))
    array([ 2., nan])
    """
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)


def per_recording_table(
    recordings: Sequence[Matched], table: Array, subjects: Mapping[str, str] | None,
    *, resamples: int, seed: int, level: float,
) -> pd.DataFrame:  # fmt: skip
    """Each recording's own scores, as `Report.recordings`."""
    scores = measures(table)
    counts = np.concatenate(list(resample_counts(PARTS, resamples, seed)))
    columns: dict[str, Any] = {} if subjects is None else {"subject": [subjects[m.name] for m in recordings]}
    columns["labelled"] = [m.covered for m in recordings]
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
    points: Scores, resampled: Scores, target: int, level: float
) -> dict[str, dict[str, Estimate]]:
    """One target's scores with their intervals, by aggregation and measure."""
    return {
        how: {
            name: estimate(points[how][name][target], resampled[how][name][:, target], level)
            for name in MEASURES
        }
        for how in AGGREGATIONS
    }


def _unpredicted(recording: Matched, target: int) -> int:
    """Number of labelled frames without a prediction."""
    gaps = np.isfinite(recording.labels) & np.isnan(recording.predicted)
    return int(gaps[:, target].sum())
