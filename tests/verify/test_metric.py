"""EER, minDCF and the margin loss: check figures, an independent reference, properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.errors import DataError
from avaffect.verify import AngularMargin, eer, eer_estimate, eer_threshold, error_rates, min_dcf

SCORES = ((104729 * (np.arange(12) + 21) % 103) - 51) / 51
TARGET = np.array([1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0], bool)


def test_figures_of_the_published_code() -> None:
    assert 100 * eer(SCORES, TARGET) == pytest.approx(42.857143, abs=6e-7)
    assert 100 * eer(SCORES, TARGET, corners_only=True) == pytest.approx(40.0)
    assert min_dcf(SCORES, TARGET) == pytest.approx(0.8)
    assert min_dcf(SCORES, TARGET, prior=0.5) == pytest.approx(0.685714, abs=6e-7)


@pytest.mark.parametrize(("margin", "scale", "wanted"), [(0.4, 64.0, 23.046278), (0.2, 30.0, 6.276037)])
def test_margin_loss_of_the_published_code(margin: float, scale: float, wanted: float) -> None:
    loss = AngularMargin(5, 3, margin=margin, scale=scale).double()
    loss.weight.data.copy_(((7919 * torch.arange(15) % 101) - 50).double().view(3, 5) / 50)
    inputs = (((104729 * (torch.arange(20) + 14)) % 103) - 51).double().view(4, 5) / 51
    assert loss(inputs, torch.tensor([0, 1, 2, 0])).item() == pytest.approx(wanted, abs=6e-7)


def test_target_score_falls_all_the_way_round() -> None:
    loss = AngularMargin(3, 2, margin=0.4, scale=1.0).double()
    loss.weight.data.copy_(torch.eye(2, 3).double())
    angles = torch.linspace(0.01, 3.13, 60).double()
    # Away from the first identity, at a right angle to the second: only the first score changes.
    circle = torch.stack([angles.cos(), torch.zeros(60), angles.sin()], dim=1)
    values = torch.stack([loss(each[None], torch.tensor([0])) for each in circle])
    assert (values[1:] > values[:-1]).all()


def by_hand(scores: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """EER and minDCF, threshold by threshold."""
    points = []
    for threshold in [np.inf, *sorted(set(scores), reverse=True)]:
        accepted = scores >= threshold
        points.append((1 - accepted[target].mean(), accepted[~target].mean()))
    nearest = min(points, key=lambda p: abs(p[0] - p[1]))
    cost = min(0.05 * miss + 0.95 * false for miss, false in points)
    return max(nearest), cost / 0.05


def test_rates_by_hand() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        target = random.random(40) < 0.4
        scores = np.round(random.normal(size=40) + target, 1)  # with ties
        wanted_eer, wanted_cost = by_hand(scores, target)
        rates = error_rates(scores, target)
        gap = np.abs(rates.miss - rates.false_accept)
        assert min_dcf(scores, target) == pytest.approx(wanted_cost)
        if np.isclose(np.sort(gap)[:2], gap.min()).sum() == 1:  # of two that are as near, either will do
            assert eer(scores, target) == pytest.approx(wanted_eer)


def test_weights_count_trials_several_times() -> None:
    weights = np.arange(1, 13) % 3
    repeated = np.repeat(np.arange(12), weights)
    got = error_rates(SCORES, TARGET, weights.astype(float))
    wanted = error_rates(SCORES[repeated], TARGET[repeated])
    at = np.isin(got.threshold, wanted.threshold)
    np.testing.assert_allclose(got.miss[at], wanted.miss)
    np.testing.assert_allclose(got.false_accept[at], wanted.false_accept)


def test_order_and_scale_of_scores_change_nothing() -> None:
    turned = np.random.default_rng(0).permutation(12)
    assert eer(SCORES[turned], TARGET[turned]) == eer(SCORES, TARGET)
    assert eer(3 * SCORES - 7, TARGET) == eer(SCORES, TARGET)
    assert eer(TARGET.astype(float), TARGET) == 0
    assert eer(-TARGET.astype(float), TARGET) == 1


def test_threshold_has_the_rates() -> None:
    threshold = eer_threshold(SCORES, TARGET)
    accepted = threshold <= SCORES
    rates = (1 - accepted[TARGET].mean(), accepted[~TARGET].mean())
    assert max(rates) == pytest.approx(eer(SCORES, TARGET))


def test_interval_resamples_people() -> None:
    random = np.random.default_rng(0)
    people = np.repeat(np.arange(8), 4)
    first, second = np.triu_indices(32, 1)
    both = np.stack([people[first], people[second]], axis=1)
    target = both[:, 0] == both[:, 1]
    scores = random.normal(size=len(first)) + 1.5 * target
    got = eer_estimate(scores, target, both, resamples=200)
    assert got.low < got.value < got.high
    assert got == eer_estimate(scores, target, both, resamples=200)
    few = both.max(axis=1) < 4
    assert np.isnan(eer_estimate(scores[few], target[few], both[few]).low)


@pytest.mark.parametrize(
    ("scores", "target", "said"),
    [
        ([1.0, 2.0], [True, True], "one kind is missing"),
        ([1.0, np.nan], [True, False], "1 scores are no numbers"),
        ([1.0], [True, False], "expected one of each per trial"),
    ],
)
def test_what_has_no_rates_is_said(scores: list[float], target: list[bool], said: str) -> None:
    with pytest.raises(DataError, match=said):
        error_rates(np.array(scores), np.array(target))
