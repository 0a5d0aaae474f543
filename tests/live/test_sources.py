"""Camera, microphone and file, each in place of the real one as far as a test can."""

from __future__ import annotations

import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from avaffect.errors import MediaError
from avaffect.live.sources import Clock, camera, file, microphone


class Taken:
    """In place of a `Worker`: keeps what it gets."""

    failed = False

    def __init__(self) -> None:
        self.frames: list[tuple[np.ndarray, float]] = []
        self.pieces: list[tuple[np.ndarray, float, int]] = []
        self.error: Exception | None = None

    def frame(self, image, time):
        self.frames.append((image, time))

    def samples(self, samples, time, rate):
        self.pieces.append((samples, time, rate))

    def fail(self, error):
        self.error = error


def test_a_camera_gives_rgb_pictures_with_the_times_of_the_stream(sample_clip):
    # OpenCV opens files as it opens cameras; at the end of one the camera is gone.
    taken, stop, clock = Taken(), threading.Event(), Clock()
    with camera(str(sample_clip), taken, clock, stop):
        assert stop.wait(30)
    assert len(taken.frames) == 250
    image, first = taken.frames[0]
    assert image.shape == (360, 640, 3)
    assert image[0, 0].tolist() == pytest.approx([183, 178, 175], abs=8)
    times = [time for _, time in taken.frames]
    assert first >= 0
    assert times == sorted(times)
    assert times[-1] <= clock()


def test_a_camera_that_is_not_there():
    with (
        pytest.raises(MediaError, match=r"camera 99 cannot be opened: .*--from FILE"),
        camera(99, Taken(), Clock(), threading.Event()),
    ):
        pass


class Stream:
    """In place of `sounddevice.InputStream`."""

    samplerate = 48000.0

    def __init__(self, *, device, channels, dtype, latency, callback):
        self.device, self.callback = device, callback
        Stream.made = self

    def start(self):
        for k in range(3):
            samples = np.full((480, 1), k, np.float32)
            self.callback(samples, 480, SimpleNamespace(inputBufferAdcTime=1000 + k * 0.0101), None)

    def stop(self):
        self.stopped = True

    def close(self):
        self.closed = True


def test_a_microphone_gives_sound_on_the_clock_of_the_sound_card(monkeypatch):
    module = SimpleNamespace(InputStream=Stream, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    taken = Taken()
    with microphone("2", taken, Clock()):
        pass
    assert Stream.made.device == 2
    assert Stream.made.closed
    assert [int(samples[0]) for samples, _, _ in taken.pieces] == [0, 1, 2]
    times = [time for _, time, _ in taken.pieces]
    np.testing.assert_allclose(np.diff(times), 0.0101, atol=1e-6)
    assert times[0] >= 0
    assert {rate for _, _, rate in taken.pieces} == {48000}


def test_without_sounddevice_there_is_no_microphone(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with (
        pytest.raises(MediaError, match=r"pip install 'avaffect\[live\]', or --no-microphone"),
        microphone(None, Taken(), Clock()),
    ):
        pass


def test_a_file_is_played_at_its_own_speed(sample_clip):
    taken, stop, clock = Taken(), threading.Event(), Clock()
    with file(sample_clip, taken, clock, stop):
        time.sleep(1.0)
    now = clock()
    assert 10 < len(taken.frames) <= now * 25 + 1
    assert max(time for _, time in taken.frames) <= now
    ends = [time + len(samples) / rate for samples, time, rate in taken.pieces]
    assert max(ends) <= now
    np.testing.assert_allclose([time for _, time, _ in taken.pieces][1:], ends[:-1], atol=1e-6)


def test_a_file_that_breaks_off_ends_the_stream(sample_clip, monkeypatch):
    def broken(path):
        raise MediaError("damaged")

    monkeypatch.setattr("avaffect.live.sources.media.frames", broken)
    taken, stop = Taken(), threading.Event()
    with file(sample_clip, taken, Clock(), stop):
        assert stop.wait(5)
    assert str(taken.error) == "damaged"
