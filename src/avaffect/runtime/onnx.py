"""A model on ONNX Runtime, from the graphs that lie beside its weights (`avaffect.export`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import ModelError
from ..model_folder import GRAPH, NETWORK, encoder_files, read_weights
from ..session import Session
from ..spec import Spec
from ..windows import Piece, pieces
from .base import CHUNK, CONTEXT, Runtime
from .facts import EncoderFacts, NetworkFacts, built_from


def has_graphs(folder: Path, spec: Spec) -> bool:
    """Whether a model's folder holds a graph for each of its networks."""
    encoders = [
        next(iter(encoder_files(folder, name, stream))).with_suffix(".onnx")
        for name, stream in spec.streams.items()
        if stream.encoder is not None
    ]
    return all(path.is_file() for path in (folder / GRAPH, *encoders))


class OnnxRuntime(Runtime):
    """A model from its folder.

    Raises
    ------
    ModelError
        If a graph cannot be run, or belongs to other weights or another spec.
    """

    def __init__(self, folder: Path, spec: Spec) -> None:
        self.spec = spec
        self._encoders: dict[str, Session] = {}
        for name, stream in spec.streams.items():
            if stream.encoder is None:
                continue
            paths = encoder_files(folder, name, stream)
            graph = next(iter(paths)).with_suffix(".onnx")
            session = self._encoders[name] = _opened(graph, paths)
            if name == "audio":
                facts = EncoderFacts(**json.loads(session.facts["avaffect"]))
                self.hop, self.context = facts.hop, facts.context
        path = folder / GRAPH
        self._network = _opened(path, [folder / NETWORK])
        facts_of_all = NetworkFacts(**json.loads(self._network.facts["avaffect"]))
        if facts_of_all.built_from != built_from(spec):
            raise ModelError(f"{path} was made of another spec; {_ANEW.format(folder)}")
        self.positional, self.fixed_length = facts_of_all.positional, facts_of_all.fixed_length

    def encode_faces(self, crops: np.ndarray) -> np.ndarray:
        return self._encoders["visual"](crops=crops)[0]

    def encode_voice(self, frames: np.ndarray, lead: int = 0) -> np.ndarray:
        session = self._encoders["audio"]
        given = {"frames": frames[None], "lead": np.array(lead)}
        return session.run({name: given[name] for name in session.inputs})[0][0]

    def encode_sentences(self, texts: Sequence[str]) -> np.ndarray:
        raise ModelError(f"{self.spec.name}: a graph reads no words")  # pragma: no cover

    def pieces(self, ticks: int) -> Iterator[Piece]:
        if self.hop > 1:
            return pieces(ticks, self.hop, self.context)
        least = round(CONTEXT * self.spec.tick_rate)
        return pieces(ticks, round(CHUNK * self.spec.tick_rate), max(self.context, least))

    def fuse(
        self, streams: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        given = {**streams, **{f"{name}.mask": mask for name, mask in masks.items()}}
        found = self._network.run({name: given[name] for name in self._network.inputs})
        return dict(zip(self._network.outputs, found, strict=True))


_ANEW = "make its graphs anew: avaffect export {0} --onnx {0}"


def _opened(graph: Path, weights: Mapping[Path, str] | Sequence[Path]) -> Session:
    """A graph of ours, its weights those that it was made with."""
    session = Session(graph)
    try:
        made_with = json.loads(session.facts["weights"])
    except (KeyError, ValueError, RecursionError):
        raise ModelError(f"{graph} is no graph of avaffect; {_ANEW.format(graph.parent)}") from None
    for path in weights:
        if made_with.get(path.name) != hashlib.sha256(read_weights(path)).hexdigest():
            raise ModelError(f"{graph} was made with other weights than {path}; {_ANEW.format(graph.parent)}")
    return session
