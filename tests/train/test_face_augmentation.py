"""Augmentation of pictures: plain crops are untouched, changes are reproducible and of the right kind."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.face_augmentation import (
    STRONG,
    WEAK,
    FaceAugmentation,
    augment,
    crop_face,
    move_mouth,
    occlude,
    random_homography,
    relight,
)

HALVE = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])


@pytest.fixture
def image() -> np.ndarray:
    y, x = np.mgrid[:112, :112]
    return (127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 13)).astype(np.uint8)


def test_plain_frame_is_the_crop(image: np.ndarray) -> None:
    crop = crop_face(image, HALVE, np.random.default_rng(0))
    want = image.reshape(56, 2, 56, 2).mean((1, 3))
    assert crop.shape == (56, 56)
    assert np.abs(crop[1:-1, 1:-1] - want[1:-1, 1:-1]).max() <= 1


@pytest.mark.parametrize("augmentation", [WEAK, FaceAugmentation(), STRONG])
def test_reproducible_and_in_range(image: np.ndarray, augmentation: FaceAugmentation) -> None:
    def draw(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return augment(crop_face(image, HALVE, rng, augmentation=augmentation), rng, augmentation)

    for seed in range(20):
        one = draw(seed)
        assert one.dtype == np.uint8
        assert one.shape == (56, 56)
        np.testing.assert_array_equal(one, draw(seed))
    assert (draw(1) != draw(2)).any()


def test_homographies_mirror_half_of_the_time_and_keeps_the_centre() -> None:
    rng = np.random.default_rng(0)
    still = FaceAugmentation(rotation=0, scale=0, aspect=0, perspective=0, shift=0)
    drawn = np.stack([random_homography(rng, still) for _ in range(400)])
    mirrored = drawn[:, 0, 0] < 0
    assert 0.4 < mirrored.mean() < 0.6
    np.testing.assert_allclose((drawn @ [27.5, 27.5, 1])[:, :2], 27.5)
    np.testing.assert_allclose(drawn[mirrored] @ [0, 0, 1], np.tile([55, 0, 1], (mirrored.sum(), 1)))


def test_strong_is_further_from_the_picture_than_weak(image: np.ndarray) -> None:
    crop = crop_face(image, HALVE, np.random.default_rng(0)).astype(float)

    def distance(augmentation: FaceAugmentation) -> float:
        rng = np.random.default_rng(0)
        return np.mean(
            [np.abs(augment(crop.astype(np.uint8), rng, augmentation) - crop).mean() for _ in range(40)]
        )

    assert distance(STRONG) > 2 * distance(WEAK)


def test_occlusion_covers_2_to_20_percent(image: np.ndarray) -> None:
    for seed in range(50):
        covered = (occlude(image, np.random.default_rng(seed)) != image).mean()
        assert 0.005 < covered < 0.21


def test_light_keeps_the_order_of_grays_when_it_is_even() -> None:
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    out = relight(ramp, np.random.default_rng(3)).astype(int)
    assert np.corrcoef(out.ravel(), ramp.ravel())[0, 1] > 0.8


def test_perspective_makes_one_side_larger() -> None:
    rng = np.random.default_rng(0)
    tilted = FaceAugmentation(rotation=0, scale=0, aspect=0, perspective=0.1, shift=0)
    ratios = []
    for _ in range(200):
        points = random_homography(rng, tilted) @ np.array([[0, 27.5, 55], [27.5] * 3, [1] * 3])
        x = points[0] / points[2]
        ratios.append(np.log((x[2] - x[1]) / (x[1] - x[0])))
        assert x[1] == pytest.approx(27.5)
    assert 0.05 < np.std(ratios) < 0.2


def test_speech_moves_the_mouth_and_not_the_eyes(image: np.ndarray) -> None:
    crop = crop_face(image, HALVE, np.random.default_rng(0))
    moved = np.mean([move_mouth(crop, np.random.default_rng(s)) != crop for s in range(20)], axis=0)
    assert moved[46:, 24:32].mean() > 0.5
    assert moved[:30].mean() < 0.01
