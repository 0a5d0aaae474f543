from __future__ import annotations

import importlib.util
import io
import os
import pickle
from pathlib import Path

import joblib
import lz4.frame
import numpy as np
import pytest

from avaffect.errors import ModelError
from avaffect.face import weights


def _path(name):
    folder = importlib.util.find_spec("mtcnn").submodule_search_locations[0]
    return f"{folder}/assets/weights/{name}.lz4"


@pytest.mark.parametrize("name", ["pnet", "rnet", "onet"])
def test_arrays_are_those_joblib_reads(name):
    ours, theirs = weights.load_weights(name), joblib.load(_path(name))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


class _Trap:
    def __reduce__(self):
        return os.getenv, ("HOME",)


@pytest.mark.parametrize("payload", [_Trap(), [_Trap()], [1, 2], {"a": 1}])
def test_anything_but_a_list_of_arrays_is_refused(payload):
    with pytest.raises(pickle.UnpicklingError):
        weights.read_arrays(io.BytesIO(pickle.dumps(payload)))


def test_a_file_cut_short_is_refused():
    data = lz4.frame.decompress(Path(_path("pnet")).read_bytes())
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        weights.read_arrays(io.BytesIO(data[: len(data) // 2]))


def test_a_broken_installation_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"pnet\.lz4.*pip install"):
        weights.load_weights("pnet")
    (tmp_path / "pnet.lz4").write_bytes(b"not lz4")
    with pytest.raises(ModelError, match=r"pnet\.lz4.*pip install"):
        weights.load_weights("pnet")
    (tmp_path / "pnet.lz4").write_bytes(lz4.frame.compress(pickle.dumps([1])))
    with pytest.raises(ModelError, match=r"pnet\.lz4.*pip install"):
        weights.load_weights("pnet")


def test_an_absent_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="mtcnn"):
        weights.load_weights("pnet")
