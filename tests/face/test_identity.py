"""Tracks joined to people by what they look like."""

from __future__ import annotations

import cv2
import numpy as np

from avaffect.face.identity import MOST, Looks, same_people


def looks(person: int, *, frames: int = 10, noise: float = 8.0) -> Looks:
    """A painted face with a little noise in every frame."""
    random = np.random.default_rng(person)
    face = cv2.resize(random.integers(0, 256, (22, 22, 3), np.uint8), (112, 112)).astype(float)
    other, out = np.random.default_rng(), Looks()
    for _ in range(frames):
        out.add(np.clip(face + other.normal(0, noise, face.shape), 0, 255).astype(np.uint8))
    return out


def test_a_face_that_returns_is_the_same_person():
    tracks = [looks(1), looks(2), looks(1), looks(3), looks(2)]
    frames = [range(10), range(10, 20), range(2000, 2010), range(2010, 2020), range(3000, 3010)]
    assert same_people(tracks, frames) == [0, 1, 0, 3, 1]


def test_who_is_there_at_once_is_never_one_person():
    tracks = [looks(1), looks(1), looks(1)]
    assert same_people(tracks, [range(10), range(5, 15), range(20, 30)]) in ([0, 1, 0], [0, 1, 1])
    assert same_people(tracks[:2], [[3], [3]]) == [0, 1]


def test_a_track_without_looks_stays_alone():
    assert same_people([looks(1), Looks(), looks(1)], [[0], [1], [2]]) == [0, 1, 0]
    assert same_people([], []) == []


def test_looks_are_kept_evenly_and_not_for_ever():
    kept = looks(1, frames=500).kept
    assert MOST / 2 <= len(kept) <= MOST
