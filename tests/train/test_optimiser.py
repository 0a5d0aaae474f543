"""Learning rates."""

import math

import pytest

from avaffect.train import Schedule
from avaffect.train.optimiser import LearningRate


def rate(**options):
    return LearningRate(Schedule(**options), 1.0, epochs=10, steps=4)


def test_warm_up_rises_to_the_highest_rate():
    warm = rate(name="constant", warmup=1.5)
    assert [warm.at(s) for s in range(8)] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1])


def test_cosine_ends_at_the_lowest():
    cosine = rate(name="cosine", min_learning_rate=0.1, warmup=1)
    assert cosine.at(4) == 1
    assert cosine.at(22) == pytest.approx(0.55)
    assert cosine.at(31) == pytest.approx(0.1 + 0.45 * (1 + math.cos(math.pi * 27 / 36)))
    assert cosine.at(40) == cosine.at(400) == pytest.approx(0.1)


def test_steps():
    steps = rate(name="step", factor=0.5, every=2, start=3, min_learning_rate=0.2)
    by_epoch = [steps.at(4 * epoch + 3) for epoch in range(10)]
    assert by_epoch == [1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2]


def test_plateau_and_what_outlives_a_stop():
    plateau = rate(name="plateau", factor=0.1, patience=1, min_learning_rate=0.05)
    values = [0.1, 0.2, 0.2, 0.15, 0.3, float("nan"), 0.1, 0.1, 0.1]
    seen = []
    for epoch, value in enumerate(values):
        plateau.measured(value)
        seen.append(plateau.at(4 * epoch + 4))
        again = rate(name="plateau", factor=0.1, patience=1, min_learning_rate=0.05)
        again.load_state_dict(plateau.state_dict())
        plateau = again
    assert seen == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05])
