from __future__ import annotations

import hashlib
import io
import urllib.error
import urllib.request
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from avaffect.errors import DataError, ModelError
from avaffect.face import create_detector, yunet

WEIGHTS = b"weights"


@pytest.fixture
def network(monkeypatch):
    """OpenCV's detector and the network, both played: what they were asked, what they answer."""
    played = SimpleNamespace(rows=None, image=None, asked=[], answer=WEIGHTS, made=None)

    class Net:
        def detect(self, image):
            played.image = image
            return 1, played.rows

    def create(*args, **options):
        played.made = args, options
        return Net()

    def urlopen(url, timeout):
        played.asked.append(url)
        if isinstance(played.answer, Exception):
            raise played.answer
        return io.BytesIO(played.answer)

    monkeypatch.setattr(cv2, "FaceDetectorYN", SimpleNamespace(create=create))
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(yunet, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return played


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "avaffect" / yunet.NAME


def test_this_opencv_has_the_detector():
    assert "input_size" in cv2.FaceDetectorYN.create.__doc__


def test_weights_are_fetched_once(network, cache):
    create_detector("yunet")
    assert cache.read_bytes() == WEIGHTS
    assert list(cache.parent.iterdir()) == [cache]
    create_detector("yunet")
    assert network.asked == [yunet.URL]
    assert network.made[0][0] == str(cache)


def test_without_a_network_the_place_is_named(network, cache):
    network.answer = urllib.error.URLError("no route")
    with pytest.raises(ModelError) as error:
        create_detector("yunet")
    message = str(error.value)
    assert all(part in message for part in ("no route", yunet.URL, str(cache), "mtcnn"))
    assert "\n" not in message


def test_a_wrong_answer_is_not_kept(network, cache):
    network.answer = b"<html>log in</html>"
    with pytest.raises(ModelError, match=str(cache)):
        create_detector("yunet")
    assert not cache.exists()


def test_a_wrong_file_is_refused(network, cache, tmp_path):
    path = tmp_path / "mine.onnx"
    with pytest.raises(ModelError, match=r"no YuNet weights at .*mine\.onnx"):
        create_detector("yunet", weights=path)
    path.write_bytes(b"other")
    with pytest.raises(ModelError, match=r"mine\.onnx is not the known"):
        create_detector("yunet", weights=path)
    cache.parent.mkdir()
    cache.write_bytes(b"cut sh")
    with pytest.raises(ModelError, match="remove it"):
        create_detector("yunet")
    assert network.asked == []


def test_weights_opencv_cannot_load(monkeypatch, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(WEIGHTS)
    monkeypatch.setattr(yunet, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    with pytest.raises(ModelError, match=r"cannot load .*mine\.onnx"):
        create_detector("yunet", weights=path)


def _row(x, y, width, height, score):
    points = [(x + 0.3 * width, y), (x + 0.7 * width, y), (x, y), (x, y), (x, y)]
    return [x, y, width, height, *np.ravel(points), score]


def test_the_answer_is_in_the_picture_s_pixels(network, cache):
    # A 1280x320 picture is halved into the upper 160 rows of the 640x640 input.
    network.rows = np.array([_row(5, 6, 7, 8, 0.75), _row(100, 50, 40, 60, 0.9)], np.float32)
    image = np.zeros((320, 1280, 3), np.uint8)
    image[..., 0] = 200  # red
    best, other = create_detector("yunet").detect(image)
    np.testing.assert_allclose(best.box, [200, 100, 280, 220])
    np.testing.assert_allclose(best.landmarks[:2], [[224.5, 100.5], [256.5, 100.5]])
    assert best.score == pytest.approx(0.9)
    assert other.score == pytest.approx(0.75)
    assert network.image.shape == (640, 640, 3)
    assert network.image[80, 300].tolist() == [0, 0, 200]  # OpenCV's order: blue, green, red
    assert (network.image[160:] == 0).all()


def test_refine_takes_the_overlapping_face(network, cache):
    detector = create_detector("yunet")
    image = np.zeros((640, 640, 3), np.uint8)
    network.rows = np.array([_row(100, 50, 40, 60, 0.9)], np.float32)
    found = detector.refine(image, np.array([[105, 50, 140, 110], [300, 300, 340, 340]]))
    assert found[0] is not None
    assert found[1] is None
    network.rows = None
    assert detector.refine(image, np.array([[105, 50, 140, 110]])) == [None]
    assert detector.refine(image, np.empty((0, 4))) == []
    assert detector.detect(image) == []
    with pytest.raises(DataError):
        detector.detect(image[..., 0])


def test_min_face_leaves_small_faces_out_but_follows_those_that_are_known(network, cache):
    network.rows = np.array([_row(5, 6, 7, 8, 0.75), _row(100, 50, 40, 60, 0.9)], np.float32)
    image = np.zeros((640, 640, 3), np.uint8)
    detector = create_detector("yunet", min_face=20)
    (large,) = detector.detect(image)
    np.testing.assert_allclose(large.box, [100, 50, 140, 110])
    (small,) = detector.refine(image, np.array([[5, 6, 12, 14]]))
    np.testing.assert_allclose(small.box, [5, 6, 12, 14])
    assert create_detector("yunet", min_face=61).detect(image) == []
