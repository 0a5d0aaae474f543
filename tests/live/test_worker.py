"""Reading beside the sources: what waits, what is dropped, and how it ends."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from avaffect.errors import MediaError, UnexpectedError
from avaffect.live import Stats, Worker
from avaffect.live.intake import Counts


class Reading:
    """In place of a `StreamingPredictor`: notes what is pushed, each push as slow as is asked for."""

    clock = staticmethod(time.monotonic)

    def __init__(self, error: Exception | None = None) -> None:
        self.stats, self.error = Stats(Counts()), error
        self.pictures: list[float] = []
        self.sounds: list[float] = []
        self.go, self.entered = threading.Event(), threading.Event()

    def push_frame(self, image, time, *, came):
        self.entered.set()
        assert self.go.wait(5)
        if self.error is not None:
            raise self.error
        self.pictures.append(time)
        return [("picture", time)]

    def push_samples(self, samples, time, *, sample_rate, came):
        self.sounds.append(time)
        return [("sound", time)]

    def finish(self):
        return ["end"]


IMAGE, SOUND = np.zeros((4, 4, 3), np.uint8), np.zeros(1600, np.float32)


def test_of_pictures_only_the_newest_waits():
    reading, given = Reading(), []
    with Worker(reading, given.append) as worker:
        worker.frame(IMAGE, 0.0)
        assert reading.entered.wait(5)
        for k in range(1, 6):  # while the first is read
            worker.frame(IMAGE, float(k))
        reading.go.set()
    assert reading.pictures == [0.0, 5.0]
    assert reading.stats.dropped == 4
    assert given == [("picture", 0.0), ("picture", 5.0), "end"]


def test_sound_waits_for_two_seconds_at_most():
    reading = Reading()
    with Worker(reading, lambda tick: None) as worker:
        worker.frame(IMAGE, 0.0)
        assert reading.entered.wait(5)
        for k in range(50):
            worker.samples(SOUND, k / 10, 16000)
        reading.go.set()
    assert reading.sounds == pytest.approx([k / 10 for k in range(30, 50)])
    assert reading.stats.sound_dropped == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(MediaError("picture is odd"), MediaError), (RuntimeError("lost"), UnexpectedError)],
)
def test_a_failure_of_the_reading_is_raised_at_the_end(error, expected):
    reading = Reading(error)
    reading.go.set()
    worker = Worker(reading, lambda tick: None)
    worker.frame(IMAGE, 0.0)
    with pytest.raises(expected, match=str(error)), worker:
        assert reading.entered.wait(5)


def test_a_failure_of_a_source_is_raised_at_the_end():
    with pytest.raises(MediaError, match="gone"), Worker(Reading(), lambda tick: None) as worker:
        worker.fail(MediaError("the camera is gone"))


def test_an_error_in_the_block_comes_first():
    worker = Worker(Reading(), lambda tick: None)
    worker.fail(MediaError("the camera is gone"))
    with pytest.raises(KeyError), worker:
        raise KeyError
