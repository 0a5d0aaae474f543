"""A made-up film in studyforrest's layout, and made-up pairs of face and voice.

Loud seconds of the film are aroused ones. The first features of a pair are its valence and arousal.
"""

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from avaffect import comparison
from avaffect.cli.benchmark import benchmark
from avaffect.comparison import ActedBench, Settings, read_segments
from avaffect.train.feature_pool import Pair, save_pairs

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


@pytest.fixture
def command(monkeypatch, quick):
    """The verb with small settings, as it is under `avaffect`."""
    monkeypatch.setattr(comparison, "Settings", lambda: quick)
    app = typer.Typer()
    app.add_typer(benchmark, name="benchmark")

    def run(*arguments):
        return CliRunner().invoke(app, ["benchmark", "fusion", *map(str, arguments)])

    return run


ACTORS = ("ann", "ben", "eve")
EMOTIONS = ((0.8, 0.4), (-0.5, 0.6), (-0.6, -0.4), (0.0, 0.0))


def pairs_of(actors=ACTORS, emotions=EMOTIONS, takes=2, seed=0):
    """Clips of 10 to 18 ticks; degraded features say nothing, and the voice pauses."""
    random = np.random.default_rng(seed)
    pairs = []
    for actor in actors:
        for affect in np.repeat(np.array(emotions, np.float32), takes, axis=0):
            ticks = int(random.integers(10, 19))
            masks = {"audio": random.random(ticks) < 0.8, "visual": random.random(ticks) < 0.95}
            masks["audio"][:2] = masks["visual"][:2] = True
            intact, corrupted = {}, {}
            for name, dim in (("audio", 6), ("visual", 8)):
                noise = random.normal(0, 0.3, (2, ticks, dim))
                noise[0, :, :2] += affect
                intact[name], corrupted[name] = np.where(masks[name][:, None], noise, 0).astype(np.float32)
            pairs.append(Pair(actor, intact, corrupted, masks, affect))
    return pairs


@pytest.fixture(scope="session")
def pairs():
    return pairs_of()


@pytest.fixture(scope="session")
def pairs_work(pairs, tmp_path_factory):
    """A work folder of a training with these pairs."""
    work = tmp_path_factory.mktemp("default")
    save_pairs(work / "features" / "pairs.npz", pairs)
    return work


@pytest.fixture
def acted(pairs, quick, tmp_path):
    return ActedBench(pairs, tmp_path / "acted", quick)
