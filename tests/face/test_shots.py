from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from avaffect.face.shots import CutDetector, DissolveDetector, glance


def _cuts():
    detector = CutDetector()
    return lambda image: detector(glance(image))


def test_another_scene_is_a_cut_and_only_its_first_frame():
    cut = _cuts()
    a, b = data.astronaut(), data.coffee()
    assert [cut(i) for i in (a, a, b, b, a)] == [False, False, True, False, True]


def test_light_that_flickers_or_fades_is_none(astronaut):
    cut = _cuts()
    for level in (0, 6, -6, 8, 0):
        assert not cut(np.clip(astronaut.astype(int) + level, 0, 255).astype(np.uint8))
    for level in np.linspace(1, 0, 20):
        assert not cut((astronaut * level).astype(np.uint8))


def test_a_camera_that_pans_makes_none(astronaut):
    cut = _cuts()
    assert not any(cut(astronaut[:, x : x + 300]) for x in range(0, 200, 15))


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 2000, 3), (2160, 3840, 3)])
def test_any_size(shape):
    cut = _cuts()
    assert not cut(np.zeros(shape, np.uint8))
    assert cut(np.full(shape, 255, np.uint8))


@pytest.mark.parametrize("frames", [10, 16, 50, 75])
def test_a_dissolve_is_told_from_a_pan_and_from_a_cut(frames):
    random = np.random.default_rng(0)
    one, two = (cv2.resize(random.integers(0, 256, (12, 16, 3), np.uint8), (640, 360)) for _ in range(2))

    def flagged(pictures, cuts=()):
        detector = DissolveDetector()
        return [k for k, image in enumerate(pictures) if detector(glance(image), k / 25, cut=k in cuts)]

    mixed = [cv2.addWeighted(one, 1 - k / frames, two, k / frames, 0) for k in range(frames)]
    found = flagged([one] * 20 + mixed + [two] * 60)
    assert found
    assert 20 <= found[0] <= found[-1] <= 20 + frames + 6  # a quarter of a second after its end
    assert not flagged([one] * frames + [two] * 60, cuts=(frames,))
    assert not flagged([one] * 100)
    assert not flagged([np.roll(one, 192 * k // frames, axis=1) for k in range(100)])
    sizes = [360 - 180 * k // frames for k in range(frames)]
    assert not flagged([cv2.resize(one[:h, : h * 16 // 9], (640, 360)) for h in sizes])
