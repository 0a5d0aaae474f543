"""Face detection by YuNet (Wu, Peng & Yu, 2023, doi:10.1007/s11633-023-1423-y), run by OpenCV.

The 233 kB of weights (MIT licence, OpenCV Zoo) are no part of the installation: they are fetched
once, checked against their known hash and kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import cv2
import numpy as np

from ..errors import ModelError
from .boxes import overlap
from .detector import Detection, check_image, large_enough

NAME = "face_detection_yunet_2023mar.onnx"
URL = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
    "82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/" + NAME
)
SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

# The network is stored with this input; OpenCV 5 accepts no other, so each picture is fitted in.
_SIDE = 640


class YuNet:
    """OpenCV's one-stage detector; the whole picture in one pass of fixed cost.

    Parameters
    ----------
    weights : path, optional
        The ONNX file. By default it is taken from the cache, or fetched into it.
    threshold : float
        Least score of a face.
    min_face : float or None
        The smallest face reported, in pixels (longer side of its box). None: all that the network finds. It
        sees every picture with a longer side of 640 pixels, so this changes no cost.

    Raises
    ------
    ModelError
        When the weights cannot be had, or are not the known file.
    """

    def __init__(
        self,
        *,
        weights: str | Path | None = None,
        threshold: float = 0.7,
        min_face: float | None = None,
    ) -> None:
        self.min_face = min_face
        path = fetched() if weights is None else checked(Path(weights))
        try:
            self._net = cv2.FaceDetectorYN.create(str(path), "", (_SIDE, _SIDE), score_threshold=threshold)
        except cv2.error as error:
            raise ModelError(f"OpenCV {cv2.__version__} cannot load {path}: {error.err}") from error

    def detect(self, image: np.ndarray) -> list[Detection]:
        """All faces of an RGB picture (h, w, 3) uint8, best first."""
        found = self._detect(image)
        return found if self.min_face is None else large_enough(found, self.min_face)

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        """The face that best overlaps each of `boxes` (n, 4) px: one pass, however many boxes."""
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        found = self._detect(image) if len(boxes) else []
        if not found:
            return [None] * len(boxes)
        shared = overlap(boxes, np.stack([f.box for f in found]))
        return [found[i] if row[i] > 0.3 else None for row, i in zip(shared, shared.argmax(1), strict=True)]

    def _detect(self, image: np.ndarray) -> list[Detection]:
        check_image(image)
        height, width = image.shape[:2]
        scale = _SIDE / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        sampling = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        canvas = np.zeros((_SIDE, _SIDE, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=sampling)
        _, rows = self._net.detect(cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        back = np.array([width / size[0], height / size[1]], np.float32)
        found = [_detection(row, back) for row in np.asarray(rows, np.float32)]
        return sorted(found, key=lambda f: -f.score)


def fetched() -> Path:
    """The weights in the user's cache, fetched into it when they are not there yet.

    Raises
    ------
    ModelError
        Without a network, or when what came is not the known file.
    """
    path = _cache() / NAME
    if path.exists():
        return checked(path)
    try:
        with urllib.request.urlopen(URL, timeout=30) as answer:
            data = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise ModelError(
            f"cannot fetch the YuNet weights ({error}): download {URL} elsewhere and put it at "
            f"{path}, or use the detector 'mtcnn', which needs no download"
        ) from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ModelError(
            f"what came from {URL} is not the known file (sha256 {SHA256}): put that file at {path}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=NAME, delete=False) as part:
        part.write(data)
    os.replace(part.name, path)
    return path


def checked(path: Path) -> Path:
    """`path`, if the file there is the known one.

    Raises
    ------
    ModelError
        When it is missing or another file.
    """
    if not path.is_file():
        raise ModelError(f"there are no YuNet weights at {path}: download {URL} to it")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ModelError(f"{path} is not the known {NAME} (sha256 {SHA256}): remove it and download {URL}")
    return path


def _cache() -> Path:
    # An unset or relative value means the default (XDG Base Directory Specification).
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "avaffect"


def _detection(row: np.ndarray, back: np.ndarray) -> Detection:
    """One row of OpenCV's answer (15,): x, y, width, height, five points, score."""
    corner, size = row[:2] * back, row[2:4] * back
    landmarks = row[4:14].reshape(5, 2) * back + (back - 1) / 2
    return Detection(np.concatenate([corner, corner + size]), landmarks, float(row[14]))
