"""A corpus of one's own, from a file: also in the worker processes of an extraction."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from avaffect import registry
from avaffect.corpus import CORPORA, list_corpora
from avaffect.corpus.extract import extract
from avaffect.corpus.store import FeatureStore

SOURCE = """
import numpy as np

from avaffect.corpus import FeatureCorpus, Features, Ratings, Recording, register


@register("ramps")
class Ramps(FeatureCorpus):
    name = "ramps"
    rate = 10.0

    def __init__(self, root):
        super().__init__([Recording("a", "a"), Recording("b", "b")])

    def features(self, recording):
        return Features({"audio": np.ones((5, 2), np.float32)}, {"audio": np.ones(5, bool)})

    def ratings(self, recording):
        return {target: Ratings(np.arange(5) / 10, np.linspace(-1, 1, 5)) for target in self.targets}

    def rating_files(self, recording):
        return []
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_extracting_a_corpus_of_a_plugin(tmp_path: Path, monkeypatch, workers: int) -> None:
    monkeypatch.setattr(CORPORA, "_registered", {})
    monkeypatch.setattr(registry, "_plugins", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "ramps_corpus", raising=False)
    (tmp_path / "ramps_corpus.py").write_text(SOURCE)
    registry.load_plugins(["ramps_corpus.py"], tmp_path)
    assert "ramps" in list_corpora()
    report = extract("ramps", tmp_path, tmp_path / "store", workers=workers)
    assert (sorted(report.done), report.errors) == (["a", "b"], {})
    assert FeatureStore(tmp_path / "store").dims == {"audio": 2}
