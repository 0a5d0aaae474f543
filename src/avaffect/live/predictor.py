"""Prediction while pictures and sound come: push them, get ticks back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ..arguments import checks_types
from ..errors import AvaffectError, MediaError
from ..media.source import LONGEST_PAUSE, SAMPLE_RATES
from ..predict import Predictor, load
from ..predict.signal import checked_samples
from ..trace import Trace
from .intake import Intake, Moment
from .reader import LAG, CausalReader, Read
from .record import Recorder
from .resample import Resampler
from .stats import Stats
from .tick import Tick

PATIENCE = 0.3
"""Seconds for which pictures wait for sound that does not come, and sound for pictures."""

PAUSE = 10.0
"""Seconds: a longer time in which nothing comes has no ticks."""

LONGEST_PATIENCE = 60.0


@checks_types
class StreamingPredictor:
    """Reads valence and arousal from pictures and sound while they come.

    Each push gives the ticks that are complete by it: 12.5 a second, in order. A tick rests on what was seen
    and heard until then alone. Both clocks are seconds from the start of the stream, such as a capture time
    less that of the start.

    Late, missing, out of order: a tick waits for its sound until the pictures are ``patience`` seconds ahead,
    and for its picture until the sound is. What then comes for it is dropped and counted in `stats`. A gap in
    the sound is a gap: nothing is made up; one within 0.05 s of the stamps is taken for jitter of the clock,
    so that clocks that drift apart are set right by 0.05 s at a time. While nothing at all comes for more
    than 10 s there are no ticks; people keep their numbers.

    Parameters
    ----------
    predictor : str, Path or Predictor
        A model's name or folder, or a loaded predictor: several streams can share one.
    people : {"all", "main"}
        Give everyone who is seen, or only the most prominent person so far. For a loaded predictor, its own
        setting counts.
    lag : float
        Seconds by which each tick is read later, so that it knows a little of what comes after it; at most 5.
        See docs/live.md for what it gains.
    patience : float
        Seconds, see above.
    hurry : float
        Seconds after which reading is behind: ticks whose picture (or sound) came longer ago are left out,
        and counted, until it has caught up. By default none is.
    record : bool
        Keep the ticks for `trace`: 4 MB an hour and person.
    clock : callable
        Gives the present in seconds; for the delays.

    Raises
    ------
    ModelError
        If there is no such model, or it reads words.
    AvaffectError
        If an option is out of its range.

    Examples
    --------
    >>> stream = StreamingPredictor("hgrjca.default")
    >>> ticks = stream.push_samples(np.zeros(16000, np.float32), 0.0)
    >>> len(ticks + stream.finish())
    13
    """

    def __init__(
        self,
        predictor: str | Path | Predictor = "hgrjca.default",
        *,
        people: str = "all",
        lag: float = LAG,
        patience: float = PATIENCE,
        hurry: float = float("inf"),
        record: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 <= patience <= LONGEST_PATIENCE:
            raise AvaffectError(f"patience={patience}: expected seconds from 0 to {LONGEST_PATIENCE:g}")
        known = predictor if isinstance(predictor, Predictor) else load(predictor, people=people)
        self.predictor, self.spec, self.lag = known, known.spec, lag
        self._timeline = known.timeline
        self._reader = CausalReader(known, lag=lag)
        self._intake = Intake(known.timeline, self._reader.look, self._reader.boundary, patience=patience)
        self.clock, self._hurry = clock, hurry
        self._record = Recorder(known.timeline) if record else None
        self._came: dict[int, float] = {}  # by tick that is not given yet
        self._resampler: Resampler | None = None
        self.stats = Stats(self._intake.counts)

    def push_frame(self, image: np.ndarray, time: float, *, came: float | None = None) -> list[Tick]:
        """Take a picture.

        Parameters
        ----------
        image : (h, w, 3) uint8 np.ndarray
            RGB, upright.
        time : float
            When it was taken, in seconds from the start of the stream.
        came : float, optional
            When it arrived, by ``clock``: delays are counted from then. By default now.

        Raises
        ------
        MediaError
            If it is not that.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape) < 2:
            raise MediaError(f"picture is {image.dtype} {image.shape}: expected (h, w, 3) uint8 RGB")
        self._check_time(time)
        before = self._after_pause(time)
        now = self.clock() if came is None else came
        return before + self._given(self._intake.frame(image, float(time), now))

    def push_samples(
        self,
        samples: np.ndarray,
        time: float | None = None,
        *,
        sample_rate: int = 16000,
        came: float | None = None,
    ) -> list[Tick]:
        """Take sound.

        Parameters
        ----------
        samples : (n,) np.ndarray
            Mono: floats in [-1, 1], or whole numbers of 8 to 32 bits as stored.
        time : float, optional
            When its first sample was taken, in seconds from the start of the stream. None: it follows the
            piece before.
        sample_rate : int
            Samples per second (Hz).
        came : float, optional
            As for `push_frame`.

        Raises
        ------
        MediaError
            If it is not that.
        """
        if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1]:
            raise MediaError(
                f"sample_rate={sample_rate}: expected from {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}"
            )
        before: list[Tick] = []
        if time is not None:
            self._check_time(time)
            before = self._after_pause(time)
        found = checked_samples(samples).clip(-1, 1)
        if self._resampler is None or self._resampler.rate != sample_rate:
            self._resampler = Resampler(sample_rate)
        heard = self._resampler.push(found)
        now = self.clock() if came is None else came
        return before + self._given(self._intake.samples(heard, time, now))

    def finish(self) -> list[Tick]:
        """The ticks that are left, once nothing more comes."""
        ticks = self._given(self._intake.finish())
        return ticks + [self._tick(read) for read in self._reader.finish()]

    def trace(self, name: str = "live") -> Trace:
        """All ticks so far as an ordinary result, one row a tick and person.

        Parameters
        ----------
        name : str
            Stands in the table's index for the file.

        Raises
        ------
        AvaffectError
            If they were not kept (``record=False``).
        """
        if self._record is None:
            raise AvaffectError("no ticks were kept: give record=True for a trace")
        meta = {**self.predictor.meta, "causal": True, "lag": self.lag, "stream": self.stats.as_dict()}
        return Trace(self._record.table(name), meta=meta)

    def _check_time(self, time: float) -> None:
        if not 0 <= time < float("inf"):
            raise MediaError(f"time={time}: expected seconds from the start of the stream, 0 or more")
        if not np.isfinite(self._intake.newest) and time > LONGEST_PAUSE:
            raise MediaError(
                f"time={time:.10g} at first: expected seconds from the start of the stream; subtract the time"
                " at which it began"
            )

    def _after_pause(self, time: float) -> list[Tick]:
        """The ticks up to a pause of more than `PAUSE` seconds before ``time``; it has none itself."""
        newest = max(self._intake.newest, 0.0)
        if time - newest <= PAUSE:
            return []
        ticks = self.finish()
        first = self._timeline.tick(time)
        self.stats.skipped += first / self._timeline.tick_rate - newest
        self._intake.restart(first)
        self._reader.restart(first)
        return ticks

    def _given(self, moments: Iterable[Moment]) -> list[Tick]:
        ticks = []
        for moment in moments:
            self._came[moment.tick] = moment.came
            behind = self.clock() - moment.came > self._hurry
            read = self._reader.step(moment.view, moment.heard, give=not behind)
            if read is not None:
                ticks.append(self._tick(read))
            self.stats.left_out += behind
        return ticks

    def _tick(self, read: Read) -> Tick:
        rate = self._timeline.tick_rate
        delay = self.clock() - self._came[read.index]
        self._came = {index: came for index, came in self._came.items() if index > read.index}
        tick = Tick(
            read.index,
            read.index / rate,
            (read.index + 1) / rate,
            read.people,
            read.speech,
            read.frame,
            delay,
        )
        self.stats.add(delay)
        if self._record is not None:
            self._record.add(tick)
        return tick
