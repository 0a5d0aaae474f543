"""Reading in a thread of its own: whoever brings pictures and sound is never held up.

Of pictures only the newest waits: where reading is behind, older ones are dropped and counted, so that delays
do not grow. Sound waits for two seconds at most.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Self

import numpy as np

from ..errors import one_line
from .predictor import StreamingPredictor
from .tick import Tick

LONGEST_QUEUE = 2.0
"""Seconds of sound that wait at most."""

Give = Callable[[Tick], None]
"""Takes the ticks, one after the other, in the worker's thread."""


class Worker:
    """Runs a `StreamingPredictor` beside its sources. Use it as a context manager; at the end all is read.

    Parameters
    ----------
    predictor : StreamingPredictor
    give : callable
        Called with every tick.

    Raises
    ------
    AvaffectError
        On leaving the block, if the reading failed.
    """

    def __init__(self, predictor: StreamingPredictor, give: Give) -> None:
        self._predictor, self._give = predictor, give
        self._picture: tuple[np.ndarray, float, float] | None = None
        self._sound: deque[tuple[np.ndarray, float, int, float]] = deque()
        self._seconds = 0.0  # of sound that waits
        self._news = threading.Condition()
        self._ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="avaffect live", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        with self._news:
            self._ended = True
            self._news.notify()
        self._thread.join()
        if self._error is not None and kind is None:
            raise one_line(self._error, "the stream")

    @property
    def failed(self) -> bool:
        """Whether reading or a source ended by an error, which is raised at the end of the block."""
        return self._error is not None

    def fail(self, error: Exception) -> None:
        """End because a source failed: its error is raised at the end of the block."""
        with self._news:
            self._error = self._error or error
            self._ended = True
            self._news.notify()

    def frame(self, image: np.ndarray, time: float) -> None:
        """Hand over a picture, see `StreamingPredictor.push_frame`; it takes the place of one that waits."""
        with self._news:
            self._predictor.stats.dropped += self._picture is not None
            self._picture = image, time, self._predictor.clock()
            self._news.notify()

    def samples(self, samples: np.ndarray, time: float, sample_rate: int) -> None:
        """Hand over sound, see `StreamingPredictor.push_samples`."""
        with self._news:
            self._sound.append((samples, time, sample_rate, self._predictor.clock()))
            self._seconds += len(samples) / sample_rate
            while self._seconds > LONGEST_QUEUE + 1e-6 and len(self._sound) > 1:
                oldest, _, rate, _ = self._sound.popleft()
                self._seconds -= len(oldest) / rate
                self._predictor.stats.sound_dropped += len(oldest) / rate
            self._news.notify()

    def _run(self) -> None:
        try:
            while self._step():
                pass
            for tick in self._predictor.finish():
                self._give(tick)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for it
            self._error = self._error or error

    def _step(self) -> bool:
        """Read what waits; False once nothing more comes."""
        with self._news:
            while not (self._picture or self._sound or self._ended):
                self._news.wait()
            picture, self._picture = self._picture, None
            sound, self._sound = self._sound, deque()
            self._seconds = 0.0
            going = not self._ended
        ticks = []
        for samples, time, rate, came in sound:
            ticks += self._predictor.push_samples(samples, time, sample_rate=rate, came=came)
        if picture is not None:
            image, time, came = picture
            ticks += self._predictor.push_frame(image, time, came=came)
        for tick in ticks:
            self._give(tick)
        return going
