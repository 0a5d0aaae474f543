"""Made-up recordings: people whose embeddings lie around a direction of their own."""

from __future__ import annotations

import numpy as np

from avaffect.verify import Recordings


def recordings(people: int, each: int, *, seed: int = 0, noise: float = 1.0) -> Recordings:
    """``each`` recordings of ``people`` people."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), each)
    made = {}
    for name, dim in (("faces", 128), ("voices", 256)):
        centres = np.random.default_rng(dim).normal(size=(people, 1, dim))
        values = centres[who] + noise * random.normal(size=(len(who), 8, dim))
        made[name] = (values / np.linalg.norm(values, axis=-1, keepdims=True)).astype(np.float32)
    there = np.ones((len(who), 8), bool)
    return Recordings(made["faces"], made["voices"], there, there.copy(), who)
