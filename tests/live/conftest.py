"""The beginning of the recording that comes with the project, to be pushed as if it came now."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

import avaffect
from avaffect import media
from avaffect.live import StreamingPredictor, Tick
from avaffect.media import Frame

SECONDS = 3.2


class Start(NamedTuple):
    """Pictures, and sound at 16 kHz from second 0."""

    frames: list[Frame]
    sound: np.ndarray


@pytest.fixture(scope="session")
def predictor():
    """The default model."""
    return avaffect.load("hgrjca.default")


@pytest.fixture(scope="session")
def start(sample_clip) -> Start:
    """The first seconds of the sample."""
    sound, begin, _ = media.read_audio(sample_clip)
    assert begin == 0
    frames = []
    for frame in media.frames(sample_clip):
        if frame.pts >= SECONDS:
            break
        frames.append(frame)
    return Start(frames, sound[: round(SECONDS * 16000)])


Push = Callable[[StreamingPredictor], list[Tick]]


def events(start: Start, piece: float) -> list[tuple[float, Push]]:
    """Pushes of all pictures, and of the sound in pieces of so many seconds, with the time each can come."""
    found: list[tuple[float, Push]] = []
    for frame in start.frames:
        found.append((frame.pts, lambda s, f=frame: s.push_frame(f.image, f.pts)))
    length = round(piece * 16000)
    for first in range(0, len(start.sound), length):
        samples, begin = start.sound[first : first + length], first / 16000
        found.append(((first + len(samples)) / 16000, lambda s, x=samples, t=begin: s.push_samples(x, t)))
    return found


def run(stream: StreamingPredictor, pushes: list[tuple[float, Push]]) -> list[Tick]:
    """All ticks of pushes, made in the order of their times."""
    ticks = [tick for _, push in sorted(pushes, key=lambda each: each[0]) for tick in push(stream)]
    return ticks + stream.finish()
