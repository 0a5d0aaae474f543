"""Find faces in pictures, follow them over time, and turn each upright to one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..arguments import checks_types
from ..registry import Registry
from .align import align, align_matrix
from .detector import Detection, FaceDetector, check_image
from .track import Face, FaceTracker

__all__ = [
    "Detection",
    "Face",
    "FaceDetector",
    "FaceTracker",
    "align",
    "align_matrix",
    "check_image",
    "create_detector",
    "list_detectors",
    "register",
]

_Made = TypeVar("_Made", bound=Callable[..., FaceDetector])

DETECTORS: Registry[FaceDetector] = Registry(
    "face detector",
    "avaffect.detectors",
    {"mtcnn": "avaffect.face.mtcnn:MTCNN", "yunet": "avaffect.face.yunet:YuNet"},
)


@checks_types
def register(name: str) -> Callable[[_Made], _Made]:
    """Decorator: make a face detector's class known by name to `create_detector`.

    Raises
    ------
    ModelError
        The name is taken.
    """
    return DETECTORS.register(name)


def list_detectors() -> list[str]:
    """Names that `create_detector` takes, sorted.

    >>> list_detectors()
    ['mtcnn', 'yunet']
    """
    return DETECTORS.names()


@checks_types
def create_detector(name: str = "mtcnn", **options: Any) -> FaceDetector:
    """Build a face detector by name.

    Parameters
    ----------
    name : str
        One of `list_detectors()`: "mtcnn" (its weights come with the installation), "yunet" (OpenCV; its
        weights are downloaded once) or that of a plug-in.
    **options
        Keyword options of the detector's class.

    Raises
    ------
    ModelError
        Unknown name or option (the nearest is named), or weights that cannot be had.

    Examples
    --------
    >>> create_detector("mtcnn", min_face=30).min_face
    30
    """
    return DETECTORS.create(name, **options)
