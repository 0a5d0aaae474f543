"""From pictures and sound as they come to ticks in order: what is late, missing or out of order.

A tick is complete when its picture was looked at (the first from the middle of the tick on; where there is
none, the last before), or a later picture came, and its sound has come to the end. One of the two is waited
for until the other is ``patience`` seconds ahead; after that it is taken to be missing until it comes again.
What comes for a tick that is complete is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..media import SAMPLE_RATE, Frame
from ..streams.audio import TOLERANCE
from ..streams.timeline import Timeline
from .faces import View
from .reader import Heard


@dataclass
class Counts:
    """What came, and what became of it.

    Attributes
    ----------
    frames, frames_read, frames_late : int
        Pictures that came; that were looked at; that came too late for their tick. The rest was not needed.
    sound : float
        Seconds of sound that came.
    sound_late : float
        Seconds of it that came too late for their tick, or twice.
    gaps : int
        Times at which sound was missing between two pieces.
    """

    frames: int = 0
    frames_read: int = 0
    frames_late: int = 0
    sound: float = 0.0
    sound_late: float = 0.0
    gaps: int = 0


class Moment(NamedTuple):
    """What was seen and heard at a tick, and when its picture (without one, its sound) came."""

    tick: int
    view: View | None
    heard: Heard | None
    came: float


class Intake:
    """Sorts pictures and sound into ticks.

    Parameters
    ----------
    timeline : Timeline
    look : callable
        Finds the faces of a picture; pictures are given in order.
    boundary : callable
        Samples of the stream that a tick and all before it need.
    patience : float
        Seconds, see above; infinite for a recording.
    """

    def __init__(
        self,
        timeline: Timeline,
        look: Callable[[Frame], View],
        boundary: Callable[[int], int],
        *,
        patience: float,
    ) -> None:
        self._timeline, self._look, self._boundary = timeline, look, boundary
        self._patience = patience
        self.counts = Counts()
        self.tick = 0  # the next to be given
        self._views: dict[int, tuple[View, float]] = {}
        self._unread: tuple[Frame, float] | None = None  # a picture before the middle of its tick
        self._seen = -np.inf  # time of the newest picture that came
        self._looked = -np.inf  # time of the newest picture that was looked at
        self._no_pictures = False
        self._sound = np.zeros(0, np.float32)  # from sample `_taken` on
        self._known = np.zeros(0, bool)  # which of them came
        self._taken = 0
        self._spans: list[tuple[int, int]] = []  # samples at which there is sound
        self._came = 0.0
        self._no_sound = False
        self._any_sound = False

    @property
    def newest(self) -> float:
        """Seconds up to which pictures or sound came; -inf before anything did."""
        heard = self._end / SAMPLE_RATE if self._any_sound else -np.inf
        return max(self._seen, heard)

    def frame(self, image: np.ndarray, time: float, came: float) -> Iterator[Moment]:
        """Take a picture (h, w, 3) uint8 taken at ``time`` seconds; gives the ticks that it completes."""
        frame = Frame(self.counts.frames, time, image)
        self.counts.frames += 1
        tick = self._timeline.tick(time)
        if tick < self.tick or time < self._looked:
            self.counts.frames_late += 1
            return
        self._no_pictures = False
        self._seen = max(self._seen, time)
        if tick not in self._views:
            self._take(frame, tick, came)
        yield from self._complete()

    def samples(self, samples: np.ndarray, time: float | None, came: float) -> Iterator[Moment]:
        """Take sound (n,) float32 at 16 kHz from ``time`` seconds on (None: it follows the last).

        Gives the ticks that are complete by it.
        """
        self.counts.sound += len(samples) / SAMPLE_RATE
        begin = self._end if time is None else round(time * SAMPLE_RATE)
        ahead = begin - self._end
        if ahead > TOLERANCE * SAMPLE_RATE or (not self._any_sound and ahead > 0):
            self.counts.gaps += self._any_sound
            self._append(np.zeros(ahead, np.float32))
        elif ahead < -TOLERANCE * SAMPLE_RATE:
            self._fill(begin, samples[:-ahead])
            samples = samples[-ahead:]
        if len(samples):
            self._no_sound, self._any_sound, self._came = False, True, came
            self._spans.append((self._end, self._end + len(samples)))
            self._append(samples, known=True)
        yield from self._complete()

    def end_frames(self) -> None:
        """No more pictures come: they are not waited for."""
        self._no_pictures = True

    def end_samples(self) -> None:
        """No more sound comes."""
        self._no_sound = True

    def finish(self) -> Iterator[Moment]:
        """All ticks that are left, up to the end of the longer one."""
        self.end_frames()
        self.end_samples()
        last = self._timeline.tick(self._seen) + 1 if np.isfinite(self._seen) else 0
        sound = max((end for _, end in self._spans), default=0)
        last = max(last, self._timeline.count(sound / SAMPLE_RATE))
        while self.tick < last:
            yield self._next()

    def restart(self, tick: int) -> None:
        """Go on at a later tick, after a pause for which there are no ticks."""
        self.tick = tick
        self._no_pictures = self._no_sound = self._any_sound = False
        self._taken = self._boundary(tick) - self._boundary(0)
        self._sound, self._known = self._sound[:0], self._known[:0]
        self._spans.clear()

    @property
    def _end(self) -> int:
        return self._taken + len(self._sound)

    def _append(self, samples: np.ndarray, *, known: bool = False) -> None:
        self._sound = np.concatenate([self._sound, samples])
        self._known = np.concatenate([self._known, np.full(len(samples), known)])

    def _fill(self, begin: int, samples: np.ndarray) -> None:
        """Put sound that comes late into the gap that was left for it, as far as that was not read yet."""
        skipped = max(0, self._taken - begin)
        place = slice(max(begin - self._taken, 0), begin - self._taken + len(samples))
        free = ~self._known[place]
        used = int(free.sum()) if skipped < len(samples) else 0
        if used:
            self._sound[place][free] = samples[skipped:][free]
            self._known[place] = True
            self._spans.append((self._taken + place.start, self._taken + place.stop))
        self.counts.sound_late += (len(samples) - used) / SAMPLE_RATE

    def _take(self, frame: Frame, tick: int, came: float) -> None:
        """Look at a picture now, or keep it for the case that none comes from the middle of the tick on."""
        if self._unread is not None:
            waiting = self._timeline.tick(self._unread[0].pts)
            if frame.pts < self._unread[0].pts:
                return
            if waiting < tick:
                self._read_waiting()
        if frame.pts < self._timeline.centre(tick) - _SLACK:
            self._unread = frame, came
        else:
            self._unread = None
            self._read(frame, came)

    def _read_waiting(self) -> None:
        if self._unread is not None:
            frame, came = self._unread
            self._unread = None
            self._read(frame, came)

    def _read(self, frame: Frame, came: float) -> None:
        self._views[self._timeline.tick(frame.pts)] = self._look(frame), came
        self._looked = frame.pts
        self.counts.frames_read += 1

    def _complete(self) -> Iterator[Moment]:
        """The ticks that are complete by now, or are waited for no longer."""
        while True:
            end = (self.tick + 1) / self._timeline.tick_rate
            seen = self.tick in self._views or self._seen >= end - _SLACK
            heard = self._end >= self._boundary(self.tick)
            if seen and not heard and self._seen - end > self._patience:
                self._no_sound = True
            if heard and not seen and self._end / SAMPLE_RATE - end > self._patience:
                self._no_pictures = True
            if not (seen or heard) or not (seen or self._no_pictures) or not (heard or self._no_sound):
                return
            yield self._next()

    def _next(self) -> Moment:
        if self._unread is not None and self._timeline.tick(self._unread[0].pts) == self.tick:
            self._read_waiting()
        tick, self.tick = self.tick, self.tick + 1
        view, came = self._views.pop(tick, (None, self._came))
        if not self._any_sound:
            self._taken = self._boundary(tick)
            return Moment(tick, view, None, came)
        return Moment(tick, view, self._cut(tick), came)

    def _cut(self, tick: int) -> Heard:
        """The sound of a tick; silence where it did not come."""
        count = self._boundary(tick) - self._taken
        if len(self._sound) < count:
            self._append(np.zeros(count - len(self._sound), np.float32))
        samples, self._sound = self._sound[:count], self._sound[count:]
        self._known = self._known[count:]
        self._taken += count
        first, stop = (k * SAMPLE_RATE / self._timeline.tick_rate for k in (tick, tick + 1))
        present = any(begin < stop - _SLACK and end > first + _SLACK for begin, end in self._spans)
        self._spans = [span for span in self._spans if span[1] > stop]
        return Heard(samples, present)


_SLACK = 1e-6
