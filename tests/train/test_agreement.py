"""Figures of encoders against independent references."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import balanced_accuracy_score

from avaffect.train.agreement import agreement, recall


def test_recall_is_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 200)
    logits = rng.standard_normal((200, 8))
    logits[np.arange(200), truth] += 1
    guess = logits[:, :4].argmax(axis=1)
    assert recall(logits, truth) == pytest.approx(balanced_accuracy_score(truth, guess))


def test_correlation_forgives_scale_and_ccc_does_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.normal(size=(100, 2))
    values = labels + rng.normal(size=(100, 2))
    found = agreement(values, labels)
    assert found["r_valence"] == pytest.approx(pearsonr(values[:, 0], labels[:, 0]).statistic)
    assert found["r_arousal"] == pytest.approx(pearsonr(values[:, 1], labels[:, 1]).statistic)
    halved = agreement(values / 2 + 1, labels)
    assert halved["r_valence"] == pytest.approx(found["r_valence"])
    assert halved["ccc_valence"] < 0.7 * found["ccc_valence"]
