"""How well a gallery is ranked for queries: cumulative match, mAP and mINP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Figures of one retrieval.

    Attributes
    ----------
    cmc : (ranks,) np.ndarray
        Share of queries whose person is among the first 1, 2, ... of the gallery.
    mean_ap : float
        Mean average precision.
    mean_inp : float
        Mean inverse negative penalty (Ye et al., TPAMI 2021, arXiv 2001.04193): the number of right
        pictures over the rank of the last of them.
    queries : int
        Queries with their person in the gallery; others do not count.
    """

    cmc: NDArray[np.float64]
    mean_ap: float
    mean_inp: float
    queries: int

    @property
    def rank1(self) -> float:
        """Share of queries whose first picture shows the right person."""
        return float(self.cmc[0])


def rank(
    similarity: NDArray[np.float64],
    query: Ints,
    gallery: Ints,
    *,
    hidden: NDArray[np.bool_] | None = None,
    unique: bool = False,
) -> Ranking:
    """Rank a gallery for each query.

    Parameters
    ----------
    similarity : (q, g) np.ndarray
        Higher for pictures that are more alike. Equal ones stay in the order of the gallery.
    query, gallery : (q,), (g,) np.ndarray of int
        Identities.
    hidden : (q, g) np.ndarray of bool, optional
        Pictures of the gallery that a query does not see, such as those of its own place.
    unique : bool
        The cumulative match counts identities, each once, in place of pictures: the rule of SYSU-MM01.

    Raises
    ------
    DataError
        Shapes that do not fit, or no query that has its person in the gallery.
    """
    similarity = np.asarray(similarity, np.float64)
    if similarity.shape != (len(query), len(gallery)):
        raise DataError(f"similarity {similarity.shape}: expected {(len(query), len(gallery))}")
    ranks = len(np.unique(gallery)) if unique else len(gallery)
    matched, precision, penalty = np.zeros(ranks), [], []
    for row, identity in enumerate(query):
        order = np.argsort(-similarity[row], kind="stable")
        if hidden is not None:
            order = order[~hidden[row, order]]
        right = gallery[order] == identity
        places = np.flatnonzero(right) + 1  # from 1
        if not len(places):
            continue
        first = len(np.unique(gallery[order[: places[0]]])) if unique else places[0]
        matched[first - 1 :] += 1
        precision.append((np.arange(1, len(places) + 1) / places).mean())
        penalty.append(len(places) / places[-1])
    if not precision:
        raise DataError("no query has its person in the gallery; nothing can be ranked")
    count = len(precision)
    return Ranking(matched / count, float(np.mean(precision)), float(np.mean(penalty)), count)


def mean_ranking(rankings: list[Ranking]) -> Ranking:
    """The mean over several galleries."""
    longest = min(len(each.cmc) for each in rankings)
    return Ranking(
        np.mean([each.cmc[:longest] for each in rankings], axis=0),
        float(np.mean([each.mean_ap for each in rankings])),
        float(np.mean([each.mean_inp for each in rankings])),
        rankings[0].queries,
    )
