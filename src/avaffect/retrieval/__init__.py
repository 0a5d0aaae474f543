"""Retrieval of people across modalities: DDAG, its corpora, and the figures it is judged by.

Given a picture of one modality (infrared, or a drawing), find the pictures of the same person in the other.

Examples
--------
>>> import numpy as np
>>> from avaffect.retrieval import rank
>>> similarity = np.array([[0.9, 0.1, 0.3], [0.8, 0.2, 0.6]])
>>> found = rank(similarity, query=np.array([1, 2]), gallery=np.array([1, 2, 2]))
>>> found.rank1, round(found.mean_ap, 3)
(0.5, 0.792)
"""

from __future__ import annotations

from .loss import DynamicLoss, hard_triplet
from .network import DDAG, Described
from .pictures import Picture
from .rank import Ranking, rank
from .regdb import RegDB
from .sysu import SYSU
from .train import Fit, describe, fit

__all__ = [
    "DDAG",
    "SYSU",
    "Described",
    "DynamicLoss",
    "Fit",
    "Picture",
    "Ranking",
    "RegDB",
    "describe",
    "fit",
    "hard_triplet",
    "rank",
]
