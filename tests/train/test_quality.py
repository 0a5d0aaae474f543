"""What degraded copies say about intervals: curves that fall with the measure and end at 0."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.quality import FEWEST, added_by_measure


def test_the_curve_holds_the_share_that_is_asked_for_and_never_rises() -> None:
    rng = np.random.default_rng(0)
    measures = rng.uniform(-2, 0, 40_000)
    spread = np.stack([-0.3 * measures, -0.1 * measures], axis=1)
    shifts = np.abs(rng.normal(0, 1, (len(measures), 2))) * spread
    found = added_by_measure(measures, shifts, 0.0, coverage=0.9)
    for k, target in enumerate(("valence", "arousal")):
        places, added = np.array(found[target]).T
        assert (np.diff(places) > 0).all()
        assert (np.diff(added) <= 0).all()
        assert found[target][-1] == (0.0, 0.0)
        ends = np.interp(measures, places, added)
        assert np.mean(shifts[:, k] <= ends) == pytest.approx(0.9, abs=0.03)
        # Nine tenths of a normal error stay within 1.645 standard deviations.
        np.testing.assert_allclose(
            added[:-1], 1.645 * np.array([0.3, 0.1])[k] * -places[:-1], rtol=0.1, atol=0.015
        )


def test_a_range_with_few_ticks_says_nothing() -> None:
    measures = np.concatenate([np.full(FEWEST - 1, -1.0), np.full(FEWEST, -0.1)])
    found = added_by_measure(measures, np.ones((len(measures), 2)), 0.0, coverage=0.9)
    assert found["valence"] == [(-0.1, 1.0), (0.0, 0.0)]
    assert added_by_measure(np.zeros(1), np.zeros((1, 2)), 1.0, coverage=0.9)["arousal"] == [(1.0, 0.0)]
