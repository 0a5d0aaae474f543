"""What is done with a stream in a process of its own: pictures and sound are decoded and pushed."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import MediaError
from ..progress import Hook
from ..registry import load_plugins

if TYPE_CHECKING:
    from ..live import Tick

PICTURE, SOUND = 0, 1
"""Kinds of pieces: a JPEG picture; float32 samples, little-endian."""

_MOST_PIXELS = 4096 * 4096


class Piece(NamedTuple):
    """A part of a stream.

    Attributes
    ----------
    kind : int
        `PICTURE` or `SOUND`.
    time : float
        Seconds from the start of the stream.
    content : bytes
    came : float
        When it came, in seconds of the monotonic clock, which all processes share.
    """

    kind: int
    time: float
    content: bytes
    came: float


@dataclass(frozen=True)
class Stream:
    """What a stream is read with."""

    model: str
    people: str
    lag: float
    sample_rate: int
    plugins: tuple[str, ...] = ()


class Dropped(NamedTuple):
    """What was left out so far because reading was behind: pictures, and seconds of sound."""

    pictures: int = 0
    sound: float = 0.0


@dataclass(frozen=True)
class Push:
    """Pieces that came; none at all only has the model loaded."""

    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class Finish:
    """Nothing more comes. With a folder, the result is written there; ``name`` is what it is called."""

    folder: Path | None
    name: str
    dropped: Dropped


@dataclass(frozen=True)
class Read:
    """What came of a request.

    Attributes
    ----------
    ticks : list of dict
        `avaffect.live.Tick` as plain values.
    delay : float or None
        Seconds from when the newest tick's picture (or sound) came to the server until it was read.
    damaged : int
        Pictures so far that are none.
    tick_rate : float
        Ticks per second (Hz).
    duration : float
        Seconds of the result that was written.
    """

    ticks: list[dict[str, Any]] = field(default_factory=list)
    delay: float | None = None
    damaged: int = 0
    tick_rate: float = 0.0
    duration: float = 0.0


class StreamReader:
    """Reads one stream.

    Parameters
    ----------
    stream : Stream
    """

    def __init__(self, stream: Stream) -> None:
        from ..live import StreamingPredictor
        from ..session import set_threads

        load_plugins(stream.plugins)
        set_threads(1)
        self._predictor = StreamingPredictor(stream.model, people=stream.people, lag=stream.lag)
        self._rate = stream.sample_rate
        self._damaged = 0

    def __call__(self, request: Push | Finish, _hook: Hook) -> Read:
        """Push what came, or end.

        Raises
        ------
        MediaError
            If a piece is not as described.
        """
        if isinstance(request, Finish):
            return self._finish(request)
        ticks = [tick for piece in request.pieces for tick in self._push(piece)]
        return self._read(ticks)

    def _push(self, piece: Piece) -> list[Tick]:
        if piece.kind == SOUND:
            if len(piece.content) % 4:
                raise MediaError(f"sound of {len(piece.content)} bytes: expected float32, 4 bytes a sample")
            samples = np.frombuffer(piece.content, "<f4")
            return self._predictor.push_samples(samples, piece.time, sample_rate=self._rate, came=piece.came)
        image = _decoded(piece.content)
        if image is None:
            self._damaged += 1
            return []
        return self._predictor.push_frame(image, piece.time, came=piece.came)

    def _finish(self, request: Finish) -> Read:
        ticks, duration = self._predictor.finish(), 0.0
        self._predictor.stats.dropped = request.dropped.pictures + self._damaged
        self._predictor.stats.sound_dropped = request.dropped.sound
        if request.folder is not None:
            from .worker import write_results

            trace = self._predictor.trace(request.name)
            if not len(trace):
                raise MediaError(f"{request.name}: nothing came that could be kept")
            write_results(trace, request.folder, request.folder / "none")
            duration = trace.duration
        return self._read(ticks, duration)

    def _read(self, ticks: Sequence[Tick], duration: float = 0.0) -> Read:
        delay = ticks[-1].delay if ticks else float("nan")
        known = None if math.isnan(delay) else delay
        plain = [tick.as_dict() for tick in ticks]
        return Read(plain, known, self._damaged, self._predictor.spec.tick_rate, duration)


def _decoded(content: bytes) -> np.ndarray | None:
    """A JPEG picture as (h, w, 3) uint8 RGB; None if it is none, or too large."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            return np.array(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
