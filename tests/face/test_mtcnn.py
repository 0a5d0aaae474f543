from __future__ import annotations

import cv2
import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.face.boxes import overlap
from avaffect.face.detector import KnowingDetector, ProposingDetector
from avaffect.face.mtcnn import MTCNN

# Read off the enlarged picture by eye, to about two pixels: eyes, nose tip, mouth corners.
ASTRONAUT = np.array([[203, 101], [247, 103], [224, 127], [203, 140], [245, 141]])


def _only(found):
    assert len(found) == 1
    return found[0]


def test_finds_the_astronaut(mtcnn, astronaut):
    face = _only(mtcnn.detect(astronaut))
    assert face.score > 0.99
    assert np.abs(face.landmarks - ASTRONAUT).max() < 5
    assert overlap(face.box[None], np.array([[180.0, 65, 268, 170]]))[0, 0] > 0.8
    assert face.box.dtype == face.landmarks.dtype == np.float32


@pytest.mark.parametrize("scale", [0.5, 2.0, 4.0])
def test_scale_of_the_picture_scales_the_answer(mtcnn, astronaut, scale):
    before = _only(mtcnn.detect(astronaut))
    after = _only(mtcnn.detect(cv2.resize(astronaut, None, fx=scale, fy=scale)))
    np.testing.assert_allclose((after.landmarks + 0.5) / scale - 0.5, before.landmarks, atol=3)
    np.testing.assert_allclose(after.box / scale, before.box, atol=10)


def test_a_mirrored_picture_mirrors_the_answer(mtcnn, astronaut):
    before = _only(mtcnn.detect(astronaut)).landmarks
    after = _only(mtcnn.detect(np.ascontiguousarray(astronaut[:, ::-1]))).landmarks
    after[:, 0] = 511 - after[:, 0]
    np.testing.assert_allclose(after[[1, 0, 2, 4, 3]], before, atol=3)


def test_two_faces_of_different_size(mtcnn, astronaut, beside):
    small = cv2.resize(astronaut, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    found = sorted(mtcnn.detect(beside(astronaut, small)), key=lambda f: f.box[0])
    assert len(found) == 2
    np.testing.assert_allclose(found[0].landmarks, ASTRONAUT, atol=6)
    np.testing.assert_allclose(found[1].landmarks, ASTRONAUT * 0.6 + (512, 0), atol=6)


def test_a_face_cut_by_the_border(mtcnn, astronaut):
    face = _only(mtcnn.detect(np.ascontiguousarray(astronaut[75:])))
    assert np.abs(face.landmarks + (0, 75) - ASTRONAUT).max() < 8


def test_no_face(mtcnn, astronaut):
    assert mtcnn.detect(np.ascontiguousarray(astronaut[200:, 300:])) == []
    assert mtcnn.detect(np.zeros((360, 640, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (11, 300, 3), (19, 19, 3), (20, 20, 3)])
def test_tiny_pictures(mtcnn, shape):
    assert mtcnn.detect(np.full(shape, 90, np.uint8)) == []
    assert mtcnn.refine(np.full(shape, 90, np.uint8), np.array([[0, 0, 10, 10]])) == [None]


@pytest.mark.parametrize(
    "image", [np.zeros((50, 50), np.uint8), np.zeros((50, 50, 4), np.uint8), np.zeros((50, 50, 3))]
)
def test_a_picture_of_another_kind_is_refused(mtcnn, image):
    for look in (mtcnn.detect, lambda i: mtcnn.refine(i, np.zeros((1, 4)))):
        with pytest.raises(DataError, match=r"\(height, width, 3\) uint8"):
            look(image)
    with pytest.raises(DataError, match="uint8"):
        mtcnn.landmarks_of_crops(image)


def test_refine_corrects_a_box_that_is_off(mtcnn, astronaut):
    face = _only(mtcnn.detect(astronaut))
    side = face.box[2] - face.box[0]
    rng = np.random.default_rng(0)
    boxes = face.box + rng.uniform(-0.15, 0.15, (20, 4)) * side
    for found in mtcnn.refine(astronaut, boxes):
        assert found is not None
        np.testing.assert_allclose(found.landmarks, face.landmarks, atol=4)


def test_refine_answers_box_by_box(mtcnn, astronaut):
    face = _only(mtcnn.detect(astronaut)).box
    boxes = np.array([face, [350, 300, 450, 400], face, [-900, -900, -800, -800], [9, 9, 9, 9]])
    found = mtcnn.refine(astronaut, boxes)
    assert [f is not None for f in found] == [True, False, True, False, False]
    assert mtcnn.refine(astronaut, np.empty((0, 4))) == []


def test_refine_survives_boxes_without_bounds(mtcnn, astronaut):
    assert len(mtcnn.refine(astronaut, np.array([[-1e12, -1e12, 1e12, 1e12]]))) == 1
    with pytest.raises(DataError, match="not a number"):
        mtcnn.refine(astronaut, np.array([[0, 0, np.nan, 10]]))


def test_landmarks_of_crops(mtcnn, astronaut):
    crops = np.stack([astronaut[60 + d : 160 + d, 174 + d : 274 + d] for d in (-8, 0, 8)])
    crops = np.concatenate([crops, np.full((1, 100, 100, 3), 40, np.uint8)])
    landmarks, score = mtcnn.landmarks_of_crops(crops)
    assert landmarks.shape == (4, 5, 2)
    assert landmarks.dtype == score.dtype == np.float32
    assert (score[:3] > 0.9).all()
    assert score[3] < 0.5
    for k, d in enumerate((-8, 0, 8)):
        np.testing.assert_allclose(landmarks[k] + (174 + d, 60 + d), ASTRONAUT, atol=5)
    one_by_one = np.concatenate([mtcnn.landmarks_of_crops(c[None])[0] for c in crops])
    np.testing.assert_allclose(landmarks, one_by_one, atol=1e-3)
    assert mtcnn.landmarks_of_crops(crops[:0])[0].shape == (0, 5, 2)


def test_min_face_leaves_small_faces_out(astronaut):
    assert MTCNN(min_share=0.5).detect(astronaut) == []
    assert MTCNN(min_face=256).detect(astronaut) == []


def test_min_face_is_the_size_in_the_picture_however_large_the_picture(mtcnn, astronaut):
    picture = np.full((1080, 1920, 3), 128, np.uint8)
    small = cv2.resize(astronaut, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # a face of 27 px
    picture[400 : 400 + small.shape[0], 900 : 900 + small.shape[1]] = small
    assert mtcnn.detect(picture) == []  # well below a sixteenth of the height, 67 px
    face = _only(MTCNN(min_face=20).detect(picture))
    np.testing.assert_allclose(face.landmarks, ASTRONAUT * 0.25 + (900, 400), atol=4)
    assert MTCNN(min_face=35).detect(picture) == []  # the networks find it then too, but it is too small


def test_known_faces_are_left_out_of_a_search(mtcnn, astronaut, beside):
    picture = beside(astronaut, cv2.resize(astronaut, None, fx=0.5, fy=0.5))
    large, small = (face.box for face in sorted(mtcnn.detect(picture), key=lambda face: face.box[0]))
    assert isinstance(mtcnn, KnowingDetector)
    for known, other in ((large, small), (small, large)):
        face = _only(mtcnn.detect_others(picture, known[None]))
        np.testing.assert_allclose(face.box, other, atol=0.01)
    assert mtcnn.detect_others(picture, np.stack([large, small])) == []


def test_a_search_goes_on_from_what_was_proposed(mtcnn, astronaut, beside):
    picture = beside(astronaut, cv2.resize(astronaut, None, fx=0.5, fy=0.5))
    assert isinstance(mtcnn, ProposingDetector)
    nobody, proposed = np.empty((0, 4)), mtcnn.propose(picture)
    expected, found = mtcnn.detect(picture), mtcnn.detect_others(picture, nobody, proposed)
    assert len(found) == 2
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.box, other.box)
    assert mtcnn.detect_others(picture, nobody, proposed[:0]) == []
