"""The clip that comes with the project."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_clip() -> Path:
    return Path(__file__).parents[2] / "examples" / "sample.mp4"
