"""Colours that mean different things look different."""

from __future__ import annotations

import itertools

import numpy as np

from avaffect.palette import NOBODY, PEOPLE, SOURCES, rgb

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# Machado et al. (2009), severity 1, in linear RGB.
SEEN = {
    "usual": np.eye(3),
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
}


def lab(colour, seen="usual"):
    """CIE L*a*b* (1976) of "#rrggbb", as somebody with this sight sees it."""
    share = np.array(rgb(colour)) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ np.clip(SEEN[seen] @ linear, 0, 1), 0.0089) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, seen="usual"):
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_what_it_rests_on_has_no_persons_colour():
    for source, person in itertools.product(SOURCES.values(), (*PEOPLE, NOBODY)):
        assert distance(source, person) > 25, (source, person)


def test_what_it_rests_on_is_told_apart_by_colour_blind_readers():
    for seen, (one, other) in itertools.product(SEEN, itertools.combinations(SOURCES.values(), 2)):
        assert distance(one, other, seen) > 30, (seen, one, other)
