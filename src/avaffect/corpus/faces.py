"""Face images with labels: the votes of FERPlus and the ratings of DiffusionFER.

FERPlus (Barsoum et al. 2016, "Training deep networks for facial expression recognition with crowd-sourced
label distribution") has ten raters' votes over emotions for the 48x48 gray images of FER2013. Valence and
arousal are computed from the votes and are proxies (see `avaffect.corpus.emotions`). DiffusionFER has 64x64
synthetic faces with rated valence and arousal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..face.align import align_matrix
from ..npz import Expected, read_npz
from .base import need_training_file
from .emotions import coordinates
from .splits import SPLITS

EMOTIONS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
)  # fmt: skip


_FERPLUS = {
    "X": Expected("u", ("faces", None, None)),
    "ferplus_votes": Expected("iuf", ("faces", None)),
    "ferplus_names": Expected("U", ("names",)),
    "split": Expected("iuf", ("faces",)),
    "leak_dup": Expected("b", ("faces",)),
}
_DIFFUSIONFER = {
    "X": Expected("u", ("faces", None, None, 3)),
    "va": Expected("f", ("faces", 2)),
    "is_test": Expected("b", ("faces",)),
}


@dataclass(frozen=True)
class FaceSet:
    """Gray face images of one corpus with their labels; missing labels are NaN.

    Attributes
    ----------
    images : (n, h, w) uint8 numpy.ndarray
    emotions : (n, 8) float32 numpy.ndarray
        Share of the votes for each emotion of `EMOTIONS`; NaN without votes.
    valence_arousal : (n, 2) float32 numpy.ndarray
        In [-1, 1]: rated, or a proxy.
    rated : (n,) bool numpy.ndarray
        True where valence and arousal were rated, False where they are proxies.
    split : (n,) int8 numpy.ndarray
        Index into `SPLITS`.
    agreed : (n,) bool numpy.ndarray
        True where more than half of the raters chose the same emotion.
    """

    images: NDArray[np.uint8]
    emotions: NDArray[np.float32]
    valence_arousal: NDArray[np.float32]
    rated: NDArray[np.bool_]
    split: NDArray[np.int8]
    agreed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> FaceSet:
        """The items of a mask or an index."""
        return FaceSet(
            self.images[chosen],
            self.emotions[chosen],
            self.valence_arousal[chosen],
            self.rated[chosen],
            self.split[chosen],
            self.agreed[chosen],
        )

    def part(self, split: str) -> FaceSet:
        """The items of one split of `SPLITS`."""
        return self.take(self.split == SPLITS.index(split))


def expected_valence_arousal(emotions: NDArray[np.floating]) -> NDArray[np.float32]:
    """Mean of the emotions' valence and arousal, weighted by their shares: (n, 8) to (n, 2), in [-1, 1].

    >>> expected_valence_arousal(np.eye(8)[:1]).tolist()
    [[0.0, 0.0]]
    """
    table = np.array([coordinates(name) for name in EMOTIONS])
    return (np.asarray(emotions, np.float64) @ table).astype(np.float32)


def ferplus(path: Path) -> FaceSet:
    """FER2013 images with their FERPlus votes.

    An emotion with a single vote gets none: it counts as a mistake, as with the votes' authors. Images whose
    most frequent vote is "unknown" or "not a face" are left out, and so are validation and test images that
    are in the training set too.

    Parameters
    ----------
    path : Path
        npz of `X` (n, 48, 48) uint8, `ferplus_votes` (n, 10), `ferplus_names` (10,), `split` (n,) and
        `leak_dup` (n,).

    Raises
    ------
    DataError
        If the file is missing or has other contents.
    """
    data = read_npz(need_training_file(path), _FERPLUS)
    names = [str(name) for name in data["ferplus_names"]]
    if set(EMOTIONS) - set(names):
        raise DataError(f"{path}: ferplus_names are {names}; expected at least {list(EMOTIONS)}")
    if data["ferplus_votes"].shape[1] != len(names):
        raise DataError(f"{path}: {data['ferplus_votes'].shape[1]} columns of votes for {len(names)} names")
    raw = data["ferplus_votes"].astype(np.float32)
    votes = np.where(raw <= 1, 0, raw)
    top = votes.argmax(axis=1)
    is_emotion = np.isin(top, [names.index(name) for name in EMOTIONS]) & (votes.max(axis=1) > 0)
    split = data["split"].astype(np.int8)
    keep = is_emotion & ~(data["leak_dup"] & (split != 0))
    emotions = votes[:, [names.index(name) for name in EMOTIONS]]
    agreed = emotions.max(axis=1) > 0.5 * raw.sum(axis=1)
    emotions = emotions / emotions.sum(axis=1, keepdims=True).clip(1)
    return FaceSet(
        images=data["X"],
        emotions=emotions,
        valence_arousal=expected_valence_arousal(emotions),
        rated=np.zeros(len(split), bool),
        split=split,
        agreed=agreed,
    ).take(keep)


def diffusionfer(path: Path, *, val_every: int = 10) -> FaceSet:
    """Synthetic faces with rated valence and arousal.

    Parameters
    ----------
    path : Path
        npz of `X` (n, h, w, 3) uint8 RGB, `va` (n, 2) in [-1, 1] and `is_test` (n,).
    val_every : int
        One in so many images outside the test split is for validation.

    Raises
    ------
    DataError
        If the file is missing or has other contents.
    """
    data = read_npz(need_training_file(path), _DIFFUSIONFER)
    if not (np.abs(data["va"]) <= 1).all():
        raise DataError(f"{path}: va: values outside of [-1, 1], or no numbers; expected valence and arousal")
    test = data["is_test"].astype(bool)
    split = np.where(test, 2, 0).astype(np.int8)
    split[np.flatnonzero(~test)[::val_every]] = 1
    gray = np.rint(data["X"].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))
    return FaceSet(
        images=gray.astype(np.uint8),
        emotions=np.full((len(test), len(EMOTIONS)), np.nan, np.float32),
        valence_arousal=data["va"].astype(np.float32),
        rated=np.ones(len(test), bool),
        split=split,
        agreed=np.zeros(len(test), bool),
    )


def framings(
    images: NDArray[np.uint8],
    landmarks_of: Callable[[NDArray[np.uint8]], tuple[NDArray, NDArray]],
    *,
    least_score: float = 0.5,
) -> NDArray[np.float64]:
    """Crop matrices: where the face aligner used in prediction would crop each picture.

    Parameters
    ----------
    images : (n, h, w) uint8
        One face each, filling the picture.
    landmarks_of : callable
        (n, h, w, 3) uint8 to landmarks (n, 5, 2) in pixels and score (n,), as `MTCNN.landmarks_of_crops`.
    least_score : float
        Landmarks are not used if their score is lower, or if they give less than 0.7 or more than 1.5 times
        the usual size, or a rotation of over 45 degrees. Such a picture is cropped upright, at the median
        place and size of the set.

    Returns
    -------
    (n, 2, 3) float64
        Matrices from pixels of the picture to pixels of the crop at half size, 56x56.

    Raises
    ------
    DataError
        If no picture has usable landmarks.
    """
    landmarks, scores = landmarks_of(np.repeat(images[..., None], 3, axis=3))
    matrices = np.stack([align_matrix(points) for points in landmarks])
    # Pixel i of the crop at half size covers pixels 2i and 2i + 1: its centre lies at 2i + 0.5.
    matrices[:, :, 2] -= 0.5
    matrices /= 2
    scale = np.hypot(matrices[:, 0, 0], matrices[:, 1, 0])
    turn = np.abs(np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])))
    good = (scores >= least_score) & (turn <= 45)
    if not good.any():
        raise DataError("no face was found in any picture; expected one face filling each")
    usual = np.median(scale[good])
    good &= (scale > 0.7 * usual) & (scale < 1.5 * usual)
    centre = np.array([images.shape[2] - 1, images.shape[1] - 1]) / 2
    places = matrices[good, :, :2] @ centre + matrices[good, :, 2]
    upright = np.eye(2) * usual
    matrices[~good, :, :2] = upright
    matrices[~good, :, 2] = np.median(places, axis=0) - upright @ centre
    return matrices
