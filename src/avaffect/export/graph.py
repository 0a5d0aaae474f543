"""One torch module as an ONNX file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ModelError
from ..files import replacing

OPSET = 20


def write_graph(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    path: str | Path,
    *,
    axes: Mapping[str, Mapping[int, str]],
    outputs: Sequence[str],
) -> None:
    """Export a module, its weights inside the file.

    Parameters
    ----------
    module : nn.Module
        Takes the tensors in the order of ``inputs``. It is exported in evaluation mode.
    inputs : mapping of str to torch.Tensor
        Examples by name; no open axis may be of size 1.
    path : path
        The file.
    axes : mapping of str to mapping of int to str
        By input, the axes that stay open, and what they are called.
    outputs : sequence of str
        Names of what the module gives.

    Raises
    ------
    ModelError
        If what is needed to export is not installed.
    """
    proto = graph_of(module, inputs, axes=axes, outputs=outputs)
    with replacing(Path(path)) as part:
        part.write_bytes(proto.SerializeToString())


def graph_of(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    *,
    axes: Mapping[str, Mapping[int, str]],
    outputs: Sequence[str],
) -> Any:
    """The same as an ``onnx.ModelProto``."""
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ModelError("to export needs onnx and onnxscript: pip install 'avaffect[export]'") from error
    shapes = tuple(dict(axes.get(name, {})) for name in inputs)
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # the exporter names each optional package that it does without
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                _Packed(module).eval(),
                (tuple(inputs.values()),),
                dynamo=True,
                dynamic_shapes=(shapes,),
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                optimize=False,  # the weights stay as they are and keep their names; the runtime optimises
                verbose=False,
            )
    finally:
        logging.disable(before)
    assert program is not None
    proto = _plain(program.model_proto)
    _drop_zero_biases(proto.graph)
    return proto


class _Packed(nn.Module):
    """A module with all of its inputs in one: the exporter cannot name those of ``*inputs``."""

    def __init__(self, own: nn.Module) -> None:
        super().__init__()
        self.own = own

    def forward(self, inputs: tuple[Tensor, ...]) -> Any:
        return self.own(*inputs)


def _plain(proto: Any) -> Any:
    """The graph without what the exporter notes for debugging."""
    proto.graph.ClearField("value_info")
    proto.graph.ClearField("metadata_props")
    nodes = [*proto.graph.node, *proto.graph.input, *proto.graph.output, *proto.graph.initializer]
    for each in nodes:
        each.ClearField("metadata_props")
        each.ClearField("doc_string")
    return proto


def _drop_zero_biases(graph: Any) -> None:
    """Convolutions without a bias, of which the exporter makes some with a bias of zeros.

    These zeros are made when the graph runs. The runtime then takes them for unknown, and neither joins the
    convolution with what follows it nor lays its weights out for the processor.
    """
    made = {output: node for node in graph.node for output in node.output}
    known = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) == 3 and _is_zero(node.input[2], made, known):
            del node.input[2]


def _is_zero(name: str, made: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a tensor is a constant zero that was cast and repeated."""
    from onnx import numpy_helper

    while name in made and made[name].op_type in ("Expand", "Cast", "CastLike"):
        name = made[name].input[0]
    value = known.get(name)
    if name in made and made[name].op_type == "Constant":
        value = made[name].attribute[0].t
    return value is not None and not numpy_helper.to_array(value).any()
