"""Face detection by MTCNN (Zhang et al., 2016, doi:10.1109/LSP.2016.2603342), whole or in part.

The whole cascade finds all faces of a picture. Its last two networks alone follow faces that are
already known, at a small share of the cost. Coordinates: a box edge lies between pixels, a landmark
has pixel centres at whole numbers.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..ahead import alongside
from ..errors import DataError
from ..session import Session, shipped
from .boxes import corrected, overlap, squared, suppress
from .detector import Detection, check_image, large_enough
from .resample import resized

_WINDOW, _STRIDE = 12, 2
_PYRAMID_STEP = 0.709  # about half the area each time, as in the paper
_LEAST = 20.0  # px: smaller faces are looked for only when asked for
_CHUNK = 256
# Overlap with a known face, and share of the smaller box in it, above which a box is no other face.
_SAME, _PART = 0.4, 0.7


class MTCNN:
    """The three-stage face detector, on its published weights.

    Parameters
    ----------
    min_face : float or None
        The smallest face reported by `detect`, in pixels (longer side of its box). It sets the cost: half the
        size costs four times as much in the first stage. None: no limit; the first stage then looks for
        faces from ``min_share`` of the picture on, at least 20 pixels, and finds many of half that size.
    min_share : float
        Share of the picture's shorter side from which faces are looked for, where ``min_face`` is None.
    thresholds : tuple of float
        Least score in each of the three stages, when a face is first found.
    follow : float
        Least score of the last stage in `refine`, where a face is expected: lower, because a face
        that turns away scores less.

    Examples
    --------
    >>> detector = MTCNN()
    >>> detector.detect(np.zeros((90, 160, 3), np.uint8))
    []
    """

    def __init__(
        self,
        *,
        min_face: float | None = None,
        min_share: float = 1 / 16,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8),
        follow: float = 0.5,
    ) -> None:
        self.min_face = min_face
        self.min_share = min_share
        self.thresholds = thresholds
        self.follow = follow
        self._pnet, self._rnet, self._onet = (
            Session(shipped(f"mtcnn/{name}.onnx")) for name in ("pnet", "rnet", "onet")
        )

    def detect(self, image: np.ndarray) -> list[Detection]:
        """All faces of a picture, best first.

        Parameters
        ----------
        image : np.ndarray
            (h, w, 3) uint8 RGB.

        Raises
        ------
        DataError
            When `image` is not that.
        """
        return self.detect_others(image, np.empty((0, 4)))

    def detect_others(
        self, image: np.ndarray, known: np.ndarray, proposed: np.ndarray | None = None
    ) -> list[Detection]:
        """The faces of a picture that are not known yet, best first.

        Half of what the first network proposes lies on a face; on known ones the others are not asked.

        Parameters
        ----------
        image : np.ndarray
            (h, w, 3) uint8 RGB.
        known : np.ndarray
            (n, 4) px, boxes of faces. What lies on one of them or mostly in it is left out.
        proposed : np.ndarray, optional
            What `propose` gives for this picture; by default it is asked here, on two cores.

        Raises
        ------
        DataError
            When `image` is not that.
        """
        check_image(image)
        boxes = self._proposed(image, 2) if proposed is None else proposed
        boxes = squared(boxes[_elsewhere(boxes, known)])
        if not len(boxes):
            return []
        boxes, score = self._run_rnet(image, boxes)
        keep = np.flatnonzero(score > self.thresholds[1])
        keep = keep[suppress(boxes[keep], score[keep], 0.7)]
        if not len(keep):
            return []
        boxes, score, landmarks = self._run_onet(image, squared(boxes[keep]))
        keep = np.flatnonzero(score > self.thresholds[2])
        keep = keep[suppress(boxes[keep], score[keep], _PART, of="smaller")]
        keep = keep[_elsewhere(boxes[keep], known)]
        found = [_detection(boxes[i], landmarks[i], score[i]) for i in keep]
        return found if self.min_face is None else large_enough(found, self.min_face)

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        """The face in or near each given box: the second and third network only.

        Parameters
        ----------
        image : np.ndarray
            (h, w, 3) uint8 RGB.
        boxes : np.ndarray
            (n, 4) px, each about where a face is (within a quarter of its side).

        Returns
        -------
        list
            One entry per box: its face, or None where the third network sees none.
        """
        check_image(image)
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        if not np.isfinite(boxes).all():
            raise DataError("a box to look into has a coordinate that is not a number")
        if not len(boxes):
            return []
        size = np.array([*image.shape[1::-1], *image.shape[1::-1]])
        boxes = np.minimum(np.maximum(boxes, -size), 2 * size)
        boxes, _ = self._run_rnet(image, squared(boxes))
        boxes, score, landmarks = self._run_onet(image, squared(boxes))
        return [
            _detection(box, points, value) if value > self.follow else None
            for box, points, value in zip(boxes, landmarks, score, strict=True)
        ]

    def landmarks_of_crops(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks of many pictures of one size, each of which a single face fills.

        Parameters
        ----------
        crops : np.ndarray
            (n, h, w, 3) uint8 RGB.

        Returns
        -------
        landmarks : np.ndarray
            (n, 5, 2) float32 px in the crop.
        score : np.ndarray
            (n,) float32, the third network's probability that this is a face.
        """
        if crops.ndim != 4 or crops.shape[3] != 3 or crops.dtype != np.uint8:
            raise DataError(
                f"crops of shape {crops.shape} and type {crops.dtype} were given; "
                "(n, height, width, 3) uint8 is expected"
            )
        height, width = crops.shape[1:3]
        landmarks = np.empty((len(crops), 5, 2), np.float32)
        scores = np.empty(len(crops), np.float32)
        for start in range(0, len(crops), _CHUNK):
            part = slice(start, start + _CHUNK)
            scores[part], _, shares = self._onet(pictures=np.stack([resized(c, 48, 48) for c in crops[part]]))
            landmarks[part] = shares * (width, height) - 0.5
        return landmarks, scores

    def propose(self, image: np.ndarray) -> np.ndarray:
        """First stage: candidate boxes (n, 4) px, for `detect_others`; it may be called in another thread.

        Raises
        ------
        DataError
            When `image` is no (h, w, 3) uint8.
        """
        check_image(image)
        return self._proposed(image, 1)

    def _proposed(self, image: np.ndarray, cores: int) -> np.ndarray:
        """First stage: candidate boxes (n, 4) px over an image pyramid, found on one core or two."""
        height, width = image.shape[:2]
        short = min(height, width)
        smallest = max(_LEAST, self.min_share * short) if self.min_face is None else self.min_face
        scale = _WINDOW / smallest
        levels: list[np.ndarray] = []
        while short * scale >= _WINDOW:
            # Each level is made from the last one: far fewer pixels are read than from the picture.
            image = resized(image, math.ceil(width * scale), math.ceil(height * scale))
            levels.append(image)
            scale *= _PYRAMID_STEP
        if not levels:
            return np.empty((0, 4))
        if cores == 1:
            found = [self._level(level) for level in levels]
        else:  # the first level is as much work as all the others
            with alongside(lambda: self._level(levels[0])) as first:
                others = [self._level(level) for level in levels[1:]]
                found = [first(), *others]
        for boxes, level in zip(found, levels, strict=True):
            boxes[:, :4] *= np.tile(np.array([width, height]) / level.shape[1::-1], 2)
        every = np.concatenate(found)
        return every[suppress(every[:, :4], every[:, 4], 0.7), :4]

    def _level(self, level: np.ndarray) -> np.ndarray:
        """First stage on one level of the pyramid: (n, 5) boxes in its pixels, and scores."""
        score, shares = self._pnet(pictures=level[None])
        return _windows(score[0], shares[0], self.thresholds[0])

    def _run_rnet(self, image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Second stage on square boxes (n, 4): corrected boxes, scores (n,)."""
        boxes = _whole(boxes, 24)
        score, shares = self._rnet(pictures=np.stack([_crop(image, box, 24) for box in boxes]))
        return corrected(boxes, shares), score

    def _run_onet(self, image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Third stage on square boxes (n, 4): corrected boxes, scores (n,), landmarks (n, 5, 2)."""
        boxes = _whole(boxes, 48)
        score, shares, points = self._onet(pictures=np.stack([_crop(image, box, 48) for box in boxes]))
        corner, sides = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
        landmarks = corner + points * sides - 0.5
        return corrected(boxes, shares), score, landmarks


def _elsewhere(boxes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,) bool: which boxes (n, 4) lie on none of the known faces (m, 4)."""
    same, part = overlap(boxes, known) > _SAME, overlap(boxes, known, of="smaller") > _PART
    return np.asarray(~(same | part).any(axis=1))


def _windows(score: np.ndarray, shares: np.ndarray, threshold: float) -> np.ndarray:
    """Score map (h', w') and corrections (4, h', w') -> (n, 5) boxes and scores of one level."""
    row, column = np.nonzero(score > threshold)
    corner = np.stack([column, row], axis=1) * float(_STRIDE)
    boxes = corrected(np.concatenate([corner, corner + _WINDOW], axis=1), shares[:, row, column].T)
    scores = score[row, column]
    keep = suppress(boxes, scores, 0.5)
    return np.concatenate([boxes[keep], scores[keep, None]], axis=1)


def _whole(boxes: np.ndarray, side: int) -> np.ndarray:
    """Square boxes with whole-pixel edges, of two pixels or more, that can be halved down to ``side``."""
    corner = np.round(boxes[:, :2]).astype(int)
    long = boxes[:, 2:3] - boxes[:, :1]
    unit = 2 ** np.maximum(np.floor(np.log2(np.maximum(long, 1) / side)), 0)
    side = np.maximum((np.round(long / unit) * unit).astype(int), 2)
    return np.concatenate([corner, corner + side], axis=1)


def _crop(image: np.ndarray, box: np.ndarray, side: int) -> np.ndarray:
    """The picture in a whole-pixel box, gray where the box reaches out, as (side, side, 3)."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box.tolist()
    left, top = min(max(-x1, 0), x2 - x1), min(max(-y1, 0), y2 - y1)
    right, bottom = min(max(x2 - width, 0), x2 - x1), min(max(y2 - height, 0), y2 - y1)
    if left + right >= x2 - x1 or top + bottom >= y2 - y1:
        return np.full((side, side, 3), 127, np.uint8)
    crop = image[y1 + top : y2 - bottom, x1 + left : x2 - right]
    if left or top or right or bottom:
        gray = (127, 127, 127)
        crop = cv2.copyMakeBorder(crop, top, bottom, left, right, cv2.BORDER_CONSTANT, value=gray)
    return resized(crop, side, side)


def _detection(box: np.ndarray, landmarks: np.ndarray, score: float) -> Detection:
    return Detection(box.astype(np.float32), landmarks.astype(np.float32), float(score))
