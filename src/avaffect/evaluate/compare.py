"""Two systems on the same recordings: is one better, or were these recordings kind to it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import DataError
from ..metric import Array
from ..spec import TARGETS
from .bootstrap import LEVEL, RESAMPLES, resample
from .match import Matched, Pairing, listed
from .report import Comparison, Difference
from .score import WAYS, cautions, estimate, filled, point_figures, table_of_sums, units_of


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

    Each resample scores both systems, so that what makes a recording hard for both cancels: the interval
    of the difference is much narrower than the two systems' own intervals suggest.

    Parameters
    ----------
    first, second : Pairing
    missing : {"exclude", "zero", "mean"}
        As in `score`; with "exclude" only frames that both systems predict count.
    subjects : mapping of str to str, optional
        Subject by recording; then subjects are resampled.
    resamples, seed : int
    level : float

    Raises
    ------
    DataError
        If the systems have no recording in common, their labels differ, or no frame counts.
    """
    ours, theirs, notes = _common(first, second)
    ours, theirs = filled(ours, missing), filled(theirs, missing)
    if missing == "exclude":
        silent = [np.isnan(a.predicted) | np.isnan(b.predicted) for a, b in zip(ours, theirs, strict=True)]
        ours, theirs = _silenced(ours, silent), _silenced(theirs, silent)
    tables = table_of_sums(ours), table_of_sums(theirs)
    unit, kind = units_of(ours, subjects)
    figures = [point_figures(table) for table in tables]
    spreads = [resample(table, unit, resamples=resamples, seed=seed) for table in tables]
    notes += cautions(int(unit.max()) + 1, kind)
    pooled, per_recording = (
        _differences(
            [_with_mean(figure[way]["ccc"]) for figure in figures],
            [_with_mean(spread[way]["ccc"]) for spread in spreads],
            level,
        )
        for way in WAYS
    )
    frames = {target: int(tables[0][:, i, 0].sum()) for i, target in enumerate(TARGETS)}
    return Comparison(pooled, per_recording, len(ours), frames, tuple(notes))


def _with_mean(values: Array) -> Array:
    """The targets' values and their mean behind them, (..., targets + 1)."""
    return np.concatenate([values, values.mean(axis=-1, keepdims=True)], axis=-1)


def _differences(points: list[Array], drawn: list[Array], level: float) -> dict[str, Difference]:
    found = {}
    for i, name in enumerate((*TARGETS, "mean")):
        one, other = (float(point[i]) for point in points)
        gaps = drawn[0][:, i] - drawn[1][:, i]
        known = gaps[np.isfinite(gaps)]
        share = float(np.mean(known > 0)) if known.size else float("nan")
        found[name] = Difference(one, other, estimate(one - other, gaps, level), share)
    return found


def _common(first: Pairing, second: Pairing) -> tuple[list[Matched], list[Matched], list[str]]:
    """The recordings that both systems have, in one order."""
    ours, theirs = ({m.name: m for m in pairing.recordings} for pairing in (first, second))
    names = [name for name in ours if name in theirs]
    if not names:
        raise DataError(
            f"the systems have no recording in common: {listed(list(ours))}; {listed(list(theirs))}"
        )
    for name in names:
        if not np.array_equal(ours[name].labels, theirs[name].labels, equal_nan=True):
            raise DataError(f"the systems were matched to different labels of {name}; match both to the same")
    left_out = [*(n for n in ours if n not in theirs), *(n for n in theirs if n not in ours)]
    notes = [f"not compared, predicted by one system alone: {listed(left_out)}"] if left_out else []
    return [ours[n] for n in names], [theirs[n] for n in names], notes


def _silenced(recordings: list[Matched], silent: list[np.ndarray]) -> list[Matched]:
    return [
        replace(m, predicted=np.where(gaps, np.nan, m.predicted))
        for m, gaps in zip(recordings, silent, strict=True)
    ]
