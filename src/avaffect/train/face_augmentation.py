"""Augmentation of face pictures: framing, light, blur, compression, occlusion, as video has them.

All functions take and give one gray picture, (h, w) uint8, and draw from the generator they are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..encoder.face import SIDE

Image = NDArray[Any]  # uint8; the types of OpenCV are looser


@dataclass(frozen=True)
class FaceAugmentation:
    """How often and how strongly pictures are changed. The default is for training the encoder.

    Attributes
    ----------
    rotation : float
        Degrees, standard deviation.
    scale : float
        Relative size, standard deviation.
    aspect : float
        Width against height, relative, standard deviation.
    perspective : float
        How much larger one side is than the other, standard deviation.
    shift : float
        Pixels of 56, standard deviation.
    speech, light, blur, downscale, noise, jpeg, occlusion : float
        Probability of each change: a mouth moved as by speech, other light, and so on.
    strength : float
        Factor on the strength of blur, downscaling, noise and compression.
    """

    rotation: float = 8.0
    scale: float = 0.07
    aspect: float = 0.06
    perspective: float = 0.05
    shift: float = 1.8
    speech: float = 0.25
    light: float = 0.8
    blur: float = 0.2
    downscale: float = 0.2
    noise: float = 0.15
    jpeg: float = 0.2
    occlusion: float = 0.2
    strength: float = 1.0


WEAK = FaceAugmentation(5.0, 0.04, 0.03, 0.03, 1.2, 0.4, 0.5, 0.1, 0.1, 0.1, 0.1, 0.0)
"""For the intact features of the feature pool: changes that an ordinary video has."""

STRONG = FaceAugmentation(15.0, 0.15, 0.12, 0.12, 4.0, 0.4, 1.0, 0.6, 0.7, 0.6, 0.6, 0.7, 2.5)
"""For the corrupted features of the feature pool."""


def crop_face(
    image: Image,
    matrix: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    augmentation: FaceAugmentation | None = None,
) -> Image:
    """Cut the aligned face from a picture, in one interpolation, with errors of the aligner added.

    Parameters
    ----------
    image : (h, w) uint8
    matrix : (2, 3) float
        From pixels of the picture to those of the 56x56 crop.
    rng : np.random.Generator
        Not used without an augmentation.
    augmentation : FaceAugmentation, optional
        None gives the plain crop.

    Returns
    -------
    (56, 56) uint8
    """
    whole = np.vstack([matrix, (0.0, 0.0, 1.0)])
    border, fill = cv2.BORDER_REPLICATE, 0
    if augmentation is not None:
        border = int(rng.choice([cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT, cv2.BORDER_CONSTANT]))
        whole = random_homography(rng, augmentation) @ whole
        fill = int(rng.integers(256))
    return cv2.warpPerspective(image, whole, (SIDE, SIDE), borderMode=border, borderValue=fill)


def random_homography(rng: np.random.Generator, augmentation: FaceAugmentation) -> NDArray[np.float64]:
    """Mirror, rotate, stretch, tilt and shift about the centre of the crop, at random: a (3, 3) homography.

    The perspective makes one side larger than the other, as when the head is turned or raised. The aligner
    cannot undo this, because it uses a similarity transform.
    """
    angle = np.radians(rng.normal(0, augmentation.rotation))
    sizes = np.exp(
        rng.normal(0, augmentation.scale) + rng.normal(0, augmentation.aspect / 2) * np.array([1, -1])
    )
    cos, sin = np.cos(angle), np.sin(angle)
    about = np.eye(3)  # about the centre
    about[:2, :2] = np.array([[cos, -sin], [sin, cos]]) * sizes
    if rng.random() < 0.5:
        about[:2, 0] = -about[:2, 0]
    about[2, :2] = rng.normal(0, augmentation.perspective, 2) / SIDE
    to_centre, from_centre = np.eye(3), np.eye(3)
    to_centre[:2, 2] = -(SIDE - 1) / 2
    from_centre[:2, 2] = (SIDE - 1) / 2 + rng.normal(0, augmentation.shift, 2)
    return from_centre @ about @ to_centre


def augment(image: Image, rng: np.random.Generator, augmentation: FaceAugmentation) -> Image:
    """Change a crop: speech, light, occlusion, optics and compression, each with its probability.

    They come in the order in which a camera meets them.
    """
    draws = rng.random(7)
    if draws[6] < augmentation.speech:
        image = move_mouth(image, rng)
    if draws[0] < augmentation.light:
        image = relight(image, rng)
    if draws[1] < augmentation.occlusion:
        image = occlude(image, rng)
    if draws[2] < augmentation.blur:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2) * augmentation.strength)
    if draws[3] < augmentation.downscale:
        small = max(10, round(SIDE / (1 + rng.uniform(0.3, 1.5) * augmentation.strength)))
        image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if draws[4] < augmentation.noise:
        sigma = rng.uniform(2, 12) * augmentation.strength
        image = _to_pixels(image + rng.normal(0, sigma, image.shape))
    if draws[5] < augmentation.jpeg:
        quality = int(rng.uniform(15, 70) / augmentation.strength)
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
    return image


MOUTH_ROW = 46.0  # of the crop, where the lips meet in the template of alignment


def move_mouth(image: Image, rng: np.random.Generator) -> Image:
    """Move the mouth as speech does: up to 3 pixels more open or closed, and 8 % wider or narrower.

    A warp: the jaw below the lips moves down, the lips are stretched, the nose stays. The label stays too:
    speaking alone must not be read as an expression.
    """
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    middle = (image.shape[1] - 1) / 2
    near = np.exp(-(((x - middle) / 12) ** 2))
    drop = rng.uniform(-1.5, 3.0) * near * np.clip((y - (MOUTH_ROW - 3)) / 6, 0, 1)
    wide = rng.normal(0, 0.04) * (x - middle) * np.exp(-(((y - MOUTH_ROW) / 5) ** 2))
    return cv2.remap(
        image, x + wide.astype(np.float32), y - drop, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def relight(image: Image, rng: np.random.Generator) -> Image:
    """Change gamma, contrast and brightness, and add light from one side."""
    ramp = np.linspace(-1, 1, image.shape[1])
    angle = rng.uniform(0, 2 * np.pi)
    side = np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None]
    level = (image / 255.0) ** np.exp(rng.normal(0, 0.35))
    level = level * (1 + rng.normal(0, 0.3) * side) * rng.uniform(0.6, 1.2) + rng.normal(0, 0.06)
    return _to_pixels(level * 255)


def occlude(image: Image, rng: np.random.Generator) -> Image:
    """Cover a rectangle of 2 to 20 % of the picture with one gray or with noise."""
    area = rng.uniform(0.02, 0.2) * image.size
    ratio = np.exp(rng.normal(0, 0.5))
    height = int(min(np.sqrt(area * ratio), image.shape[0] - 1))
    width = int(min(np.sqrt(area / ratio), image.shape[1] - 1))
    top = rng.integers(image.shape[0] - height)
    left = rng.integers(image.shape[1] - width)
    image = image.copy()
    patch = rng.integers(0, 256, (height, width)) if rng.random() < 0.3 else rng.integers(0, 256)
    image[top : top + height, left : left + width] = patch
    return image


def _to_pixels(image: NDArray[np.floating]) -> Image:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
