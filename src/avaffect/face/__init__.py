"""Find faces in pictures, follow them over time, and turn each upright to one size."""

from .align import align, align_matrix
from .detector import Detection, FaceDetector, create_detector
from .track import Face, FaceTracker

__all__ = [
    "Detection",
    "Face",
    "FaceDetector",
    "FaceTracker",
    "align",
    "align_matrix",
    "create_detector",
]
