"""What a graph says of itself: what prediction has to know beside inputs and outputs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from ..spec import Spec


@dataclass(frozen=True)
class EncoderFacts:
    """Of an encoder's graph: ``hop`` and ``context`` of `avaffect.encoder.AudioEncoder`; 0 for faces."""

    hop: int = 0
    context: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class NetworkFacts:
    """Of the graph of a network.

    Attributes
    ----------
    positional : bool
        Whether an output depends on the position of its tick in the input.
    fixed_length : bool
        Whether it takes windows of one length only.
    built_from : str
        What of the spec it was built from, see `built_from`.
    """

    positional: bool
    fixed_length: bool
    built_from: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def built_from(spec: Spec) -> str:
    """SHA-256 over what of a spec shapes its network: with another one, another graph is needed."""
    parts = asdict(spec)
    named = ("streams", "fusion", "fused_temporal", "fused_temporal_dim", "standardise", "head")
    kept = {name: parts[name] for name in (*named, "targets", "scale")}
    text = json.dumps(kept, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()
