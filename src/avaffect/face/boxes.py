"""Boxes as arrays: (n, 4) of x1, y1, x2, y2 in pixels, right and lower edge exclusive."""

from __future__ import annotations

import numpy as np


def area(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) -> (n,) areas in square pixels, 0 for an inside-out box.

    >>> area(np.array([[0, 0, 2, 3], [5, 5, 4, 9]]))
    array([6, 0])
    """
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def overlap(a: np.ndarray, b: np.ndarray, *, of: str = "union") -> np.ndarray:
    """Shared area of each pair over their union, or over the smaller box (`of="smaller"`).

    Parameters
    ----------
    a, b : np.ndarray
        (n, 4) and (m, 4).

    Returns
    -------
    np.ndarray
        (n, m) in [0, 1]; 0 where a box is empty.

    Examples
    --------
    >>> a = np.array([[0.0, 0, 10, 10]])
    >>> b = np.array([[5.0, 0, 15, 10], [2, 2, 4, 4]])
    >>> overlap(a, b).round(3), overlap(a, b, of="smaller")
    (array([[0.333, 0.04 ]]), array([[0.5, 1. ]]))
    """
    width, height = (
        np.minimum(a[:, None, k + 2], b[None, :, k + 2]) - np.maximum(a[:, None, k], b[None, :, k])
        for k in (0, 1)
    )
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    area_a, area_b = area(a)[:, None], area(b)[None, :]
    whole = np.minimum(area_a, area_b) if of == "smaller" else area_a + area_b - shared
    return shared / np.maximum(whole, np.finfo(np.float32).tiny)


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float, *, of: str = "union") -> np.ndarray:
    """Greedy non-maximum suppression.

    Parameters
    ----------
    boxes, scores : np.ndarray
        (n, 4) and (n,).
    threshold : float
        A box goes when it overlaps a better one by more than this.

    Returns
    -------
    np.ndarray
        Indices of the boxes kept, best first.

    Examples
    --------
    >>> boxes = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30]])
    >>> suppress(boxes, np.array([0.8, 0.9, 0.7]), 0.5).tolist()
    [1, 2]
    """
    order = np.argsort(-scores, kind="stable")
    crowded = overlap(boxes[order], boxes[order], of=of) > threshold
    left, kept = np.arange(len(order)), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[~crowded[best, left]]
    return order[kept]


def squared(boxes: np.ndarray) -> np.ndarray:
    """The same centres, both sides as long as the longer one.

    >>> squared(np.array([[0.0, 0, 10, 20]]))
    array([[-5.,  0., 15., 20.]])
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def corrected(boxes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Boxes moved edge by edge by shares of their own sides, (n, 4) each."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes + shares * np.concatenate([sides, sides], axis=1)
