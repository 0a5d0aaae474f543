"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from avaffect import registry
from avaffect.corpus import CORPORA
from avaffect.fusion.registry import FUSIONS
from avaffect.spec import Component, Corpus, Spec, Stream
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS, INDEX

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "Agg")

SHARED = Path(os.environ.get("AVAFFECT_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def own_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins that a test loads end with it: workers of other tests would look for their files."""
    monkeypatch.setattr(registry, "_plugins", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    for parts in (CORPORA, FUSIONS):
        monkeypatch.setattr(parts, "_registered", dict(parts._registered))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips and corpora that lies beside a checkout, where there is one."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared clips and corpora at {SHARED} (set AVAFFECT_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def clips(shared: Path) -> Path:
    """The folder of real clips."""
    return shared / "clips"


@pytest.fixture(scope="session")
def sample_clip() -> Path:
    """The clip that comes with the project."""
    return Path(__file__).parents[1] / "examples" / "sample.mp4"


@pytest.fixture(scope="session")
def debug_spec() -> Spec:
    """A small two-stream model for tests that need any model at all."""
    return Spec(
        name="concat.debug",
        streams={
            "audio": Stream(
                128, Component("voice"), (), {"logmel": "default16k"}, Component("tcn", {"levels": 2}), 16
            ),
            "visual": Stream(128, Component("face"), (), {"crop": 112}, Component("tcn"), 16),
        },
        fusion=Component("concat"),
        calibration={"audio": {"valence": 0.4, "arousal": 0.3}},
        corpora=(Corpus("made-up", "CC0", "tests"),),
    )


META = {"model": "hgrjca.default", "weights_sha256": "0123abcd", "tick_rate": 12.5, "avaffect": "0.1.0"}


def person(
    start: np.ndarray,
    end: np.ndarray,
    *,
    track: int | None = 1,
    seed: int = 0,
    file: str = "clips/interview.mp4",
    first_frame: int = 0,
) -> pd.DataFrame:
    """Rows of one person: slow valence, faster arousal, a face, speech in turns; nothing missing."""
    random = np.random.default_rng(seed)
    n = len(start)

    def wave(period: float, amount: float) -> np.ndarray:
        phase = random.uniform(0, 2 * np.pi, 4)
        parts = [np.sin(2 * np.pi * start / (period / (k + 1)) + phase[k]) / (k + 1) for k in range(4)]
        return amount * np.sum(parts, axis=0) / 2

    valence = np.clip(random.uniform(-0.2, 0.4) + wave(9, 0.45), -0.9, 0.9)
    arousal = np.clip(random.uniform(-0.2, 0.2) + wave(4, 0.4), -0.9, 0.9)
    table = pd.DataFrame(index=range(n), columns=list(COLUMNS), dtype=float)
    left = 80 + 200 * seed
    table = table.assign(
        file=file, start=start, end=end, track=track, pts=start,
        frame=np.arange(first_frame, first_frame + n),
        valence=valence, valence_lo=np.clip(valence - 0.2, -1, 1),
        valence_hi=np.clip(valence + 0.2, -1, 1),
        arousal=arousal, arousal_lo=np.clip(arousal - 0.25, -1, 1),
        arousal_hi=np.clip(arousal + 0.25, -1, 1),
        source="face+voice",
        face_conf=np.clip(0.93 + 0.05 * np.sin(start), 0, 1),
        face_x1=left + 5 * np.sin(start), face_y1=60.0,
        face_x2=left + 110 + 5 * np.sin(start), face_y2=190.0,
        voiced=1 / (1 + np.exp(-12 * (np.sin(2 * np.pi * start / 5) + 0.3))),
        speaking=1 / (1 + np.exp(-12 * np.sin(2 * np.pi * start / 3))),
        attended_audio=np.clip(0.5 + wave(3, 0.5), 0, 1),
        attended_visual=np.clip(0.6 + wave(3, 0.4), 0, 1),
    )  # fmt: skip
    if track is None:
        table["track"] = pd.NA
    return table.astype({"track": "Int64", "frame": "Int64"}).set_index(list(INDEX))


def blank(rows: pd.DataFrame, where: Sequence[bool] | np.ndarray | slice, *prefixes: str) -> None:
    """Set the columns that begin with one of ``prefixes`` to NaN, in place."""
    for name in rows.columns:
        if name.startswith(prefixes):
            rows.iloc[where, rows.columns.get_loc(name)] = np.nan


def times(seconds: float, rate: float = 25.0) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of frames at an even rate."""
    edges = np.arange(round(seconds * rate) + 1) / rate
    return edges[:-1], edges[1:]


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """`person`, `blank`, `times` and `META`: for made-up traces, smooth paths with known gaps."""
    return SimpleNamespace(person=person, blank=blank, times=times, META=META)


@pytest.fixture
def make_trace() -> Callable[..., Trace]:
    """``make_trace(seconds, people=1, file=...)``: everybody is there in every frame."""

    def make(seconds: float = 2.0, *, people: int = 1, file: str = "clips/interview.mp4") -> Trace:
        start, end = times(seconds)
        parts = [person(start, end, track=k + 1, seed=k, file=file) for k in range(people)]
        table = pd.concat(parts).sort_values(["start", "track"], kind="stable")
        return Trace(table, meta=META)

    return make
