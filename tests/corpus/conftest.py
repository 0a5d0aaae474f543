"""Small made-up corpora: clips with exact frame times, and a model to extract with."""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avaffect.checkpoint import save
from avaffect.model import AffectModel
from avaffect.spec import Spec

MakeClip = Callable[..., Path]


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """``make_clip(path, times, images=None, sound=None)``: a video with frames at exactly those seconds.

    ``sound`` is (n,) mono samples at 16 kHz from second 0.
    """

    def make(
        path: Path,
        times: Sequence[float],
        images: Sequence[np.ndarray] | None = None,
        sound: np.ndarray | None = None,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures = images or [np.full((48, 64, 3), 20 + 7 * i % 200, np.uint8) for i in range(len(times))]
        with av.open(str(path), "w") as output:
            video = output.add_stream("mpeg4", rate=1000)
            video.height, video.width = pictures[0].shape[:2]
            video.pix_fmt = "yuv420p"
            video.codec_context.time_base = Fraction(1, 1000)
            voice = output.add_stream("aac", rate=16000, layout="mono") if sound is not None else None
            for image, time in zip(pictures, times, strict=True):
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
                frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
            if voice is not None and sound is not None:
                for start in range(0, len(sound), 1024):
                    block = av.AudioFrame.from_ndarray(
                        sound[None, start : start + 1024].astype(np.float32), "fltp", "mono"
                    )
                    block.sample_rate, block.pts = 16000, start
                    output.mux(voice.encode(block))
                output.mux(voice.encode(None))
        return path

    return make


@pytest.fixture(scope="session")
def make_sound() -> Callable[..., Path]:
    """``make_sound(path, seconds=...)``: faint noise, mono at 16 kHz, as wav."""

    def make(path: Path, *, seconds: float) -> Path:
        noise = np.random.default_rng(0).integers(-900, 900, round(seconds * 16000))
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
            file.writeframes(noise.astype("<i2").tobytes())
        return path

    return make


@pytest.fixture(scope="session")
def model_folder(debug_spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small untrained model."""
    return save(AffectModel(debug_spec), tmp_path_factory.mktemp("model"), card="made up")
