"""Memory does not grow with the length of a stream. AVAFFECT_LONG=1 simulates an hour (some minutes)."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import avaffect
from avaffect import checkpoint
from avaffect.face.detector import Detection
from avaffect.live import StreamingPredictor
from avaffect.model import AffectModel
from avaffect.spec import Component

RATE = 12.5  # ticks a second; every other one has a picture
PERIOD = 12.0  # seconds after which the same comes again, and as much is kept: three steps of 4 s


class Faces:
    """A detector of bright squares on black; each is a person, by its place in the picture."""

    def detect(self, image):
        return [self._face(x) for x in (20, 100) if image[60, x].any()]

    def refine(self, image, boxes):
        places = [20 if box[0] < 60 else 100 for box in boxes]
        return [self._face(x) if image[60, x].any() else None for x in places]

    @staticmethod
    def _face(x):
        landmarks = np.array([[x, 55], [x + 25, 55], [x + 12, 68], [x + 3, 80], [x + 22, 80]], np.float32)
        return Detection(np.array([x - 10, 40, x + 35, 95], np.float32), landmarks, 0.99)


@pytest.fixture(scope="module")
def predictor(debug_spec, tmp_path_factory):
    small = replace(debug_spec.streams["visual"], encoder=Component("face", {"widths": [8, 8]}))
    spec = replace(debug_spec, streams={**debug_spec.streams, "visual": small})
    folder = checkpoint.save(AffectModel(spec), tmp_path_factory.mktemp("model"), card="")
    loaded = avaffect.load(folder)
    loaded.reader.detector = Faces()
    return loaded


def simulated(stream: StreamingPredictor, seconds: float) -> Iterator[float]:
    """Push people who come and go, and sound that comes and goes; gives the time after each tick."""
    random = np.random.default_rng(0)
    looks = random.integers(60, 255, (2, 60, 50, 3), np.uint8)
    voice = random.normal(0, 0.1, 1280).astype(np.float32)
    for k in range(round(seconds * RATE)):
        time = k / RATE
        stream.push_samples(voice if time % 4 < 2.4 else np.zeros_like(voice), time)
        if k % 2 == 0:
            image = np.zeros((120, 160, 3), np.uint8)
            for person, x in enumerate((10, 90)):
                if (time / 4 + person) % 3 < 2:
                    image[38:98, x : x + 50] = looks[person] // (1 + person)
            stream.push_frame(image, time + 0.04)
        yield time + 1 / RATE


def test_what_is_kept_does_not_grow(predictor, monkeypatch):
    monkeypatch.setattr("avaffect.live.reader.PAST", 4.0)  # seconds; so that a minute will do
    stream = StreamingPredictor(predictor, record=False, hurry=-1.0)  # takes all, gives nothing
    found = []
    tracemalloc.start()
    try:
        for time in simulated(stream, 1 + 3 * PERIOD):
            if abs(time % PERIOD - 1.0) < 0.04 and time > PERIOD:
                gc.collect()
                found.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(found) == 3
    assert found[2] - found[1] < 50_000, found


@pytest.mark.skipif("AVAFFECT_LONG" not in os.environ, reason="an hour; set AVAFFECT_LONG=1")
def test_an_hour_stays_flat(predictor):
    stream = StreamingPredictor(predictor)
    sizes = {}
    for time in simulated(stream, 3600):
        if time % 300 < 1 / RATE:
            sizes[round(time)] = resident()
    told = stream.stats
    print(sizes, told.as_dict())  # noqa: T201 - the figures are what it is for
    assert told.ticks == pytest.approx(45000, abs=2)
    # What was recorded is 4 MB an hour and person.
    assert sizes[3600] - sizes[600] < 20, sizes
    assert len(stream.trace().tracks) == 2


def resident() -> float:
    """Memory of this process in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
