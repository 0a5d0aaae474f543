"""Where pictures and sound come from: a camera and a microphone, or a file played at its own speed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .. import media
from ..errors import MediaError
from .worker import Worker

PIECE = 0.04
"""Seconds of sound that come at once."""

FAILURES = 50
"""Pictures in a row that a camera may fail to give, 0.02 s apart, before it is taken to be gone."""


class Clock:
    """Seconds since the start of the stream."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._start

    def wait(self, until: float, stop: threading.Event) -> bool:
        """Wait for a time of this clock; False if it is to stop before."""
        return not stop.wait(max(0.0, until - self()))


@contextmanager
def camera(device: int | str, worker: Worker, clock: Clock, stop: threading.Event) -> Iterator[None]:
    """Give a camera's pictures to a worker while the block lasts.

    Parameters
    ----------
    device : int or str
        Number of the camera, or what else OpenCV opens: ``/dev/video2``, an address.

    Raises
    ------
    MediaError
        If there is none.
    """
    capture = cv2.VideoCapture(device)
    if not capture.isOpened():
        raise MediaError(
            f"camera {device} cannot be opened: give another number with --camera, or --from FILE"
        )
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not one that waited

    def run() -> None:
        failures = 0
        while not stop.is_set() and not worker.failed and failures < FAILURES:
            there, image = capture.read()
            now = clock()
            if there:
                worker.frame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), now)
            else:
                stop.wait(0.02)
            failures = 0 if there else failures + 1
        stop.set()

    try:
        with _beside("camera", run, stop):
            yield
    finally:
        capture.release()


@contextmanager
def microphone(device: str | None, worker: Worker, clock: Clock) -> Iterator[None]:
    """Give a microphone's sound to a worker while the block lasts.

    Parameters
    ----------
    device : str or None
        Its name or number, as `sounddevice` knows it; None for the default.

    Raises
    ------
    MediaError
        If `sounddevice` is not there, or the microphone cannot be opened.
    """
    try:
        import sounddevice
    except ImportError:
        raise MediaError(
            "a microphone needs sounddevice: pip install 'avaffect[live]', or --no-microphone"
        ) from None
    except OSError as error:  # the library that it calls is no Python package
        raise MediaError(
            f"a microphone needs PortAudio ({error}): apt install libportaudio2, or --no-microphone"
        ) from None
    begun: float | None = None  # what the sound card's clock shows at the start of ours

    def take(samples: np.ndarray, frames: int, times: Any, _status: Any) -> None:
        nonlocal begun
        rate = int(stream.samplerate)
        if begun is None:
            begun = times.inputBufferAdcTime - max(0.0, clock() - frames / rate)
        worker.samples(samples[:, 0].copy(), times.inputBufferAdcTime - begun, rate)

    name: int | str | None = int(device) if device is not None and device.isdigit() else device
    try:
        stream = sounddevice.InputStream(
            device=name, channels=1, dtype="float32", latency="low", callback=take
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise MediaError(
            f"the microphone cannot be opened ({error}): --no-microphone leaves it out"
        ) from None
    try:
        yield
    finally:
        stream.stop()
        stream.close()


@contextmanager
def file(path: Path, worker: Worker, clock: Clock, stop: threading.Event) -> Iterator[None]:
    """Give a file's pictures and sound to a worker at their own speed; at its end ``stop`` is set.

    Raises
    ------
    MediaError
        If it cannot be read.
    """
    info = media.probe(path)
    parts = [*[_show] * info.has_video, *[_sound] * info.has_audio]

    def run(part: Callable[[Path, Worker, Clock, threading.Event], None]) -> None:
        try:
            part(path, worker, clock, stop)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for it
            worker.fail(error)
            stop.set()

    def run_all() -> None:
        with ThreadPoolExecutor(len(parts)) as threads:
            list(threads.map(run, parts))
        stop.set()

    with _beside("file", run_all, stop):
        yield


@contextmanager
def _beside(name: str, run: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    """Run a function in a thread of its own while the block lasts; at the end ``stop`` tells it to end."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _show(path: Path, worker: Worker, clock: Clock, stop: threading.Event) -> None:
    for frame in media.frames(path):
        if worker.failed or not clock.wait(frame.pts, stop):
            return
        worker.frame(frame.image, frame.pts)


def _sound(path: Path, worker: Worker, clock: Clock, stop: threading.Event) -> None:
    length = round(PIECE * media.SAMPLE_RATE)
    for block in media.audio(path):
        for first in range(0, len(block.samples), length):
            piece = block.samples[first : first + length]
            begin = block.start + first / media.SAMPLE_RATE
            # As of a microphone: a piece comes once it is over.
            if worker.failed or not clock.wait(begin + len(piece) / media.SAMPLE_RATE, stop):
                return
            worker.samples(piece, begin, media.SAMPLE_RATE)


@contextmanager
def devices(
    device: int | str, sound: str | None, worker: Worker, clock: Clock, stop: threading.Event, *, mute: bool
) -> Iterator[None]:
    """A camera, and unless ``mute`` a microphone."""
    with ExitStack() as both:
        if not mute:
            both.enter_context(microphone(sound, worker, clock))
        both.enter_context(camera(device, worker, clock, stop))
        yield
