"""A made-up film in studyforrest's layout: loud seconds are aroused ones."""

import numpy as np
import pytest

from avaffect.comparison import Settings, read_segments

SEGMENTS = 5


def film(seed=0, segments=SEGMENTS):
    random = np.random.default_rng(seed)
    arrays = {}
    for run in range(1, segments + 1):
        frames = 25 * (60 + 4 * run) + 7  # an incomplete last second
        mood = np.repeat(random.normal(size=frames // 250 + 1), 250)[:frames]
        loud = 10 ** (np.clip(mood, -2, 2) - 3 + 0.2 * random.normal(size=frames))
        arrays[f"run{run}_audio"] = np.stack([loud, 0.01 * random.normal(size=frames)], 1).astype("f4")
        arrays[f"run{run}_visual"] = random.normal(50, 10, size=(frames, 4)).astype("f4")
        arrays[f"run{run}_phash"] = random.integers(0, 256, size=(frames, 18), dtype=np.uint8)
        arrays[f"run{run}_arousal"] = np.tanh(mood).astype("f4")
        arrays[f"run{run}_valence"] = random.uniform(-1, 1, size=frames).astype("f4")
        labelled = np.ones(frames, bool)
        labelled[100:300] = False
        arrays[f"run{run}_labelled"] = labelled
    return arrays


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "studyforrest_av_va.npz"
    np.savez(path, **film())
    return path


@pytest.fixture(scope="session")
def segments(data):
    return read_segments(data)


@pytest.fixture(scope="session")
def quick():
    return Settings(size=8, window=24, batch=2, steps=3)
