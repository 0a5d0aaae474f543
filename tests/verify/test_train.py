"""Trials, calibration, and training on made-up people."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.errors import DataError
from avaffect.verify import Fit, Trials, calibrate, create_network, eer, embed, fit, similarities
from avaffect.verify.train import network_similarity

from .made import recordings

SMALL = {"dims": {"visual": 8, "audio": 8}, "embedding": 8, "hidden": 8, "dropout": 0.1}


def test_all_pairs_once() -> None:
    trials = Trials.all_pairs(np.array([0, 0, 1, 2]), group=np.array([0, 0, 0, 1]))
    assert list(zip(trials.first, trials.second, strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert trials.target.tolist() == [True, False, False]
    assert trials.people.tolist() == [[0, 0], [0, 1], [0, 1]]


def test_similarities_by_hand() -> None:
    made = recordings(2, 2, noise=0.3)
    made.has_face[0, 3:] = False
    made.has_voice[3] = False
    trials = Trials.all_pairs(made.people)
    got = similarities(made, trials)
    for k, (a, b) in enumerate(zip(trials.first, trials.second, strict=True)):
        faces = [made.faces[i][made.has_face[i]].mean(axis=0) for i in (a, b)]
        assert got["face"][k] == pytest.approx(-np.linalg.norm(faces[0] - faces[1]), abs=1e-6)
        if 3 in (a, b):
            assert np.isnan(got["voice"][k])
            continue
        x, y = (made.voices[i].mean(axis=0) for i in (a, b))
        assert got["voice"][k] == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y), abs=1e-6)


def test_calibration_finds_the_log_odds() -> None:
    random = np.random.default_rng(0)
    target = random.random(40_000) < 0.1  # the share of targets must not matter
    similarity = random.normal(size=len(target)) + 2 * target
    got = calibrate([similarity], target, penalty=0)
    # Two normal densities of variance 1 at 2 and 0: log-odds 2 x - 2.
    assert got.weights[0] == pytest.approx(2, abs=0.1)
    assert got.bias == pytest.approx(-2, abs=0.1)
    assert got(1.0) == pytest.approx(got.weights[0] + got.bias)


def test_calibration_stays_finite_and_leaves_out_what_is_missing() -> None:
    target = np.array([True] * 5 + [False] * 5)
    parted = np.where(target, 1.0, 0.0) + 0.01 * np.arange(10)
    got = calibrate([parted, np.append(np.nan, np.arange(9.0))], target)
    assert np.isfinite([*got.weights, got.bias]).all()
    with pytest.raises(DataError, match="one kind is missing"):
        calibrate([parted], np.ones(10, bool))
    with pytest.raises(DataError, match="1 similarities for 2 weights"):
        got(0.5)


@pytest.mark.parametrize("kind", ["rjca", "dca"])
def test_training_tells_new_recordings_apart(kind: str) -> None:
    torch.manual_seed(0)
    network = create_network({"kind": kind, **SMALL})
    known, new = recordings(4, 8, seed=1), recordings(4, 4, seed=2)
    trials = Trials.all_pairs(new.people)
    before = eer(network_similarity(network, new, trials), trials.target)
    losses = fit(network, known, Fit(epochs=8, batch=16, rate=5e-3))
    assert losses[-1] < 0.5 * losses[0]
    after = eer(network_similarity(network, new, trials), trials.target)
    assert after < min(before, 0.1)


def test_training_and_embedding_are_repeatable() -> None:
    made = recordings(3, 3)
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        network = create_network({"kind": "rjca", **SMALL})
        fit(network, made, Fit(epochs=1, batch=9))
        runs.append(embed(network, made))
    assert np.array_equal(*runs)
    assert np.allclose(np.linalg.norm(runs[0], axis=1), 1, atol=1e-5)


def test_recording_without_a_face_is_embedded_by_its_voice() -> None:
    torch.manual_seed(0)
    network = create_network({"kind": "rjca", **SMALL})
    made = recordings(2, 1)
    made.has_face[0] = False
    first = embed(network, made)
    made.faces[0] = np.nan
    assert np.array_equal(embed(network, made), first)
    assert np.isfinite(first).all()
