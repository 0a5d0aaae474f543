from __future__ import annotations

import numpy as np

from avaffect.face.align import align
from avaffect.face.appearance import describe


def test_light_hardly_counts_and_the_face_does(mtcnn, astronaut):
    face = mtcnn.detect(astronaut)[0]
    crop = align(astronaut, face.landmarks)
    shade = np.linspace(0.5, 1, 112)[None, :, None]
    crops = np.stack([crop, (crop * 0.6 + 30).astype(np.uint8), (crop * shade).astype(np.uint8)])
    vectors = describe(
        np.concatenate([crops, crop[None, ::-1], crop[None, 30 : 142 - 30].repeat(2, 1)[:, :112]])
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = vectors @ vectors[0]
    assert likeness[1] > 0.99
    assert likeness[2] > 0.9
    assert (likeness[3:] < 0.6).all()


def test_a_crop_of_one_colour_is_like_nothing():
    assert (describe(np.full((2, 112, 112, 3), 80, np.uint8)) == 0).all()
    assert describe(np.empty((0, 112, 112, 3), np.uint8)).shape == (0, 400)
