"""A detector loaded once, a real face, and a small stage on which painted people move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from skimage import data

from avaffect.face.align import SIZE, TEMPLATE
from avaffect.face.boxes import overlap
from avaffect.face.detector import Detection
from avaffect.face.mtcnn import MTCNN


@pytest.fixture(scope="session")
def mtcnn() -> MTCNN:
    return MTCNN()


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """(512, 512, 3) uint8 RGB, one face."""
    return data.astronaut()


@dataclass
class Shot:
    """One frame of the stage."""

    image: np.ndarray
    pts: float

    @property
    def thumbnail(self) -> np.ndarray:
        return self.image


class Stage:
    """Plays scenes; is also the detector, which sees exactly the people who are on.

    A person is a number: its face is a texture drawn from that number.
    """

    def __init__(self, *, width: int = 320, height: int = 200) -> None:
        self.size = width, height
        self.seen: list[Detection] = []
        self.searches = 0

    def shot(
        self, pts: float, people: dict[int, tuple[float, float]], *, side: int = 50, scene: int = 0
    ) -> Shot:
        """A frame with people's centres at (x, y) px; later ones hide earlier ones."""
        image = _texture(1000 + scene, *self.size, cell=40)
        self.seen = []
        for person, (x, y) in people.items():
            left, top = round(x - side / 2), round(y - side / 2)
            image[top : top + side, left : left + side] = _texture(person, side, side, cell=5)
            box = np.array([left, top, left + side, top + side], np.float32)
            shown = [d for d in self.seen if overlap(d.box[None], box[None])[0, 0] < 0.3]
            landmarks = (TEMPLATE * side / SIZE + (left, top)).astype(np.float32)
            self.seen = [*shown, Detection(box, landmarks, 0.99)]
        return Shot(image, pts)

    def detect(self, image: np.ndarray) -> list[Detection]:
        self.searches += 1
        return list(self.seen)

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        if not self.seen:
            return [None] * len(boxes)
        shared = overlap(np.asarray(boxes), np.stack([d.box for d in self.seen]))
        return [self.seen[int(r.argmax())] if r.max() > 0.3 else None for r in shared]


def _texture(seed: int, width: int, height: int, *, cell: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(2, height // cell), max(2, width // cell), 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def beside() -> Callable[..., np.ndarray]:
    """Puts pictures side by side on gray."""

    def place(*pictures: np.ndarray) -> np.ndarray:
        height = max(p.shape[0] for p in pictures)
        gray = [
            cv2.copyMakeBorder(p, 0, height - p.shape[0], 0, 0, cv2.BORDER_CONSTANT, value=(127, 127, 127))
            for p in pictures
        ]
        return np.concatenate(gray, axis=1)

    return place
