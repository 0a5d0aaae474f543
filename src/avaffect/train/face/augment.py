"""What video does to a face, done to training pictures: framing, light, blur, compression, occlusion.

All functions take and give one gray picture, (h, w) uint8, and draw from the generator they are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...encoder.face import SIDE

Image = NDArray[Any]  # uint8; OpenCV says less of what it returns


@dataclass(frozen=True)
class Damage:
    """How often and how strongly pictures are changed; `HARSH` makes the bank of damaged faces."""

    turn: float = 8.0  # degrees, standard deviation
    scale: float = 0.07  # relative, standard deviation
    stretch: float = 0.06  # of width against height, relative, standard deviation
    lean: float = 0.05  # how much larger one side is than the other, standard deviation
    shift: float = 1.8  # pixels of 56, standard deviation
    talk: float = 0.25  # share of pictures
    light: float = 0.8
    blur: float = 0.2
    shrink: float = 0.2
    noise: float = 0.15
    compress: float = 0.2
    occlude: float = 0.2
    strength: float = 1.0  # scales blur, shrinking, noise and compression


MILD = Damage(5.0, 0.04, 0.03, 0.03, 1.2, 0.4, 0.5, 0.1, 0.1, 0.1, 0.1, 0.0)
HARSH = Damage(15.0, 0.15, 0.12, 0.12, 4.0, 0.4, 1.0, 0.6, 0.7, 0.6, 0.6, 0.7, 2.5)


def frame(
    image: Image,
    matrix: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    damage: Damage | None = None,
) -> Image:
    """Cut the aligned face from a picture, in one interpolation, with the aligner's errors on top.

    Parameters
    ----------
    image : (h, w) uint8
    matrix : (2, 3) float
        From pixels of the picture to those of the 56x56 crop.
    damage : Damage, optional
        None gives the plain crop.

    Returns
    -------
    (56, 56) uint8
    """
    border = cv2.BORDER_REPLICATE
    if damage is not None:
        border = int(rng.choice([cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT, cv2.BORDER_CONSTANT]))
    whole = np.vstack([matrix, (0.0, 0.0, 1.0)])
    if damage is not None:
        whole = jitter(rng, damage) @ whole
    fill = 0 if damage is None else int(rng.integers(256))
    return cv2.warpPerspective(image, whole, (SIDE, SIDE), borderMode=border, borderValue=fill)


def jitter(rng: np.random.Generator, damage: Damage) -> NDArray[np.float64]:
    """A random mirror, turn, stretch, lean and shift about the crop's centre: a (3, 3) homography.

    Leaning, one side nearer to the camera than the other, stands for a head that is turned or raised: what
    the aligner's similarity cannot undo.
    """
    angle = np.radians(rng.normal(0, damage.turn))
    sizes = np.exp(rng.normal(0, damage.scale) + rng.normal(0, damage.stretch / 2) * np.array([1, -1]))
    cos, sin = np.cos(angle), np.sin(angle)
    about = np.eye(3)  # about the centre
    about[:2, :2] = np.array([[cos, -sin], [sin, cos]]) * sizes
    if rng.random() < 0.5:
        about[:2, 0] = -about[:2, 0]
    about[2, :2] = rng.normal(0, damage.lean, 2) / SIDE
    there, back = np.eye(3), np.eye(3)
    there[:2, 2] = -(SIDE - 1) / 2
    back[:2, 2] = (SIDE - 1) / 2 + rng.normal(0, damage.shift, 2)
    return back @ about @ there


def spoil(image: Image, rng: np.random.Generator, damage: Damage) -> Image:
    """Talk, light, occlusion, optics and compression, each with its probability, in the order of a camera."""
    draws = rng.random(7)
    if draws[6] < damage.talk:
        image = talk(image, rng)
    if draws[0] < damage.light:
        image = relight(image, rng)
    if draws[1] < damage.occlude:
        image = occlude(image, rng)
    if draws[2] < damage.blur:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2) * damage.strength)
    if draws[3] < damage.shrink:
        small = max(10, round(SIDE / (1 + rng.uniform(0.3, 1.5) * damage.strength)))
        image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if draws[4] < damage.noise:
        sigma = rng.uniform(2, 12) * damage.strength
        image = _clip(image + rng.normal(0, sigma, image.shape))
    if draws[5] < damage.compress:
        quality = int(rng.uniform(15, 70) / damage.strength)
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
    return image


MOUTH = 46.0  # row of the crop at the lips' line, from the template of alignment


def talk(image: Image, rng: np.random.Generator) -> Image:
    """The mouth as speech moves it, up to 3 pixels more open or closed and 8 % wider or narrower.

    A vertical warp: the jaw below the lips' line goes down, the lips are stretched, the nose stays. What is
    said must not read as what is felt, so the label stays.
    """
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    middle = (image.shape[1] - 1) / 2
    near = np.exp(-(((x - middle) / 12) ** 2))
    drop = rng.uniform(-1.5, 3.0) * near * np.clip((y - (MOUTH - 3)) / 6, 0, 1)
    wide = rng.normal(0, 0.04) * (x - middle) * np.exp(-(((y - MOUTH) / 5) ** 2))
    return cv2.remap(
        image, x + wide.astype(np.float32), y - drop, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def relight(image: Image, rng: np.random.Generator) -> Image:
    """Gamma, contrast and brightness, and light from one side."""
    ramp = np.linspace(-1, 1, image.shape[1])
    angle = rng.uniform(0, 2 * np.pi)
    side = np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None]
    level = (image / 255.0) ** np.exp(rng.normal(0, 0.35))
    level = level * (1 + rng.normal(0, 0.3) * side) * rng.uniform(0.6, 1.2) + rng.normal(0, 0.06)
    return _clip(level * 255)


def occlude(image: Image, rng: np.random.Generator) -> Image:
    """A rectangle of 2 to 20 % of the picture, of one gray or of noise."""
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


def _clip(image: NDArray[np.floating]) -> Image:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
