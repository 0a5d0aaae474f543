"""Tiny clips of every awkward kind, made on the spot with PyAV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

CLICKS = (0.5, 1.25, 2.0)  # seconds from the start of the sound


@dataclass
class Sound:
    """Sound for a clip: samples (n,) in [-1, 1] and how to store them."""

    samples: np.ndarray
    rate: int = 44100
    codec: str = "aac"
    layout: str = "mono"
    start: float = 0.0
    frame: int = 1024  # samples of one input frame
    stretch: float = 1.0  # stamps advance by so much more than the samples do
    gap: tuple[float, float] | None = None  # from this second of the sound on, stamps are later by


@dataclass
class Pictures:
    """Pictures for a clip: images (h, w, 3) and the time of each in seconds."""

    images: Sequence[np.ndarray]
    times: Sequence[float]
    codec: str = "libx264"
    pixel: str = "yuv420p"
    options: dict[str, str] | None = None
    setup: Callable[[av.VideoStream], None] | None = None
    rate: int = 25


def clicks(seconds: float = 3.0, rate: int = 44100) -> np.ndarray:
    """Silence with a click 1 ms long centred on each of CLICKS."""
    samples = np.zeros(int(seconds * rate), np.float32)
    width = rate // 1000
    for second in CLICKS:
        if second < seconds:
            at = round(second * rate) - width // 2
            samples[at : at + width] = 0.8 * np.hanning(width)
    return samples


def click_times(samples: np.ndarray, start: float, rate: int = 16000) -> list[float]:
    """The energy-weighted middle of each click, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > 0.1)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > rate // 10) + 1)
    energy = samples.astype(float) ** 2
    return [start + float((energy[g] * g).sum() / energy[g].sum() / rate) for g in groups]


def numbered(count: int, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Plain grey pictures whose brightness tells their number."""
    return [np.full((height, width, 3), 20 + 4 * i % 220, np.uint8) for i in range(count)]


def quadrants(width: int = 96, height: int = 64) -> np.ndarray:
    """Red upper left, green upper right, blue lower left, white lower right."""
    image = np.zeros((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    image[:top, :left] = (220, 30, 30)
    image[:top, left:] = (30, 200, 30)
    image[top:, :left] = (30, 30, 220)
    image[top:, left:] = (230, 230, 230)
    return image


def corners(image: np.ndarray) -> str:
    """The colours of the four quadrants, row by row, as letters."""
    h, w = image.shape[:2]
    letters = ""
    for y, x in ((h // 4, w // 4), (h // 4, 3 * w // 4), (3 * h // 4, w // 4), (3 * h // 4, 3 * w // 4)):
        pixel = image[y, x].astype(int)
        letters += "w" if pixel.min() > 150 else "rgb"[int(pixel.argmax())]
    return letters


def write_clip(
    path: Path,
    pictures: Pictures | None = None,
    sound: Sound | None = None,
    *,
    container: str | None = None,
) -> Path:
    """Encode a clip; the stamps are stored as given."""
    with av.open(str(path), "w", format=container) as output:
        streams = []
        if pictures is not None:
            stream = output.add_stream(pictures.codec, rate=pictures.rate, options=pictures.options or {})
            stream.height, stream.width = pictures.images[0].shape[:2]
            stream.pix_fmt = pictures.pixel
            # MPEG, AVI and raw streams count pictures, the others ticks
            counts = pictures.codec.startswith("mpeg") or container == "h264" or path.suffix == ".avi"
            stream.codec_context.time_base = Fraction(1, pictures.rate if counts else 12800)
            if pictures.setup:
                pictures.setup(stream)
            streams.append((stream, _video_frames(pictures, stream.codec_context.time_base)))
        if sound is not None:
            stream = output.add_stream(sound.codec, rate=sound.rate)
            stream.layout = sound.layout
            streams.append((stream, _audio_frames(sound, stream)))
        for stream, frames in streams:
            for frame in frames:
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


def _video_frames(pictures: Pictures, time_base: Fraction):
    for image, time in zip(pictures.images, pictures.times, strict=True):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.time_base, frame.pts = time_base, round(time / time_base)
        yield frame


def _audio_frames(sound: Sound, stream):
    channels = 1 if sound.layout == "mono" else 2
    resampler = av.AudioResampler(
        format=stream.codec_context.format, layout=sound.layout, rate=sound.rate, frame_size=sound.frame
    )
    stored = np.ascontiguousarray(np.tile(sound.samples, (channels, 1)), np.float32)
    frame = av.AudioFrame.from_ndarray(stored, format="fltp", layout=sound.layout)
    frame.sample_rate, frame.time_base, frame.pts = sound.rate, Fraction(1, sound.rate), 0
    for piece in resampler.resample(frame) + resampler.resample(None):
        late = sound.gap[1] if sound.gap and piece.pts / sound.rate >= sound.gap[0] else 0.0
        piece.time_base = Fraction(1, sound.rate)
        piece.pts = round(piece.pts * sound.stretch + (sound.start + late) * sound.rate)
        yield piece


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """What this file offers, for the tests beside it."""
    return SimpleNamespace(
        CLICKS=CLICKS,
        Pictures=Pictures,
        Sound=Sound,
        click_times=click_times,
        clicks=clicks,
        corners=corners,
        numbered=numbered,
        quadrants=quadrants,
        write_clip=write_clip,
    )


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of numbered pictures at 25 per second, with clicks; not to be changed."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    return write_clip(path, Pictures(numbered(50), np.arange(50) / 25), Sound(clicks(2.5)))
