"""Error rates of a verification: EER and minDCF from scores of trials, with intervals over people.

A trial compares two recordings. It is a target if they are of one person. A system accepts a trial when its
score reaches a threshold; it misses a target (rate `miss`) or accepts a non-target (rate `false_accept`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..evaluate.bootstrap import MIN_UNITS, RESAMPLES, Estimate, interval, resample_counts
from ..metric import Array


@dataclass(frozen=True, eq=False)
class ErrorRates:
    """Both error rates at every threshold that makes a difference, from the highest to the lowest.

    Attributes
    ----------
    threshold : (n,) np.ndarray
        The first is infinite: nothing is accepted.
    miss, false_accept : (n,) np.ndarray
        In [0, 1]; the first falls from 1 to 0, the second rises from 0 to 1.
    """

    threshold: Array
    miss: Array
    false_accept: Array


def error_rates(scores: Array, target: np.ndarray, weights: Array | None = None) -> ErrorRates:
    """Error rates of (n,) scores, higher for one person, and (n,) bool ``target``.

    Parameters
    ----------
    weights : (n,) np.ndarray, optional
        How often each trial counts; once by default.

    Raises
    ------
    DataError
        Shapes that differ, a score that is no number, or no target or no non-target among the trials.
    """
    scores, target = np.asarray(scores, np.float64), np.asarray(target, bool)
    if scores.ndim != 1 or scores.shape != target.shape:
        raise DataError(f"scores {scores.shape} and targets {target.shape}: expected one of each per trial")
    if not np.isfinite(scores).all():
        raise DataError(f"{int((~np.isfinite(scores)).sum())} scores are no numbers; leave such trials out")
    count = np.ones(len(scores)) if weights is None else np.asarray(weights, np.float64)
    targets, others = count[target].sum(), count[~target].sum()
    if not targets or not others:
        raise DataError("error rates need trials of one person and trials of two; one kind is missing")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # equal scores are accepted together
    accepted = np.cumsum((count * target)[order])[last] / targets
    false = np.cumsum((count * ~target)[order])[last] / others
    return ErrorRates(np.append(np.inf, ordered[last]), np.append(1.0, 1 - accepted), np.append(0.0, false))


def eer(scores: Array, target: np.ndarray, *, corners_only: bool = False) -> float:
    """Equal error rate in [0, 1]: the larger of the two rates at the threshold where they are nearest.

    Parameters
    ----------
    scores, target : (n,) np.ndarray
        As in `error_rates`.
    corners_only : bool
        The published rule of RJCA-PV and DCA-PV: look only at the corners of the curve, where its direction
        changes. On few trials it can be far off.
    """
    rates = error_rates(scores, target)
    return _eer(_corners(rates) if corners_only else rates)[0]


def eer_threshold(scores: Array, target: np.ndarray) -> float:
    """The threshold at which `eer` is found."""
    return _eer(error_rates(scores, target))[1]


def _eer(rates: ErrorRates) -> tuple[float, float]:
    at = int(np.argmin(np.abs(rates.miss - rates.false_accept)))
    return float(max(rates.miss[at], rates.false_accept[at])), float(rates.threshold[at])


def _corners(rates: ErrorRates) -> ErrorRates:
    """The ends, and the points at which the direction of the curve changes."""
    accept = 1 - rates.miss
    bent = np.abs(np.diff(rates.false_accept, 2)) + np.abs(np.diff(accept, 2)) > 1e-12
    keep = np.concatenate([[True], bent, [True]])
    return ErrorRates(rates.threshold[keep], rates.miss[keep], rates.false_accept[keep])


def min_dcf(
    scores: Array,
    target: np.ndarray,
    *,
    prior: float = 0.05,
    miss_cost: float = 1.0,
    false_accept_cost: float = 1.0,
) -> float:
    """Least detection cost over all thresholds, relative to the better of accepting all and nothing.

    ::

        DCF    = C_miss P_miss p + C_fa P_fa (1 - p)
        minDCF = min DCF / min( C_miss p, C_fa (1 - p) )

    Parameters
    ----------
    scores, target : (n,) np.ndarray
        As in `error_rates`.
    prior : float
        p, the share of targets that is assumed; 0.05 as in VoxCeleb's challenge.
    miss_cost, false_accept_cost : float
        C_miss, C_fa.
    """
    if not 0 < prior < 1:
        raise DataError(f"prior={prior}: expected a share between 0 and 1")
    rates = error_rates(scores, target)
    cost = miss_cost * prior * rates.miss + false_accept_cost * (1 - prior) * rates.false_accept
    return float(cost.min() / min(miss_cost * prior, false_accept_cost * (1 - prior)))


def eer_estimate(
    scores: Array,
    target: np.ndarray,
    people: np.ndarray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """EER with a 95 % interval that resamples people.

    Trials that share a person are not independent. A resample draws people with replacement; a trial counts
    as often as both of its people were drawn (the one person of a target trial, once).

    Parameters
    ----------
    scores, target : (n,) np.ndarray
        As in `error_rates`.
    people : (n, 2) np.ndarray of int
        Who is in each recording of a trial, numbered from 0.
    resamples, seed : int

    Returns
    -------
    Estimate
        Without an interval if there are fewer than `MIN_UNITS` people.
    """
    value = eer(scores, target)
    order = np.argsort(-np.asarray(scores), kind="stable")  # once: what is in order is sorted quickly
    scores, target, people = np.asarray(scores)[order], np.asarray(target)[order], np.asarray(people)[order]
    count = int(people.max()) + 1
    if len(np.unique(people)) < MIN_UNITS:
        return Estimate(value)
    found = []
    for block in resample_counts(count, resamples, seed):
        for drawn in block:
            weights = drawn[people[:, 0]] * np.where(target, 1.0, drawn[people[:, 1]])
            both = weights[target].any() and weights[~target].any()
            found.append(_eer(error_rates(scores, target, weights))[0] if both else np.nan)
    return Estimate(value, *interval(np.array(found)))
