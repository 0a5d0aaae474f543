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

TARGETS = ("valence", "arousal")
"""What the models of this package predict, in the order of their last axis."""


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
    dim : int
        Feature size that the encoder gives.
    encoder : Component or None
        The network on raw input (aligned face crops, log-mel). None for a model that was trained on stored
        features alone: it predicts from a feature store, not from media.
    encoder_weights : str
        SHA-256 of the encoder's weights file, by which `avaffect.checkpoint` finds it.
    preprocessing : mapping
        Input settings by name: ``{"logmel": "default16k"}``, ``{"crop": 112}``.
    temporal : Component or None
        The network over time on the encoder's features. None: a linear layer where ``temporal_dim`` is given,
        else the features as they are.
    temporal_dim : int or None
        Feature size that ``temporal`` gives and the fusion takes; None: ``dim``.
    """

    dim: int
    encoder: Component | None = None
    encoder_weights: str = ""
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    temporal: Component | None = None
    temporal_dim: int | None = None

    @property
    def fusion_dim(self) -> int:
        """Feature size that the fusion takes."""
        return self.dim if self.temporal_dim is None else self.temporal_dim


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
    fusion : Component or None
        Name and options for `avaffect.create_fusion`; None for a single stream that is not fused.
    fused_temporal : Component or None
        Temporal network on the fused features.
    fused_temporal_dim : int or None
        Feature size that it gives; None: that of the fusion.
    standardise : bool
        Features are brought to mean 0 and standard deviation 1 over the training recordings.
    head : mapping
        Options of `avaffect.model.AffectHead`.
    targets : tuple of str
        What the model predicts, in the order of its last axis.
    range : tuple of float
        Range of every target.
    tick_rate : float
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
    features : str
        SHA-256 over what made the features of a model without encoders, as in
        `avaffect.corpus.store.Meta.encoders`: it fits stores of the same features only.
    metrics : mapping
        Held-out figures, by name.
    code_version : str
        The avaffect version that wrote the weights.
    """

    name: str
    streams: Mapping[str, Stream]
    fusion: Component | None = None
    fused_temporal: Component | None = None
    fused_temporal_dim: int | None = None
    standardise: bool = False
    head: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = TARGETS
    range: tuple[float, float] = (-1.0, 1.0)
    tick_rate: float = 12.5
    window: float = 20.0
    calibration: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    coverage: float = 0.9
    meaning: str = ""
    licence: str = ""
    corpora: tuple[Corpus, ...] = ()
    features: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    code_version: str = ""

    def to_json(self) -> str:
        """The spec as JSON text, keys in declaration order."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @property
    def reads_media(self) -> bool:
        """Whether there is an encoder for every stream, so that recordings can be read."""
        return all(stream.encoder is not None for stream in self.streams.values())

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
            for key in ("fusion", "fused_temporal"):
                raw[key] = _component(raw.get(key))
            raw["corpora"] = tuple(Corpus(**value) for value in raw.get("corpora", ()))
            for key in ("targets", "range"):
                if key in raw:
                    raw[key] = tuple(raw[key])
            return cls(**raw)
        except (KeyError, TypeError) as error:
            raise ModelError(f"spec.json does not describe a model: {error}") from error


def _stream(raw: dict[str, Any]) -> Stream:
    return Stream(**{**raw, **{key: _component(raw.get(key)) for key in ("encoder", "temporal")}})


def _component(raw: dict[str, Any] | None) -> Component | None:
    return None if raw is None else Component(**raw)
