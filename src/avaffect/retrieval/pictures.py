"""Pictures of people in two modalities: where they lie, whom they show, which camera took them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ..errors import DataError

HEIGHT, WIDTH = 288, 144
MEAN = (0.485, 0.456, 0.406)  # of ImageNet, red, green, blue in 0..1
DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Picture:
    """One picture of a corpus.

    Attributes
    ----------
    path : Path
    identity : int
    camera : int
        From 1; 0 where the corpus does not tell.
    """

    path: Path
    identity: int
    camera: int = 0


def identities(pictures: Iterable[Picture]) -> np.ndarray:
    """(n,) int64."""
    return np.array([picture.identity for picture in pictures], np.int64)


def cameras(pictures: Iterable[Picture]) -> np.ndarray:
    """(n,) int64."""
    return np.array([picture.camera for picture in pictures], np.int64)


def read(picture: Picture, *, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """The picture at one size, (height, width, 3) uint8 RGB; infrared has three equal channels.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    found = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if found is None:
        raise DataError(f"{picture.path}: not readable as a picture; copy it from the corpus again")
    small = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


def standardise(images: np.ndarray) -> Tensor:
    """(n, h, w, 3) uint8 RGB to (n, 3, h, w) float32, by the mean and deviation of ImageNet."""
    values = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    return (values - values.new_tensor(MEAN)[:, None, None]) / values.new_tensor(DEVIATION)[:, None, None]


def augment(images: np.ndarray, random: np.random.Generator, *, pad: int = 10) -> np.ndarray:
    """Cut at random out of the picture padded with black, and mirror half of them; (n, h, w, 3) uint8."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    made = np.empty_like(images)
    drawn = random.integers(0, [2 * pad + 1, 2 * pad + 1, 2], (len(images), 3))
    for i, (top, left, mirror) in enumerate(drawn):
        cut = padded[i, top : top + height, left : left + width]
        made[i] = cut[:, ::-1] if mirror else cut
    return made


def balanced_batches(
    visible: np.ndarray,
    infrared: np.ndarray,
    random: np.random.Generator,
    *,
    people: int = 8,
    pictures: int = 4,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of ``people`` identities with ``pictures`` of each modality, for one epoch.

    The identities of a batch differ; pictures are drawn with replacement, as published. An epoch has as many
    batches as the larger modality fills.

    Parameters
    ----------
    visible, infrared : (n,), (m,) np.ndarray of int
        Identities of the pictures of each modality.

    Yields
    ------
    (people * pictures,), (people * pictures,) np.ndarray of int
        Positions among the visible and the infrared pictures; the identities are in the same order.

    Raises
    ------
    DataError
        If fewer identities than ``people`` are in both modalities.
    """
    both = np.intersect1d(visible, infrared)
    if len(both) < people:
        raise DataError(f"{len(both)} identities are in both modalities; a batch needs {people}")
    of_visible = {identity: np.flatnonzero(visible == identity) for identity in both}
    of_infrared = {identity: np.flatnonzero(infrared == identity) for identity in both}
    for _ in range(max(max(len(visible), len(infrared)) // (people * pictures), 1)):
        drawn = random.choice(both, people, replace=False)
        yield (
            np.concatenate([random.choice(of_visible[each], pictures) for each in drawn]),
            np.concatenate([random.choice(of_infrared[each], pictures) for each in drawn]),
        )
