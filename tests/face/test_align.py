from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from avaffect.face.align import TEMPLATE, align, align_matrix


def _moved(scale, degrees, shift, noise=0.0, seed=0):
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = TEMPLATE @ turn.T + shift
    return points + np.random.default_rng(seed).normal(0, noise, points.shape)


@pytest.mark.parametrize("seed", range(5))
def test_matrix_is_the_least_squares_similarity(seed):
    rng = np.random.default_rng(seed)
    points = _moved(rng.uniform(0.2, 5), rng.uniform(-180, 180), rng.uniform(-50, 500, 2), 4.0, seed)
    theirs = SimilarityTransform.from_estimate(points, TEMPLATE)
    np.testing.assert_allclose(align_matrix(points), theirs.params[:2], atol=1e-9)


def test_a_mirrored_face_is_not_mirrored_back():
    mirrored = TEMPLATE * (-1, 1) + (200, 0)
    matrix = align_matrix(mirrored)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_coinciding_landmarks_have_no_similarity():
    assert np.isnan(align_matrix(np.ones((5, 2)))).all()


@pytest.mark.parametrize(("scale", "degrees"), [(0.5, 0), (1.0, 25), (2.3, -40), (6.0, 10)])
def test_landmarks_come_to_lie_on_the_template(scale, degrees):
    points = _moved(scale, degrees, (300, 250))
    image = np.zeros((1200, 1200), np.uint8)
    for k in range(5):
        # A soft dot whose centre of mass is the landmark, to a fraction of a pixel.
        y, x = np.mgrid[:1200, :1200]
        distance = (x - points[k, 0]) ** 2 + (y - points[k, 1]) ** 2
        dots = np.where(distance < (8 * scale) ** 2, np.exp(-distance / (2 * (2 * scale) ** 2)), 0)
        crop = align(np.maximum(image, (255 * dots).astype(np.uint8)), points).astype(float)
        rows, columns = np.mgrid[:112, :112]
        centre = np.array([(columns * crop).sum(), (rows * crop).sum()]) / crop.sum()
        np.testing.assert_allclose(centre, TEMPLATE[k], atol=0.15)


def test_a_large_face_is_averaged_not_sampled():
    # Lines one pixel wide, 4 pixels apart: averaged over the crop's pixels they are an even gray.
    image = np.zeros((800, 800, 3), np.uint8)
    image[::4] = 255
    crop = align(image, TEMPLATE * 4 + 100)[20:90, 20:90]
    assert crop.std() < 8
    assert crop.mean() == pytest.approx(255 / 4, abs=3)


def test_beyond_the_border_the_edge_is_repeated():
    image = np.full((60, 60, 3), 200, np.uint8)
    crop = align(image, TEMPLATE - 40)
    assert crop.shape == (112, 112, 3)
    assert crop.dtype == np.uint8
    assert (crop == 200).all()


def test_gray_pictures_align_too():
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8), (9, 9), 0)
    gray = align(image, TEMPLATE + 20)
    colour = align(np.repeat(image[..., None], 3, axis=2), TEMPLATE + 20)
    np.testing.assert_array_equal(gray, colour[..., 0])
