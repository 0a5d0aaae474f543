"""A model's networks as ONNX graphs beside its weights.

The graphs hold no weights: they name the safetensors files of the model, and where in them each tensor lies,
as ONNX has it for weights in other files. So both forms of a model are one set of weights, and any ONNX
runtime opens the graphs.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from .. import checkpoint
from ..encoder import AudioEncoder, Encoder
from ..errors import AvaffectError, ModelError
from ..files import replacing
from ..fusion import stream_weights
from ..model import AffectModel, FusionNetwork
from ..model_folder import CARD, ENCODERS, GRAPH, NETWORK, SPEC, encoder_files, find, read_weights
from ..runtime.facts import EncoderFacts, NetworkFacts, built_from
from ..sliding import fixed_length
from ..voice import preset
from .graph import graph_of


def export_model(reference: str | Path, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Copy a model into a folder of its own, and write its graphs there.

    Parameters
    ----------
    reference : str or path
        Name of an embedded model, or a model's folder.
    folder : path
        Gets all that the model needs. The model's own folder gets the graphs alone.
    overwrite : bool
        Write into a folder that holds another model.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelError
        If there is no such model, or one of its networks has no ONNX form.
    AvaffectError
        If the folder is there and holds something, or is a file.
    """
    source, folder = find(reference), Path(folder)
    if folder.exists() and source.resolve() == folder.resolve():
        write_graphs(folder)
        return folder
    if folder.exists() and not folder.is_dir():
        raise AvaffectError(f"{folder} is a file, a folder was expected; give another")
    if folder.exists() and any(folder.iterdir()) and not overwrite:
        raise AvaffectError(f"{folder} is there already; give another folder, or --overwrite")
    model = checkpoint.load(source)
    check_exportable(model)
    (folder / ENCODERS).mkdir(parents=True, exist_ok=True)
    for name, stream in model.spec.streams.items():
        for path in encoder_files(source, name, stream) if stream.encoder is not None else ():
            _copy(path, folder / ENCODERS / path.name)
    for name in (NETWORK, CARD, SPEC):
        _copy(source / name, folder / name)
    write_graphs(folder)
    return folder


def write_graphs(folder: Path) -> list[Path]:
    """Write the graphs of a model's networks, each beside its weights; those files are given back."""
    model = checkpoint.load(folder)
    check_exportable(model)
    written = []
    for name, encoder in model.encoders.items():
        paths = list(encoder_files(folder, name, model.spec.streams[name]))
        written.append(_write(_encoder_graph(cast(Encoder, encoder)), paths[0].with_suffix(".onnx"), paths))
    network = _network_graph(model)
    written.append(_write(network, folder / GRAPH, [folder / NETWORK]))
    return written


def check_exportable(model: AffectModel) -> None:
    """Raise `ModelError` if a model has a stream that only torch reads."""
    if "text" in model.spec.streams:
        raise ModelError(
            f"{model.spec.name} reads words, and its text encoder has no ONNX form; predict with torch:"
            " pip install 'avaffect[train]'"
        )


class _Piece(nn.Module):
    def __init__(self, own: AudioEncoder) -> None:
        super().__init__()
        self.own = own

    def forward(self, frames: Tensor, lead: Tensor) -> Tensor:
        return self.own.piece(frames, lead)


class _Network(nn.Module):
    """`FusionNetwork` on tensors alone: features and masks of all streams to values and gates."""

    def __init__(self, own: FusionNetwork) -> None:
        super().__init__()
        self.own = own

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        names, half = self.own.streams, len(self.own.streams)
        features, masks = inputs[:half], inputs[half:]
        out = self.own(dict(zip(names, features, strict=True)), dict(zip(names, masks, strict=True)))
        return out.values, *stream_weights(out.weights).values()


def _encoder_graph(encoder: Encoder) -> Any:
    if not isinstance(encoder, AudioEncoder):
        crops = torch.zeros(2, encoder.preprocessing["crop"], encoder.preprocessing["crop"], 3)
        given = {"crops": crops.to(torch.uint8)}
        proto = graph_of(encoder, given, axes={"crops": {0: "batch"}}, outputs=["features"])
        return _told(proto, EncoderFacts())
    mels = preset(encoder.preprocessing["logmel"]).n_mels
    frames = {"frames": torch.zeros(2, 7 * encoder.stride, mels), "lead": torch.tensor(2)}
    axes = {"frames": {0: "batch", 1: "time"}}
    proto = graph_of(_Piece(encoder), frames, axes=axes, outputs=["features"])
    return _told(proto, EncoderFacts(hop=encoder.hop, context=encoder.context))


def _network_graph(model: AffectModel) -> Any:
    spec, fixed = model.spec, fixed_length(model.network)
    ticks = round(spec.window * spec.tick_rate) if fixed else 7
    features = {name: torch.zeros(2, ticks, stream.dim) for name, stream in spec.streams.items()}
    masks = {f"{name}.mask": torch.ones(2, ticks, dtype=torch.bool) for name in spec.streams}
    with torch.inference_mode():
        out = model.network(features, {name: masks[f"{name}.mask"] for name in features})
    names = list(stream_weights(out.weights))
    given = {**features, **masks}
    axes = {name: {0: "batch"} if fixed else {0: "batch", 1: "time"} for name in given}
    proto = graph_of(_Network(model.network), given, axes=axes, outputs=["values", *names])
    facts = NetworkFacts(positional=model.network.positional, fixed_length=fixed, built_from=built_from(spec))
    return _told(proto, facts)


def _told(proto: Any, facts: EncoderFacts | NetworkFacts) -> Any:
    entry = proto.metadata_props.add()
    entry.key, entry.value = "avaffect", facts.to_json()
    return proto


def _write(proto: Any, path: Path, weights: Sequence[Path]) -> Path:
    """Write a graph whose weights lie in files of the same folder."""
    places = {name: (file, at) for file in weights for name, at in _places(file)}
    for tensor in list(proto.graph.initializer):
        name = re.sub(r"^(own\.)+", "", tensor.name)
        if name in places:
            _refer(proto, tensor, *places[name])
    entry = proto.metadata_props.add()
    digests = {file.name: hashlib.sha256(read_weights(file)).hexdigest() for file in weights}
    entry.key, entry.value = "weights", json.dumps(digests)
    with replacing(path) as part:
        part.write_bytes(proto.SerializeToString())
    return path


def _places(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of each tensor in a safetensors file: its name; type, begin and length in bytes."""
    content = read_weights(file)
    size = int.from_bytes(content[:8], "little")
    for name, about in json.loads(content[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            yield name, {"type": about["dtype"], "offset": 8 + size + begin, "length": end - begin}


def _refer(proto: Any, tensor: Any, file: Path, at: Mapping[str, Any]) -> None:
    """Put a reference to its place in a file where a tensor's values are."""
    from onnx import TensorProto

    if at["type"] == "F16" and tensor.data_type == TensorProto.FLOAT:
        # Stored in half precision: widened once, when the graph is opened.
        cast_node = proto.graph.node.add()
        cast_node.op_type, cast_node.name = "Cast", f"{tensor.name}.widened"
        cast_node.output.append(tensor.name)
        to = cast_node.attribute.add()
        to.name, to.type, to.i = "to", to.INT, TensorProto.FLOAT
        tensor.name, tensor.data_type = f"{tensor.name}.stored", TensorProto.FLOAT16
        cast_node.input.append(tensor.name)
        proto.graph.node.insert(0, cast_node)
        del proto.graph.node[-1]
    for kept in ("raw_data", "float_data", "int64_data"):
        tensor.ClearField(kept)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", file.name), ("offset", at["offset"]), ("length", at["length"])):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as part:
        shutil.copyfile(source, part)
