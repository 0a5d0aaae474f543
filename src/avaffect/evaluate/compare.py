"""Paired bootstrap comparison of two systems on the same recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..arguments import checks_types
from ..errors import DataError
from ..metric import Array
from ..spec import TARGETS
from .bootstrap import LEVEL, RESAMPLES, resample
from .match import Matched, Pairing, listed
from .report import Comparison, Difference
from .score import AGGREGATIONS, estimate, filled, interval_notes, point_scores, table_of_sums, units_of


@checks_types
def compare(
    first: Pairing,
    second: Pairing,
    *,
    missing: str = "exclude",
    subjects: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Comparison:
    """Compare the CCC of two systems that were matched to the same labels.

    Both systems are scored on the same resamples. Recordings that are hard for both then lower both scores,
    so the interval of the difference is much narrower than the two systems' own intervals.

    Parameters
    ----------
    first, second : Pairing
    missing : {"exclude", "zero", "mean"}
        As in `score`. With "exclude", only frames that both systems predict count.
    subjects : mapping of str to str, optional
        Subject of each recording. If given, subjects are resampled.
    resamples, seed : int
    level : float

    Raises
    ------
    DataError
        If the systems have no recording in common, their labels differ, or no frame counts.
    """
    recordings_a, recordings_b, notes = _common(first, second)
    recordings_a, recordings_b = filled(recordings_a, missing), filled(recordings_b, missing)
    if missing == "exclude":
        recordings_a, recordings_b = _predicted_by_both(recordings_a, recordings_b)
    tables = table_of_sums(recordings_a), table_of_sums(recordings_b)
    unit, kind = units_of(recordings_a, subjects)
    points = [point_scores(table) for table in tables]
    resampled = [resample(table, unit, resamples=resamples, seed=seed) for table in tables]
    notes += interval_notes(int(unit.max()) + 1, kind)
    pooled, per_recording = (
        _differences(
            [_with_mean(scores[how]["ccc"]) for scores in points],
            [_with_mean(scores[how]["ccc"]) for scores in resampled],
            level,
        )
        for how in AGGREGATIONS
    )
    frames = {target: int(tables[0][:, i, 0].sum()) for i, target in enumerate(TARGETS)}
    return Comparison(pooled, per_recording, len(recordings_a), frames, tuple(notes))


def _with_mean(values: Array) -> Array:
    """The targets' values, and their mean as one more column: (..., targets + 1)."""
    return np.concatenate([values, values.mean(axis=-1, keepdims=True)], axis=-1)


def _differences(points: list[Array], resampled: list[Array], level: float) -> dict[str, Difference]:
    found = {}
    for i, name in enumerate((*TARGETS, "mean")):
        first, second = (float(point[i]) for point in points)
        differences = resampled[0][:, i] - resampled[1][:, i]
        known = differences[np.isfinite(differences)]
        share = float(np.mean(known > 0)) if known.size else float("nan")
        found[name] = Difference(first, second, estimate(first - second, differences, level), share)
    return found


def _common(first: Pairing, second: Pairing) -> tuple[list[Matched], list[Matched], list[str]]:
    """The recordings that both systems have, in one order, and a note on those left out."""
    a, b = ({m.name: m for m in pairing.recordings} for pairing in (first, second))
    names = [name for name in a if name in b]
    if not names:
        raise DataError(
            f"the systems have no recording in common: {listed(list(a))}; {listed(list(b))};"
            " give predictions of the same recordings"
        )
    for name in names:
        a[name], b[name] = _same_length(a[name], b[name])
        if not np.array_equal(a[name].labels, b[name].labels, equal_nan=True):
            raise DataError(f"the systems were matched to different labels of {name}; match both to the same")
    left_out = [*(n for n in a if n not in b), *(n for n in b if n not in a)]
    notes = [f"not compared, predicted by one system alone: {listed(left_out)}"] if left_out else []
    return [a[name] for name in names], [b[name] for name in names], notes


def _predicted_by_both(a: list[Matched], b: list[Matched]) -> tuple[list[Matched], list[Matched]]:
    """The same recordings with NaN in both where either system has no prediction."""
    missing = [np.isnan(x.predicted) | np.isnan(y.predicted) for x, y in zip(a, b, strict=True)]
    return _without(a, missing), _without(b, missing)


def _without(recordings: list[Matched], missing: list[np.ndarray]) -> list[Matched]:
    return [
        replace(recording, predicted=np.where(gaps, np.nan, recording.predicted))
        for recording, gaps in zip(recordings, missing, strict=True)
    ]


def _same_length(*matched: Matched) -> tuple[Matched, ...]:
    """The moments up to the end of the shorter system: labels of intervals go on to the end of each."""
    count = min(len(m.labels) for m in matched)
    return tuple(replace(m, predicted=m.predicted[:count], labels=m.labels[:count]) for m in matched)
