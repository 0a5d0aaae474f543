"""Recordings of known people, and the trials that compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .segments import Segments


@dataclass(frozen=True, eq=False)
class Recordings:
    """Segments of several recordings, stacked.

    Attributes
    ----------
    faces : (n, 8, 128) float32 np.ndarray
    voices : (n, 8, 256) float32 np.ndarray
    has_face, has_voice : (n, 8) np.ndarray of bool
    people : (n,) np.ndarray of int
        Who is in each, numbered from 0.
    """

    faces: np.ndarray
    voices: np.ndarray
    has_face: np.ndarray
    has_voice: np.ndarray
    people: np.ndarray

    @classmethod
    def of(cls, segments: Sequence[Segments], people: Sequence[int] | np.ndarray) -> Recordings:
        """Stack the segments of recordings."""
        return cls(
            np.stack([each.faces for each in segments]),
            np.stack([each.voices for each in segments]),
            np.stack([each.has_face for each in segments]),
            np.stack([each.has_voice for each in segments]),
            np.asarray(people),
        )

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, chosen: np.ndarray) -> Recordings:
        """Those at some positions, or where a mask (n,) is True."""
        return Recordings(
            self.faces[chosen],
            self.voices[chosen],
            self.has_face[chosen],
            self.has_voice[chosen],
            self.people[chosen],
        )

    @property
    def complete(self) -> np.ndarray:
        """(n,) bool: whether there is a face and a voice in any segment."""
        return np.logical_and(self.has_face.any(axis=1), self.has_voice.any(axis=1))


@dataclass(frozen=True, eq=False)
class Trials:
    """Pairs of recordings.

    Attributes
    ----------
    first, second : (n,) np.ndarray of int
        Positions of the recordings.
    target : (n,) np.ndarray of bool
        Whether both are of one person.
    people : (n, 2) np.ndarray of int
    """

    first: np.ndarray
    second: np.ndarray
    target: np.ndarray
    people: np.ndarray

    @classmethod
    def all_pairs(cls, people: np.ndarray, group: np.ndarray | None = None) -> Trials:
        """Each pair of (n,) recordings once; with ``group`` (n,), pairs within a group alone."""
        first, second = np.triu_indices(len(people), 1)
        if group is not None:
            within = group[first] == group[second]
            first, second = first[within], second[within]
        both = np.stack([people[first], people[second]], axis=1)
        return cls(first, second, both[:, 0] == both[:, 1], both)


def similarities(recordings: Recordings, trials: Trials) -> dict[str, np.ndarray]:
    """What face and voice alone say of each trial, higher for one person; NaN where there is none.

    "face" is the distance of the mean embeddings with its sign turned, "voice" the cosine of theirs.
    """
    face = _mean(recordings.faces, recordings.has_face)
    voice = _mean(recordings.voices, recordings.has_voice)
    voice /= np.linalg.norm(voice, axis=1, keepdims=True)
    return {
        "face": -np.linalg.norm(face[trials.first] - face[trials.second], axis=1),
        "voice": np.sum(voice[trials.first] * voice[trials.second], axis=1),
    }


def _mean(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean over the segments that are there, (n, d) float64; NaN without any."""
    count = mask.sum(axis=1, keepdims=True).astype(np.float64)
    total = (values * mask[..., None]).sum(axis=1, dtype=np.float64)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
