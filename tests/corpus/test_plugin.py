"""A corpus of one's own, from a file: also in the worker processes of an extraction."""

from __future__ import annotations

import signal
import sys
from multiprocessing import active_children
from pathlib import Path

import pytest

from avaffect import registry
from avaffect.corpus import list_corpora
from avaffect.corpus.extract import extract
from avaffect.corpus.store import FeatureStore

SOURCE = """
import os
import signal

import numpy as np

from avaffect.corpus import FeatureCorpus, Features, Ratings, Recording, register


@register("ramps")
class Ramps(FeatureCorpus):
    name = "ramps"
    tick_rate = 10.0

    def __init__(self, root):
        super().__init__([Recording(name, name) for name in (root / "names").read_text().split()])

    def features(self, recording):
        if recording.name == "crash":  # as a library that writes where it must not
            os.kill(os.getpid(), signal.SIGKILL)
        return Features({"audio": np.ones((5, 2), np.float32)}, {"audio": np.ones(5, bool)})

    def ratings(self, recording):
        return {target: Ratings(np.arange(5) / 10, np.linspace(-1, 1, 5)) for target in self.targets}

    def rating_files(self, recording):
        return []
"""


@pytest.fixture
def ramps(own_plugins: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The corpus of a plugin: a folder with the names of its recordings."""
    monkeypatch.delitem(sys.modules, "ramps_corpus", raising=False)
    (tmp_path / "ramps_corpus.py").write_text(SOURCE)
    registry.load_plugins(["ramps_corpus.py"], tmp_path)
    (tmp_path / "names").write_text("a b")
    return tmp_path


@pytest.mark.parametrize("workers", [0, 2])
def test_extracting_a_corpus_of_a_plugin(ramps: Path, workers: int) -> None:
    assert "ramps" in list_corpora()
    report = extract("ramps", ramps, ramps / "store", workers=workers)
    assert (sorted(report.done), report.errors) == (["a", "b"], {})
    assert FeatureStore(ramps / "store").dims == {"audio": 2}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal on this system")
def test_a_recording_that_kills_its_process_fails_alone(ramps: Path) -> None:
    (ramps / "names").write_text("crash a")
    told: list[str] = []
    others = set(active_children())  # such as a detector that another test keeps
    report = extract("ramps", ramps, ramps / "store", workers=2, hook=lambda name, *_: told.append(name))
    assert (report.done, list(report.errors)) == (["a"], ["crash"])
    assert "crash: the process that read it was" in report.errors["crash"]
    assert sorted(told) == ["a", "crash"]
    assert set(active_children()) <= others
    assert "crash" in (ramps / "store" / "errors.csv").read_text()
