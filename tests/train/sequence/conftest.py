"""A small made-up store whose ratings can be read off its features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write

TARGETS = ("valence", "arousal")


def made_up_store(folder: Path) -> FeatureStore:
    """Four recordings to train on and two to validate; three streams, some of it masked and unrated."""
    rng = np.random.default_rng(0)
    for number in range(6):
        ticks = 90 + 7 * number
        affect = np.sin(np.arange(ticks)[:, None] / (7.0, 11.0) + rng.uniform(0, 6, 2)) * 0.8
        streams = {
            "audio": 5 * affect[:, [1, 0, 1]] + 3 + rng.normal(0, 1, (ticks, 3)),
            "visual": np.tile(affect, 2) + rng.normal(0, 0.3, (ticks, 4)),
            "text": affect[:, :1] + rng.normal(0, 0.5, (ticks, 1)),
        }
        masks = {name: rng.random(ticks) > 0.1 for name in streams}
        labelled = rng.random(ticks) > 0.1
        write(
            folder,
            Meta(f"r{number}", f"s{number}", "val" if number > 3 else "train", "made-up", TARGETS, 12.5),
            Features({name: x.astype(np.float32) for name, x in streams.items()}, masks),
            np.where(labelled[:, None], affect, np.nan).astype(np.float32),
            labelled,
            half=False,
        )
    return FeatureStore(folder)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    """The store of `made_up_store`."""
    return made_up_store(tmp_path_factory.mktemp("store"))
