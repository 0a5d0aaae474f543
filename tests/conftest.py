"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avaffect.spec import Component, Corpus, Spec, Stream

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "Agg")

SHARED = Path(os.environ.get("AVAFFECT_SHARED", Path(__file__).parents[2] / "shared"))


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
def debug_spec() -> Spec:
    """A small two-stream model for tests that need any model at all."""
    return Spec(
        name="concat.debug",
        streams={
            "audio": Stream(
                Component("voice"), Component("tcn", {"levels": 2}), 128, 16, {"logmel": "default16k"}
            ),
            "visual": Stream(Component("face"), Component("tcn"), 128, 16, {"crop": 112}),
        },
        fusion=Component("concat"),
        calibration={"audio": {"valence": 0.4, "arousal": 0.3}},
        corpora=(Corpus("made-up", "CC0", "tests"),),
    )
