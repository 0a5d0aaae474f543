"""How well an encoder's readings agree with the labels: of valence and arousal, and of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..metric import ccc, pcc
from ..spec import TARGETS


def agreement(values: NDArray, labels: NDArray) -> dict[str, float]:
    """CCC and Pearson correlation of valence and arousal: (n, 2) and (n, 2) to four figures.

    >>> agreement(np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([[0.0, 0.5], [0.5, 0.0]]))
    {'ccc_valence': 1.0, 'ccc_arousal': 0.6666666666666666, 'r_valence': 1.0, 'r_arousal': 1.0}
    """
    return {
        f"{name}_{target}": measure(values[:, k], labels[:, k])
        for name, measure in (("ccc", ccc), ("r", pcc))
        for k, target in enumerate(TARGETS)
    }


def recall(logits: NDArray, truth: NDArray) -> float:
    """Unweighted average recall among the classes that occur: (n, classes) and (n,) to a number in [0, 1].

    >>> recall(np.array([[2.0, 1.0, 9.0], [0.0, 1.0, 9.0], [1.0, 0.0, 9.0]]), np.array([0, 1, 1]))
    0.75
    """
    classes = np.unique(truth)
    guess = classes[logits[:, classes].argmax(axis=1)]
    return float(np.mean([np.mean(guess[truth == c] == c) for c in classes]))
