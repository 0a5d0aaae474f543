"""A face detector: none at all, for pictures that are portraits already."""

import numpy as np

from avaffect.face import Detection, check_image
from avaffect.face.align import SIZE, TEMPLATE


class WholePicture:
    """Takes the largest square in the middle of the picture for the one face."""

    def detect(self, image):
        """All faces of an RGB picture (h, w, 3) uint8, best first."""
        check_image(image)
        height, width = image.shape[:2]
        side = min(height, width)
        corner = np.array([(width - side) / 2, (height - side) / 2])
        box = np.concatenate([corner, corner + side]).astype(np.float32)
        landmarks = (TEMPLATE * side / SIZE + corner).astype(np.float32)  # where eyes and mouth usually are
        return [Detection(box, landmarks, 1.0)]

    def refine(self, image, boxes):
        """The face at each of the boxes (n, 4) of the frame before, or None where it is gone."""
        return self.detect(image) * len(boxes)
