from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from avaffect.face.shots import CutDetector


def test_another_scene_is_a_cut_and_only_its_first_frame():
    cut = CutDetector()
    a, b = data.astronaut(), data.coffee()
    assert [cut(i) for i in (a, a, b, b, a)] == [False, False, True, False, True]


def test_light_that_flickers_or_fades_is_none(astronaut):
    cut = CutDetector()
    for level in (0, 6, -6, 8, 0):
        assert not cut(np.clip(astronaut.astype(int) + level, 0, 255).astype(np.uint8))
    for level in np.linspace(1, 0, 20):
        assert not cut((astronaut * level).astype(np.uint8))


def test_a_camera_that_pans_makes_none(astronaut):
    cut = CutDetector()
    assert not any(cut(astronaut[:, x : x + 300]) for x in range(0, 200, 15))


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 2000, 3), (2160, 3840, 3)])
def test_any_size(shape):
    cut = CutDetector()
    assert not cut(np.zeros(shape, np.uint8))
    assert cut(np.full(shape, 255, np.uint8))
