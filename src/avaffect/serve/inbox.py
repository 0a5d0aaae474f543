"""What came over a live connection and was not read yet: bounded, however slow the reading is."""

from __future__ import annotations

import asyncio
import struct
from collections import deque

from ..errors import DataError
from .live_worker import PICTURE, SOUND, Dropped, Piece

MOST_PICTURES = 3
"""Of more that wait, the oldest is dropped: a late picture is worth less than a new one."""

MOST_SOUND = 2.0
"""Seconds of sound that may wait; of more, the oldest is dropped."""

_HEAD = struct.Struct("<Bd")


class Inbox:
    """Pictures and sound in order of their coming.

    Parameters
    ----------
    sample_rate : int
        Of the sound (Hz).
    """

    def __init__(self, sample_rate: int) -> None:
        self._pictures_dropped = self._sound_dropped = 0
        self._sample_rate = sample_rate
        self._room = {PICTURE: MOST_PICTURES, SOUND: round(4 * MOST_SOUND * sample_rate)}
        self._pieces: deque[Piece] = deque()
        self._news = asyncio.Event()
        self._closed = False

    def put(self, message: bytes, came: float) -> float:
        """Take a message: one byte of kind, the time as float64, little-endian, and the content.

        Gives the time.

        Raises
        ------
        DataError
            If it is not that.
        """
        if len(message) < _HEAD.size:
            raise DataError(f"a message of {len(message)} bytes: expected at least {_HEAD.size}")
        kind, time = _HEAD.unpack_from(message)
        if kind not in (PICTURE, SOUND):
            raise DataError(f"a message of kind {kind}: expected {PICTURE} (picture) or {SOUND} (sound)")
        if not 0 <= time < float("inf"):
            raise DataError(f"time {time}: expected seconds from the start of the stream")
        self._pieces.append(Piece(kind, time, message[_HEAD.size :], came))
        self._make_room(kind)
        self._news.set()
        return float(time)

    @property
    def dropped(self) -> Dropped:
        """What was left out so far."""
        return Dropped(self._pictures_dropped, self._sound_dropped / 4 / self._sample_rate)

    def close(self) -> None:
        """Nothing more comes."""
        self._closed = True
        self._news.set()

    async def take(self) -> list[Piece] | None:
        """All that waits, once there is any; None if nothing is left and nothing more comes."""
        await self._news.wait()
        if not self._pieces:
            return None
        pieces = list(self._pieces)
        self._pieces.clear()
        if not self._closed:
            self._news.clear()
        return pieces

    def _make_room(self, kind: int) -> None:
        own = [piece for piece in self._pieces if piece.kind == kind]
        held = len(own) if kind == PICTURE else sum(len(piece.content) for piece in own)
        for piece in own:
            if held <= self._room[kind]:
                return
            self._pieces.remove(piece)
            held -= 1 if kind == PICTURE else len(piece.content)
            if kind == PICTURE:
                self._pictures_dropped += 1
            else:
                self._sound_dropped += len(piece.content)
