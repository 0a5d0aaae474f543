"""What a face detector takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ..arguments import checks_types
from ..errors import DataError


@dataclass(frozen=True, eq=False)
class Detection:
    """One face in one picture.

    Attributes
    ----------
    box : np.ndarray
        (4,) float32: x1, y1, x2, y2 in pixels; may reach out of the picture.
    landmarks : np.ndarray
        (5, 2) float32 x, y in pixels, pixel centres at whole numbers: the eye on the left of the
        picture, the eye on the right, nose tip, left and right mouth corner.
    score : float
        The detector's own probability, in [0, 1].
    """

    box: np.ndarray
    landmarks: np.ndarray
    score: float


class FaceDetector(Protocol):
    """Finds faces in a picture, or looks again where they were.

    The tracker calls `detect` now and then, and `refine` on the frames in between.
    """

    def detect(self, image: np.ndarray) -> list[Detection]:
        """All faces of an RGB picture (h, w, 3) uint8, best first."""

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        """The face in each of `boxes` (n, 4) px, or None where there is none; cheap."""


@runtime_checkable
class KnowingDetector(FaceDetector, Protocol):
    """A detector that is quicker where some faces of a picture are known already."""

    def detect_others(self, image: np.ndarray, known: np.ndarray) -> list[Detection]:
        """The faces that lie on none of the boxes ``known`` (n, 4) px, best first."""


@runtime_checkable
class ProposingDetector(FaceDetector, Protocol):
    """A detector whose search has a part that can be done before it is known which faces are known."""

    def propose(self, image: np.ndarray) -> np.ndarray:
        """That part, for `detect_others`; it may be called in another thread."""

    def detect_others(
        self, image: np.ndarray, known: np.ndarray, proposed: np.ndarray | None = None
    ) -> list[Detection]:
        """As `KnowingDetector`; with what `propose` gives for the same picture it goes on from there."""


def large_enough(found: list[Detection], min_face: float) -> list[Detection]:
    """Those whose box has a longer side of at least ``min_face`` pixels."""
    return [face for face in found if max(face.box[2:] - face.box[:2]) >= min_face]


@checks_types
def check_image(image: np.ndarray) -> None:
    """Raise `DataError` unless `image` is an RGB picture (h, w, 3) uint8."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise DataError(
            f"a picture of shape {image.shape} and type {image.dtype} was given; "
            "an RGB picture (height, width, 3) uint8 is expected: "
            "make three channels of a gray one with np.repeat(gray[..., None], 3, axis=2)"
        )
