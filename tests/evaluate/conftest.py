"""Made-up recordings, labels and files of every form that is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avaffect.evaluate import Matched, Pairing, Recording
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS, INDEX


def wander(random: np.random.Generator, shape: tuple[int, ...], keep: float) -> np.ndarray:
    """Noise of unit variance whose neighbours (last axis) correlate by ``keep``."""
    out = random.standard_normal(shape)
    for t in range(1, shape[-1]):
        out[..., t] = keep * out[..., t - 1] + np.sqrt(1 - keep**2) * out[..., t]
    return out


def trace(
    values: np.ndarray,
    starts: np.ndarray,
    *,
    file: str = "clips/one.mp4",
    track: int | None = 1,
    end: float | None = None,
    face: float = 0.9,
) -> Trace:
    """A trace of one person with these values (n, 2) in frames that begin at ``starts``."""
    table = pd.DataFrame(np.nan, index=range(len(starts)), columns=list(COLUMNS))
    last = starts[-1] + 0.04 if end is None else end
    table = table.assign(
        file=file, start=starts, end=np.append(starts[1:], last), pts=starts, frame=np.arange(len(starts)),
        track=pd.NA if track is None else track, valence=values[:, 0], arousal=values[:, 1],
        face_conf=np.nan if track is None else face,
    )  # fmt: skip
    return Trace(table.astype({"track": "Int64", "frame": "Int64"}).set_index(list(INDEX)))


def timed(
    values: np.ndarray, rate: float = 25.0, *, name: str = "one", start: np.ndarray | None = None
) -> Recording:
    """A recording of frames at an even rate, or at ``start``."""
    at = np.arange(len(values)) / rate if start is None else start
    step = np.append(at[1:], at[-1] + 1 / rate)
    return Recording(name, np.asarray(values, float), start=at, end=step, frame=np.arange(len(values)))


def write_video(path: Path, values: Iterable[Iterable[float]]) -> Path:
    """An ABAW text file; NaN becomes -5."""
    rows = [",".join("-5" if np.isnan(v) else repr(float(v)) for v in row) for row in values]
    path.write_text("\n".join(["valence,arousal", *rows]) + "\n")
    return path


@pytest.fixture(scope="session")
def make_pairing() -> Callable[..., Pairing]:
    """``make_pairing(recordings, frames, seed, gain)``: autocorrelated labels and imperfect predictions."""

    def make(recordings: int = 8, frames: int = 120, *, seed: int = 0, gain: float = 0.6) -> Pairing:
        random = np.random.default_rng(seed)
        made = []
        for r in range(recordings):
            labels = random.normal(0.1, 0.2, (2, 1)) + 0.2 * wander(random, (2, frames), 0.97)
            predicted = (
                gain * labels + random.normal(0, 0.05, (2, 1)) + 0.1 * wander(random, (2, frames), 0.9)
            )
            made.append(Matched(f"r{r}", predicted.T.clip(-1, 1), labels.T.clip(-1, 1)))
        return Pairing(tuple(made))

    return make


@pytest.fixture(name="trace", scope="session")
def _trace() -> Callable[..., Trace]:
    return trace


@pytest.fixture(name="timed", scope="session")
def _timed() -> Callable[..., Recording]:
    return timed


@pytest.fixture(name="write_video", scope="session")
def _write_video() -> Callable[..., Path]:
    return write_video


@pytest.fixture(name="wander", scope="session")
def _wander() -> Callable[..., np.ndarray]:
    return wander
