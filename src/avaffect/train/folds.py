"""Cross-fitting: what the fusion learns from comes from encoders that have not seen it.

An encoder reads the people of its own training better than anyone else. A fusion that learns from such
features relies on them too much. So each encoder is trained once more for every fold, without the corpora and
the actors of that fold, and their features come from this one. Each of these encoders has a feature space of
its own. A linear map, fitted on what both have been trained on, brings it to that of the encoder that is used
in prediction (`align`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .recipe import CorpusRecipe

FOLDS = 5
"""Where the recipe has no videos of actors, which say how many."""

RIDGE = 1e-3
"""Penalty of `align`, relative to the mean variance of the features."""


ALL = "all"
"""Name of the encoder that leaves nothing out: the one used in prediction."""


@dataclass(frozen=True)
class Fold:
    """What one encoder of the cross-fitting is trained without.

    Attributes
    ----------
    name : str
        Of its folder.
    units : frozenset of str
        Corpora and people that are left out.
    """

    name: str
    units: frozenset[str]


def make_folds(*kinds: Iterable[str], count: int) -> list[Fold]:
    """Divide units of several kinds, each evenly, into folds.

    Parameters
    ----------
    *kinds : iterables of str
        Units of one kind, such as corpora, or actors.
    count : int
        Number of folds; fewer where no kind has so many units.

    >>> [sorted(fold.units) for fold in make_folds(["x", "y"], ["anna", "ben", "carl"], count=2)]
    [['anna', 'carl', 'x'], ['ben', 'y']]
    """
    ordered = [sorted(set(units)) for units in kinds]
    used = min(count, max((len(units) for units in ordered), default=0))
    return [
        Fold(f"fold{k}", frozenset(unit for units in ordered for unit in units[k::used])) for k in range(used)
    ]


def folds_of(settings: CorpusRecipe, actors: Iterable[str], speakers: Iterable[str] = ()) -> list[Fold]:
    """The folds of a recipe: speech corpora and actors of videos; speakers where there is only one corpus.

    In which fold an actor is depends on the actors alone.

    Parameters
    ----------
    settings : CorpusRecipe
    actors : iterable of str
        Those of the recipe's videos.
    speakers : iterable of str
        All of its speech corpora.
    """
    corpora = settings.voice.corpora
    voices = corpora if len(corpora) > 1 else speakers
    if settings.acted is None:
        return make_folds(voices, count=FOLDS)
    actors = set(actors)
    return make_folds(voices, actors, count=min(settings.acted.folds, len(actors)))


def fold_of(unit: str, folds: Sequence[Fold]) -> Fold | None:
    """The fold that a unit is left out of; None for a unit of none."""
    return next((fold for fold in folds if unit in fold.units), None)


class Aligned(nn.Module):
    """The encoder of a fold, with its features brought to the space of the encoder used in prediction.

    Parameters
    ----------
    encoder : nn.Module
    matrix : (d + 1, e) torch.Tensor
        Of `align`.
    """

    matrix: Tensor

    def __init__(self, encoder: nn.Module, matrix: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("matrix", matrix)

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (..., e) of raw input."""
        return self.encoder(inputs).float() @ self.matrix[:-1] + self.matrix[-1]


def align(own: Tensor, common: Tensor) -> Tensor:
    """The affine map from one feature space to another, by least squares with a small penalty.

    Parameters
    ----------
    own : (n, d) torch.Tensor
        Features by the encoder of a fold.
    common : (n, e) torch.Tensor
        Features of the same inputs by the encoder that is used in prediction.

    Returns
    -------
    (d + 1, e) torch.Tensor
        The last row is the constant.

    Examples
    --------
    >>> x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    >>> matrix = align(x, 2 * x + 1)
    >>> bool(torch.allclose(x @ matrix[:-1] + matrix[-1], 2 * x + 1, atol=0.02))
    True
    """
    own, common = own.double(), common.double()
    mean, target = own.mean(dim=0), common.mean(dim=0)
    centred = own - mean
    gram = centred.T @ centred
    gram += RIDGE * gram.diagonal().mean().clamp_min(1e-9) * torch.eye(len(gram), dtype=gram.dtype)
    slope = torch.linalg.solve(gram, centred.T @ (common - target))
    return torch.vstack([slope, target - mean @ slope]).float()
