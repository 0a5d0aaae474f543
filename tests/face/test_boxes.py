from __future__ import annotations

import numpy as np
import pytest

from avaffect.face.boxes import corrected, overlap, squared, suppress


def _boxes(n, seed=0):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 60, (n, 2))
    return np.concatenate([corner, corner + rng.integers(1, 40, (n, 2))], axis=1)


@pytest.mark.parametrize("of", ["union", "smaller"])
def test_overlap_counts_pixels(of):
    a, b = _boxes(6), _boxes(5, 1)
    result = overlap(a.astype(float), b.astype(float), of=of)
    for i, (p, q) in enumerate((p, q) for p in a for q in b):
        maps = []
        for box in (p, q):
            mask = np.zeros((120, 120), bool)
            mask[box[1] : box[3], box[0] : box[2]] = True
            maps.append(mask)
        shared = (maps[0] & maps[1]).sum()
        whole = (maps[0] | maps[1]).sum() if of == "union" else min(m.sum() for m in maps)
        assert result.ravel()[i] == pytest.approx(shared / whole)


def test_an_empty_box_overlaps_nothing():
    empty = np.array([[5.0, 5, 5, 5], [9, 9, 3, 3]])
    assert (overlap(empty, np.array([[0.0, 0, 10, 10]])) == 0).all()


def test_suppression_is_greedy():
    boxes, scores = _boxes(40).astype(float), np.random.default_rng(2).random(40)
    left, kept = list(np.argsort(-scores)), []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if overlap(boxes[[best]], boxes[[i]])[0, 0] <= 0.3]
    assert suppress(boxes, scores, 0.3).tolist() == kept
    assert len(kept) < 40
    assert suppress(np.empty((0, 4)), np.empty(0), 0.3).tolist() == []


def test_squared_keeps_centres_and_holds_the_box():
    boxes = _boxes(20).astype(float)
    square = squared(boxes)
    np.testing.assert_allclose(square[:, :2] + square[:, 2:], boxes[:, :2] + boxes[:, 2:])
    sides = square[:, 2:] - square[:, :2]
    np.testing.assert_allclose(sides[:, 0], sides[:, 1])
    assert (square[:, :2] <= boxes[:, :2]).all()
    assert (square[:, 2:] >= boxes[:, 2:]).all()


def test_corrected_moves_edges_by_shares_of_the_sides():
    result = corrected(np.array([[10.0, 20, 30, 60]]), np.array([[0.1, -0.1, 0.5, 0.25]]))
    np.testing.assert_allclose(result, [[12, 16, 40, 70]])
