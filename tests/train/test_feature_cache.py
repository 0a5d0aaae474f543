"""The generalisation error of encoders, and the files of a work folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from avaffect.progress import silent
from avaffect.train.face import FaceHeads
from avaffect.train.feature_cache import (
    cached_pool,
    face_errors,
    generalisation_error,
    pair_errors,
    read_pools,
)
from avaffect.train.feature_pool import FaceFeatures, Pair
from avaffect.train.recipe import read_corpus_recipe


def test_generalisation_error_is_what_unknown_people_add() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(0, [0.3, 0.2], (20000, 2))
    unknown = rng.normal(0.1, [0.5, 0.1], (20000, 2))  # a constant offset is no spread
    found = generalisation_error(known, unknown)
    assert found == pytest.approx((0.4, 0.0), abs=0.01)
    assert found[1] == 0.0  # never negative


def test_errors_of_faces_are_on_the_scale_of_the_proxies() -> None:
    torch.manual_seed(0)
    heads = FaceHeads(4).eval()
    with torch.no_grad():
        heads.proxy_scale *= 2.0
    features = torch.randn(6, 2, 4)
    with torch.inference_mode():
        predicted = 2 * heads.affect(features[:, 0]).numpy()
    pool = FaceFeatures(features.numpy(), features.numpy(), predicted - 0.5)
    np.testing.assert_allclose(face_errors(heads, pool), 0.5, rtol=1e-5)


def test_errors_of_pairs_are_over_the_ticks_with_a_face() -> None:
    torch.manual_seed(0)
    heads = FaceHeads(4).eval()
    features = torch.randn(5, 4)
    seen = np.array([True, False, True, True, False])
    with torch.inference_mode():
        predicted = heads.as_proxy(heads.affect(features[seen])).mean(0).numpy()

    def pair(mask: np.ndarray) -> Pair:
        streams = {"audio": np.zeros((5, 3), np.float32), "visual": features.numpy()}
        return Pair("ann", streams, streams, {"audio": ~mask, "visual": mask}, predicted + 0.25)

    never = pair(np.zeros(5, bool))
    np.testing.assert_allclose(
        pair_errors(heads, {"ann": [pair(seen), never], "bob": [pair(seen)]}), -0.25, rtol=1e-4
    )
    assert pair_errors(heads, {"ann": [never]}).shape == (0, 2)


def test_a_cached_pool_is_the_one_that_was_read(encoded: Path) -> None:
    settings = read_corpus_recipe(encoded)
    read, cached = read_pools(settings, silent)["test"], cached_pool(settings, "test")
    np.testing.assert_array_equal(read.faces.corrupted, cached.faces.corrupted)
    assert list(read.voices) == list(cached.voices)
    assert cached.face_generalisation_error == (0.0, 0.0)
