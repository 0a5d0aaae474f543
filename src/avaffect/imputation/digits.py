"""Two kinds of digits for a check of imputation: handwritten ones and printed ones, paired by class.

The handwritten digits are scikit-learn's (8 x 8 pixels, 1,797 images). The printed ones are set in the fonts
that come with matplotlib, turned, shifted and scaled at random (16 x 16 pixels). A pair is of one class and
agrees in nothing else. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from ..progress import Hook, silent
from .mutual import MutualVAE
from .networks import feature_decoder, feature_encoder
from .training import MutualFit, first_rows, train

KINDS = ("handwritten", "printed")
SIZE = 16
SHARES = (0.05, 0.2, 1.0)
"""Shares of the training examples that stay pairs; of the others each has one kind alone."""

TEST = 397
PLAN = MutualFit(rounds=800, batch=32, learning_rate=2e-3)
LATENT, HIDDEN = 16, (128, 128)
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol",
    "STIXGeneralItalic", "cmr10", "cmb10", "cmss10", "cmtt10",
)  # fmt: skip
TEST_FONTS = ("DejaVuSansMono-Oblique", "DejaVuSerif-BoldItalic", "STIXGeneralBolIta")
"""Fonts of the test images, of which none is trained on."""


@dataclass(frozen=True)
class Digits:
    """Pairs of digits.

    Attributes
    ----------
    images : dict of str to (n, pixels) torch.Tensor
        By kind, in [0, 1].
    labels : (n,) np.ndarray of int
    """

    images: dict[str, Tensor]
    labels: NDArray[np.int64]


@lru_cache(maxsize=8)
def digit_pairs(seed: int = 0) -> tuple[Digits, Digits]:
    """Pairs to train on and to test on; the seed draws the split and the printed digits."""
    images, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    parts = (order[TEST:], FONTS), (order[:TEST], TEST_FONTS)
    train, test = (_pairs(images[rows] / 16, labels[rows], fonts, rng) for rows, fonts in parts)
    return train, test


def _pairs(
    images: NDArray, labels: NDArray[np.int64], fonts: Sequence[str], rng: np.random.Generator
) -> Digits:
    printed = np.stack([printed_digit(int(label), str(rng.choice(fonts)), rng) for label in labels])
    found = dict(zip(KINDS, (images, printed.reshape(len(labels), -1)), strict=True))
    return Digits({kind: torch.from_numpy(values).float() for kind, values in found.items()}, labels)


def printed_digit(digit: int, font: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """One printed digit, (16, 16) in [0, 1]: turned by up to 15 degrees, shifted and scaled."""
    large = 4 * SIZE
    path = Path(matplotlib.get_data_path()) / "fonts/ttf" / f"{font}.ttf"
    face = ImageFont.truetype(str(path), round(large * rng.uniform(0.75, 1.0)))
    canvas = Image.new("L", (large, large))
    place = large / 2 + rng.uniform(-4, 4, size=2)
    ImageDraw.Draw(canvas).text((float(place[0]), float(place[1])), str(digit), 255, font=face, anchor="mm")
    turned = canvas.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR)
    return np.asarray(turned.resize((SIZE, SIZE), Image.Resampling.BOX)) / 255.0


def drop_one(count: int, share: float, rng: np.random.Generator) -> dict[str, Tensor]:
    """Which examples have which kind: a share keeps both, the rest has one, either with equal chance."""
    single = torch.from_numpy(rng.permutation(count) >= round(share * count))
    first = torch.from_numpy(rng.random(count) < 0.5)
    return {KINDS[0]: ~(single & ~first), KINDS[1]: ~(single & first)}


def run(
    share: float, seed: int, *, singles: bool = True, plan: MutualFit = PLAN, hook: Hook = silent
) -> dict[str, float]:
    """Train on digits of which a share are pairs, and measure on test digits what is imputed.

    Parameters
    ----------
    share : float
    seed : int
    singles : bool
        Also train on examples of one kind; otherwise they are dropped.
    plan : MutualFit
    hook : callable
        As for `training.train`.

    Returns
    -------
    dict of str to float
        ``handwritten to printed`` and the other way: share of test digits whose imputed image is read as
        the right class by a logistic regression on real images of that kind; ``codes``: accuracy of one on
        the training pairs' latent means, mean over both kinds.
    """
    train_set, test_set = digit_pairs(seed)
    present = drop_one(len(train_set.labels), share, np.random.default_rng(seed))
    data = train_set.images
    if not singles:
        both = torch.stack(list(present.values())).all(0)
        data = {kind: values[both] for kind, values in data.items()}
        present = {kind: torch.ones(len(values), dtype=torch.bool) for kind, values in data.items()}
    torch.manual_seed(seed)
    sizes = {kind: values.shape[1] for kind, values in data.items()}
    model = MutualVAE(
        {kind: feature_encoder(size, LATENT, hidden=HIDDEN) for kind, size in sizes.items()},
        {kind: feature_decoder(LATENT, size, hidden=HIDDEN) for kind, size in sizes.items()},
        first_rows(data, present, plan.batch),
    )
    train(model, data, present, plan, seed=seed, hook=hook)
    readers, figures = _readers(seed), {}
    for source in KINDS:
        target = model.other(source)
        imputed = model.impute(source, test_set.images[source])
        figures[f"{source} to {target}"] = float(readers[target].score(imputed.numpy(), test_set.labels))
    return figures | {"codes": _code_accuracy(model, train_set, test_set)}


def ceiling(seed: int) -> dict[str, float]:
    """Share of real test digits that the same readers read rightly, by kind."""
    _, test_set = digit_pairs(seed)
    return {
        kind: float(reader.score(test_set.images[kind].numpy(), test_set.labels))
        for kind, reader in _readers(seed).items()
    }


@lru_cache(maxsize=8)
def _readers(seed: int) -> dict[str, LogisticRegression]:
    """What reads the class of an image, by kind; fitted to real training images."""
    train_set, _ = digit_pairs(seed)
    return {kind: _reader(values, train_set.labels) for kind, values in train_set.images.items()}


def _reader(images: Tensor, labels: NDArray[np.int64]) -> LogisticRegression:
    return LogisticRegression(C=0.05, max_iter=1000).fit(images.numpy(), labels)


@torch.inference_mode()
def _code_accuracy(model: MutualVAE, train_set: Digits, test_set: Digits) -> float:
    found = []
    for kind in KINDS:
        codes: Mapping[str, Tensor] = {
            name: model.encode(kind, part.images[kind]).location
            for name, part in (("train", train_set), ("test", test_set))
        }
        found.append(_reader(codes["train"], train_set.labels).score(codes["test"].numpy(), test_set.labels))
    return float(np.mean(found))
