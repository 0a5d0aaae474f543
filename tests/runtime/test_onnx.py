"""The graphs that ship against the torch modules they were made of; and what does not belong together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from avaffect import checkpoint
from avaffect.errors import AvaffectError, ModelError
from avaffect.export.graph import graph_of
from avaffect.export.model import export_model
from avaffect.model_folder import GRAPH, SPEC, embedded, read_spec
from avaffect.runtime import OnnxRuntime, open_model
from avaffect.runtime.torch import TorchRuntime


@pytest.fixture(scope="module", params=sorted(embedded()))
def both(request: Any) -> tuple[OnnxRuntime, TorchRuntime]:
    """A shipped model in both forms."""
    graphs = open_model(request.param)
    assert isinstance(graphs, OnnxRuntime)
    return graphs, TorchRuntime(checkpoint.load(request.param))


def whole(model: OnnxRuntime | TorchRuntime, frames: np.ndarray, stride: int = 8) -> np.ndarray:
    """Features of a whole voice, piece by piece."""
    parts = [
        model.encode_voice(frames[first * stride : last * stride], begin - first)[begin - first : end - first]
        for first, begin, end, last in model.pieces(len(frames) // stride)
    ]
    return np.concatenate(parts)


def test_what_is_told_of_the_networks_is_the_same(both: Any) -> None:
    graphs, modules = both
    for name in ("spec", "hop", "positional", "fixed_length"):
        assert getattr(graphs, name) == getattr(modules, name)


def test_faces_are_encoded_alike(both: Any, sample_clip: Path) -> None:
    graphs, modules = both
    if "visual" not in graphs.spec.streams:
        pytest.skip("reads no faces")
    crops = np.random.default_rng(0).integers(0, 256, (3, 112, 112, 3)).astype(np.uint8)
    crops = np.concatenate([crops, np.full((1, 112, 112, 3), 90, np.uint8)])  # nothing to see in the last
    expected = modules.encode_faces(crops)
    np.testing.assert_allclose(graphs.encode_faces(crops), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(graphs.encode_faces(crops[:1]), expected[:1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("ticks", [1, 40, 100])
def test_voices_are_encoded_alike(both: Any, ticks: int) -> None:
    graphs, modules = both
    if "audio" not in graphs.spec.streams:
        pytest.skip("reads no voice")
    rng = np.random.default_rng(ticks)
    loud = np.repeat(rng.uniform(-3, 1, (ticks, 1)), 8, axis=0)
    frames = (loud + rng.normal(0, 0.3, (8 * ticks, 80))).astype(np.float32)
    np.testing.assert_allclose(whole(graphs, frames), whole(modules, frames), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("batch", "ticks"), [(1, 1), (1, 160), (3, 21)])
def test_networks_give_the_same(both: Any, batch: int, ticks: int) -> None:
    graphs, modules = both
    rng = np.random.default_rng(ticks)
    streams, masks = {}, {}
    for name, stream in graphs.spec.streams.items():
        streams[name] = rng.normal(size=(batch, ticks, stream.dim)).astype(np.float32)
        masks[name] = rng.random((batch, ticks)) > 0.4
        masks[name][0, : ticks // 2] = False
    found, expected = graphs.fuse(streams, masks), modules.fuse(streams, masks)
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-4 if name == "values" else 1e-5)


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Path]:
    """A folder of its own with the visual model and its graphs."""
    source = embedded()["visual.default"]
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    digest = read_spec(source).streams["visual"].encoder_weights[0]
    (folder / "encoders").mkdir()
    for ending in ("safetensors", "onnx"):
        shutil.copy(source.parent / "encoders" / f"{digest}.{ending}", folder / "encoders")
    return folder


@pytest.mark.parametrize("bias", [False, True])
def test_a_convolution_has_a_bias_only_where_the_module_has_one(bias: bool) -> None:
    """One of zeros would keep the runtime from joining it with the normalisation."""
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, bias=bias), torch.nn.BatchNorm2d(2))
    given = {"pictures": torch.zeros(2, 1, 5, 5)}
    graph = graph_of(module, given, axes={"pictures": {0: "batch"}}, outputs=["maps"]).graph
    (convolution,) = (node for node in graph.node if node.op_type == "Conv")
    assert len(convolution.input) == 2 + bias


def test_a_copied_folder_is_a_model(copied: Path) -> None:
    assert isinstance(open_model(copied), OnnxRuntime)


def test_without_a_graph_torch_runs_it(copied: Path) -> None:
    (copied / GRAPH).unlink()
    assert isinstance(open_model(copied), TorchRuntime)


def test_without_a_graph_and_torch_it_says_what_to_do(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied / GRAPH).unlink()
    monkeypatch.setattr("avaffect.runtime.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'avaffect\[train\]'.*avaffect export"):
        open_model(copied)


def test_other_weights_than_the_graph_was_made_with_are_refused(copied: Path) -> None:
    state = checkpoint.load(copied)
    checkpoint.save(state, copied, card="")
    assert not (copied / GRAPH).exists()  # saving a model takes the old graph away
    shutil.copy(embedded()["visual.default"] / GRAPH, copied / GRAPH)
    with pytest.raises(ModelError, match=r"made with other weights than .*network\.safetensors; make"):
        open_model(copied)


def test_another_spec_is_refused(copied: Path) -> None:
    text = (copied / SPEC).read_text()
    assert '"scale": {' in text
    changed = text.replace('"scale": {', '"scale": {"valence": [1.0, 0.5], ', 1)
    changed = changed.replace('"dropout": 0.2', '"dropout": 0.1')
    (copied / SPEC).write_text(changed)
    with pytest.raises(ModelError, match="made of another spec"):
        open_model(copied)


def test_a_network_that_is_no_graph_of_ours_is_refused(copied: Path) -> None:
    shutil.copy(embedded()["visual.default"].parent / "mtcnn" / "rnet.onnx", copied / GRAPH)
    with pytest.raises(ModelError, match="no graph of avaffect"):
        open_model(copied)


def test_a_file_is_no_folder_for_a_model(tmp_path):
    given = tmp_path / "film.mp4"
    given.write_bytes(b"kept")
    with pytest.raises(AvaffectError, match=r"film\.mp4 is a file, a folder was expected"):
        export_model("hgrjca.default", given, overwrite=True)
    assert given.read_bytes() == b"kept"
