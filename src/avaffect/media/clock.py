"""The time stamps of one stream, as seconds on the clock that all streams of a file share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import MediaError
from .source import LONGEST_PAUSE, Source, start_of

log = logging.getLogger(__name__)

# Spliced transport streams set their clock back; broken ones leap by hours. A recording that
# pauses for less is believed.
_BACK = Fraction(1, 2)
LONGEST = Fraction(48 * 3600)
"""Seconds on the clock from which a recording is refused: memory grows with them."""


class Clock:
    """Tells when each decoded frame of a stream begins.

    A frame without a time stamp begins where the one before it ended; frames before the first stamp are
    counted back from it. A stamp that goes back by more than half a second, or forward by more than an hour,
    belongs to a new clock: the stream continues where it was, and the new stamps are shifted onto the old
    clock.

    Parameters
    ----------
    source : Source
        The open container; its ``zero`` is second 0.
    stream : av.video.stream.VideoStream or av.audio.stream.AudioStream
        Its frames are passed to `begins` in the order in which they are decoded.
    first_stamp : callable, optional
        Called where the first frame has no stamp: the number of frames before the first that has one, and
        that stamp in the container's own seconds; None where there is none.
    """

    def __init__(
        self,
        source: Source,
        stream: VideoStream | AudioStream,
        first_stamp: Callable[[], tuple[int, Fraction] | None] = lambda: None,
    ) -> None:
        # AVI stores no presentation times, and those made up for it are out of order where there
        # are B-frames; its decoding times are exact but for a constant delay.
        self._by_dts = source.format == "avi"
        self._zero, self._first_stamp = source.zero, first_stamp
        self._path, self._kind = source.path, stream.type
        start = start_of(stream)
        self._start = Fraction(0) if start is None else start - source.zero
        # None: whatever stamp comes first is that of the start
        self._shift = None if self._by_dts or start is None else -source.zero
        self._last: Fraction | None = None  # when the frame before began
        self._end: Fraction | None = None  # and when it ended, if its length can be believed
        self._warned = False

    def begins(self, frame: VideoFrame | AudioFrame, length: Fraction) -> Fraction:
        """When a frame begins, in seconds; ``length`` is how long it lasts, in seconds.

        Raises
        ------
        MediaError
            If it begins more than 48 hours after the recording's start.
        """
        stamp = frame.dts if self._by_dts else frame.pts
        if self._end is None and stamp is None and self._shift is not None:
            found = self._first_stamp()
            if found is not None:
                count, first = found
                self._start = first - self._zero - count * length
        expected = self._start if self._end is None else self._end
        if stamp is None or frame.time_base is None:
            self._note_missing(length)
            now = expected
        else:
            raw = stamp * frame.time_base
            if self._shift is None:
                self._shift = expected - raw
            now = raw + self._shift
            if self._last is not None and not (self._last - _BACK < now < expected + LONGEST_PAUSE):
                log.warning(
                    "%s: the %s clock jumps from %.2f to %.2f s; read on without the jump",
                    self._path,
                    self._kind,
                    float(expected),
                    float(now),
                )
                self._shift += expected - now
                now = expected
        if now > LONGEST:
            raise MediaError(
                f"{self._path}: its {self._kind} clock reaches {float(now) / 3600:.0f} hours; "
                "recordings of up to 48 hours are read: cut it into parts, or copy it to mend its times"
            )
        self._last, self._end = now, now + length
        return now

    def _note_missing(self, length: Fraction) -> None:
        if self._end is None and not self._warned:
            self._warned = True
            log.warning(
                "%s: the %s carries no time stamps; counting %.3f s for each piece",
                self._path,
                self._kind,
                float(length),
            )
