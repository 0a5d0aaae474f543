"""torch.export, torch.compile and ONNX, with any batch and any length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.export import Dim

from avaffect.fusion import Fusion, create_fusion

from .cases import ANY_LENGTH, DIMS, random_masks, random_streams

# What takes long is tried on fusions that hold, between them, every part of the family.
COMPILED = ["hgrjca", "iaca", "lfan", "transformer"]
ONNX = ["hgrjca", "transformer"]
LEAST = {
    name: {**options, **({"layers": 1} if "layers" in options else {})}
    for name, options in ANY_LENGTH.items()
} | {"feedback": {"top_down": "static"}}  # a recurrence takes seconds to export


def inputs(batch: int, ticks: int, *, seed: int = 1) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    streams = {m: x.float() for m, x in random_streams(DIMS, batch, ticks, seed=seed).items()}
    return streams, random_masks(DIMS, batch, ticks, seed=seed)


def exported(fusion: Fusion) -> torch.export.ExportedProgram:
    shape = {m: {0: Dim("batch"), 1: Dim("time", min=2)} for m in DIMS}
    return torch.export.export(fusion, inputs(3, 7), dynamic_shapes=(shape, shape))


def created(name: str, options: dict[str, Any]) -> Fusion:
    torch.manual_seed(0)
    return create_fusion(name, dims=DIMS, **options).eval()


@pytest.mark.parametrize("name", list(LEAST))
def test_export_keeps_batch_and_time_open(name: str) -> None:
    fusion = created(name, LEAST[name])
    program = exported(fusion).module()
    for batch, ticks in ((5, 11), (2, 30)):
        given = inputs(batch, ticks, seed=batch)
        one, two = fusion(*given), program(*given)
        torch.testing.assert_close(two.features, one.features)
        assert two.weights.keys() == one.weights.keys()
        for key, weight in one.weights.items():
            torch.testing.assert_close(two.weights[key], weight)


@pytest.mark.parametrize("name", COMPILED)
def test_compiles_without_a_graph_break(name: str) -> None:
    fusion = created(name, LEAST[name])
    compiled = torch.compile(fusion, fullgraph=True, dynamic=True, backend="eager")
    for batch, ticks in ((3, 7), (2, 12)):
        given = inputs(batch, ticks)
        torch.testing.assert_close(compiled(*given).features, fusion(*given).features)
    torch.compiler.reset()


@pytest.mark.parametrize("name", ONNX)
def test_onnx_gives_the_same(name: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="the export extra is not installed")
    pytest.importorskip("onnxscript", reason="the export extra is not installed")
    fusion = created(name, LEAST[name])
    path = tmp_path / "fusion.onnx"
    torch.onnx.export(exported(fusion), dynamo=True, verbose=False).save(path)
    session = onnxruntime.InferenceSession(path)
    names = [each.name for each in session.get_inputs()]
    assert names == ["streams_audio", "streams_visual", "masks_audio", "masks_visual"]
    streams, masks = inputs(4, 13)
    for mask in masks.values():
        mask[0] = False  # a sequence without anything: no NaN out of an empty softmax
    feed = dict(zip(names, [x.numpy() for x in [*streams.values(), *masks.values()]], strict=True))
    wanted = fusion(streams, masks)
    found = session.run(None, feed)
    for one, two in zip(found, [wanted.features, *wanted.weights.values()], strict=True):
        np.testing.assert_allclose(one, two.detach().numpy(), rtol=0, atol=2e-5)
