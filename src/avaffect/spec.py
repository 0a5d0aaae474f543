"""What a trained model is: everything needed to run it and to know what its numbers mean.

A `Spec` is saved as JSON beside the weights. Training writes it, prediction reads it, and nothing
about a model is guessed from its tensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from .errors import ModelError, nearest

MODALITIES = ("audio", "visual")


@dataclass(frozen=True)
class Component:
    """A registered part and its options, e.g. ``Component("tcn", {"levels": 4})``."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """One modality's way from its input to the fusion.

    Attributes
    ----------
    encoder, temporal : Component
        The network on raw input (crops, log-mel) and the network over time on its features.
    dim : int
        Feature size that the encoder gives.
    fused_dim : int
        Feature size that the temporal network gives and the fusion takes.
    preprocessing : mapping
        Input settings by name: ``{"logmel": "default16k"}``, ``{"crop": 112}``.
    """

    encoder: Component
    temporal: Component
    dim: int
    fused_dim: int
    preprocessing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Corpus:
    """A corpus that weights were trained on, and its terms of use."""

    name: str
    terms: str
    use: str


@dataclass(frozen=True)
class Spec:
    """A model's description.

    Attributes
    ----------
    name : str
        ``architecture.tag``, e.g. ``hgrjca.default``.
    streams : mapping of str to Stream
        Modalities in the order in which the fusion takes them.
    fusion : Component
        Name and options for `avaffect.create_fusion`.
    joint : Component or None
        Temporal network on the fused features, by which what was seen a moment ago still counts.
    head : mapping
        Options of `avaffect.model.AffectHead`.
    targets : tuple of str
        What the model predicts, in the order of its last axis.
    range : tuple of float
        Range of every target.
    rate : float
        Ticks per second (Hz) of everything past the encoders.
    window : float
        Seconds of context the fusion sees at once; overlapping windows cover longer recordings.
    calibration : mapping
        Half-widths of the prediction interval by what was available (``audio+visual``, ``audio``,
        ``visual``) and target, in units of the target.
    coverage : float
        Share of values that the interval is meant to cover.
    meaning, licence : str
        What the numbers mean, and under which terms the weights may be used.
    corpora : tuple of Corpus
    metrics : mapping
        Held-out figures, by name.
    code_version : str
        The avaffect version that wrote the weights.
    """

    name: str
    streams: Mapping[str, Stream]
    fusion: Component
    joint: Component | None = None
    head: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ("valence", "arousal")
    range: tuple[float, float] = (-1.0, 1.0)
    rate: float = 12.5
    window: float = 20.0
    calibration: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    coverage: float = 0.9
    meaning: str = ""
    licence: str = ""
    corpora: tuple[Corpus, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    code_version: str = ""

    def to_json(self) -> str:
        """The spec as JSON text, keys in declaration order."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a spec that `to_json` wrote.

        Raises
        ------
        ModelError
            If the text is not JSON, or has unknown or lacks required keys.
        """
        try:
            raw = json.loads(text)
        except json.JSONDecodeError as error:
            raise ModelError(
                f"spec.json is not valid JSON ({error}); restore it beside its weights"
            ) from error
        known = [f.name for f in fields(cls)]
        for key in raw:
            if key not in known:
                raise ModelError(f"spec.json has the unknown key {key!r}; {nearest(key, known)}")
        try:
            raw["streams"] = {name: _stream(value) for name, value in raw["streams"].items()}
            raw["fusion"] = Component(**raw["fusion"])
            raw["joint"] = Component(**raw["joint"]) if raw.get("joint") else None
            raw["corpora"] = tuple(Corpus(**value) for value in raw.get("corpora", ()))
            for key in ("targets", "range"):
                if key in raw:
                    raw[key] = tuple(raw[key])
            return cls(**raw)
        except (KeyError, TypeError) as error:
            raise ModelError(f"spec.json does not describe a model: {error}") from error


def _stream(raw: dict[str, Any]) -> Stream:
    parts = {key: Component(**raw[key]) for key in ("encoder", "temporal")}
    return Stream(**{**raw, **parts})
