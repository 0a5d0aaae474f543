"""The generalisation error of encoders, and the files of a work folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from avaffect.metric import pcc
from avaffect.progress import silent
from avaffect.train.face import FaceHeads
from avaffect.train.feature_cache import (
    cached_pool,
    face_readings,
    generalisation_error,
    pair_readings,
    read_pools,
)
from avaffect.train.feature_pool import FaceFeatures, Pair
from avaffect.train.recipe import read_corpus_recipe


def test_generalisation_error_lowers_the_correlation_to_that_on_unknown_people() -> None:
    rng = np.random.default_rng(0)
    labels = rng.normal(0, [0.5, 0.3], (20000, 2))
    known = labels + rng.normal(0, [0.3, 0.2], labels.shape)
    unknown = 0.2 * (labels + rng.normal(0, [0.6, 0.1], labels.shape)) + 0.3  # small, so are the errors
    found = generalisation_error((known, labels), (unknown, labels))
    worse = known + rng.normal(0, found, labels.shape)
    assert pcc(worse[:, 0], labels[:, 0]) == pytest.approx(pcc(unknown[:, 0], labels[:, 0]), abs=0.01)
    assert found[1] == 0.0  # unknown people are read better: nothing is added


def test_generalisation_error_has_a_bound() -> None:
    labels = np.random.default_rng(0).normal(0, 1, (20000, 2))
    against = generalisation_error((labels, labels), (-labels, labels))
    assert against == pytest.approx((99**0.5, 99**0.5), rel=0.02)


def test_readings_of_faces_are_on_the_scale_of_the_proxies() -> None:
    torch.manual_seed(0)
    heads = FaceHeads(4).eval()
    with torch.no_grad():
        heads.proxy_scale *= 2.0
    features = torch.randn(6, 2, 4)
    with torch.inference_mode():
        expected = 2 * heads.affect(features[:, 0]).numpy()
    affect = np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2)
    predicted, known = face_readings(heads, FaceFeatures(features.numpy(), features.numpy(), affect))
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)
    np.testing.assert_array_equal(known, affect)


def test_readings_of_pairs_are_over_the_ticks_with_a_face() -> None:
    torch.manual_seed(0)
    heads = FaceHeads(4).eval()
    features = torch.randn(5, 4)
    seen = np.array([True, False, True, True, False])
    with torch.inference_mode():
        expected = heads.as_proxy(heads.affect(features[seen])).mean(0).numpy()

    def pair(mask: np.ndarray) -> Pair:
        streams = {"audio": np.zeros((5, 3), np.float32), "visual": features.numpy()}
        return Pair("ann", streams, streams, {"audio": ~mask, "visual": mask}, np.array([0.5, -0.25]))

    never = pair(np.zeros(5, bool))
    predicted, known = pair_readings(heads, {"ann": [pair(seen), never], "bob": [pair(seen)]})
    np.testing.assert_allclose(predicted, [expected, expected], rtol=1e-5)
    np.testing.assert_array_equal(known, [[0.5, -0.25]] * 2)
    assert [part.shape for part in pair_readings(heads, {"ann": [never]})] == [(0, 2), (0, 2)]


def test_a_cached_pool_is_the_one_that_was_read(encoded: Path) -> None:
    settings = read_corpus_recipe(encoded)
    read, cached = read_pools(settings, silent)["test"], cached_pool(settings, "test")
    np.testing.assert_array_equal(read.faces.corrupted, cached.faces.corrupted)
    assert list(read.voices) == list(cached.voices)
    assert cached.face_generalisation_error == (0.0, 0.0)
