"""What a trained model is: everything needed to run it and to know what its numbers mean.

A `Spec` is saved as JSON beside the weights. Training writes it, prediction reads it, and nothing
about a model is guessed from its tensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, FiniteFloat, with_config
from typing_extensions import TypedDict

from .arguments import checks_types
from .errors import ModelError
from .schema import Size, TickRate, from_json, short

TARGETS = ("valence", "arousal")
"""What the models of this package predict, in the order of their last axis."""

VAGUE = "as wide as for a blind guess: the values say next to nothing"
"""What is said of intervals that are no narrower than those of values drawn evenly from the whole range."""

LONGEST_WINDOW = 20_000
"""Ticks that a model can see at once at most: attention over a window takes the square of it in memory."""

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Slope = Annotated[FiniteFloat, Field(gt=0, le=1000)]
_STRICT = ConfigDict(extra="forbid")

Measure = Literal["detail", "snr"]
Curve = Annotated[
    tuple[tuple[FiniteFloat, Annotated[FiniteFloat, Field(ge=0)]], ...], Field(min_length=1, max_length=64)
]


@with_config(_STRICT)
class HeadOptions(TypedDict, total=False):
    """Options of `avaffect.model.AffectHead`."""

    hidden: Size
    dropout: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Component:
    """A registered part and its options, e.g. ``Component("tcn", {"levels": 4})``."""

    __pydantic_config__ = _STRICT

    name: _Name
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
    encoder_weights : tuple of str
        SHA-256 of the files of the encoder's weights, by which `avaffect.checkpoint` finds them: first its
        own, then those of its frozen parts.
    preprocessing : mapping
        Input settings by name: ``{"logmel": "default16k"}``, ``{"crop": 112}``.
    temporal : Component or None
        The network over time on the encoder's features. None: a linear layer where ``temporal_dim`` is given,
        else the features as they are.
    temporal_dim : int or None
        Feature size that ``temporal`` gives and the fusion takes; None: ``dim``.
    """

    __pydantic_config__ = _STRICT

    dim: Size
    encoder: Component | None = None
    encoder_weights: Annotated[tuple[_Hash, ...], Field(max_length=16)] = ()
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    temporal: Component | None = None
    temporal_dim: Size | None = None

    @property
    def fusion_dim(self) -> int:
        """Feature size that the fusion takes."""
        return self.dim if self.temporal_dim is None else self.temporal_dim


@dataclass(frozen=True)
class Corpus:
    """A corpus that weights were trained on, and its terms of use."""

    __pydantic_config__ = _STRICT

    name: str
    terms: str
    use: str


@checks_types
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
    scale : mapping
        By target, slope and shift of the map ``tanh(slope z + shift)`` from the network's output z to the
        value; ``tanh(z)`` for targets without. It brings mean and spread on people never seen to those of
        the labels.
    calibration : mapping
        Half-widths of the prediction interval by what was available (``audio+visual``, ``audio``,
        ``visual``) and target, in units of the target.
    widening : mapping
        By condition, measure of `avaffect.streams.quality` (``detail`` of the face, ``snr`` of the voice) and
        target: pairs of the measure (rising) and the half-width that is added there, as a square to the
        square. Between the pairs it is interpolated.
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

    __pydantic_config__ = _STRICT

    name: _Name
    streams: Annotated[Mapping[_Identifier, Stream], Field(min_length=1, max_length=16)]
    fusion: Component | None = None
    fused_temporal: Component | None = None
    fused_temporal_dim: Size | None = None
    standardise: bool = False
    head: HeadOptions = field(default_factory=HeadOptions)
    targets: Annotated[tuple[_Identifier, ...], Field(min_length=1, max_length=16)] = TARGETS
    range: tuple[FiniteFloat, FiniteFloat] = (-1.0, 1.0)
    tick_rate: TickRate = 12.5
    window: Annotated[FiniteFloat, Field(gt=0)] = 20.0
    scale: Mapping[str, tuple[_Slope, FiniteFloat]] = field(default_factory=dict)
    calibration: Mapping[str, Mapping[str, Annotated[FiniteFloat, Field(ge=0)]]] = field(default_factory=dict)
    widening: Mapping[str, Mapping[Measure, Mapping[str, Curve]]] = field(default_factory=dict)
    coverage: Annotated[float, Field(gt=0, lt=1)] = 0.9
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

    @property
    def vague(self) -> tuple[str, ...]:
        """Targets whose values say next to nothing.

        Their intervals, even the narrowest, are no narrower than one that holds the same share of values
        drawn evenly from the whole range.
        """
        low, high = self.range
        blind = self.coverage * (high - low) / 2
        narrowest = {t: min((w[t] for w in self.calibration.values()), default=0.0) for t in self.targets}
        return tuple(target for target, width in narrowest.items() if width >= blind)

    @classmethod
    def from_json(cls, text: str, *, name: str = "spec.json") -> Self:
        """Read a spec that `to_json` wrote; ``name`` is what messages call it.

        Raises
        ------
        ModelError
            If the text is not JSON; a key is unknown or missing; a value is of another type or out of its
            range, or does not fit the others. The key is named.
        """
        spec = from_json(cls, text, ModelError, name)
        if fault := spec.misfit():
            raise ModelError(f"{name}: {fault}")
        return spec

    def misfit(self) -> str:
        """Which values do not fit each other, in words; "" where all do."""
        low, high = self.range
        if not -1 <= low < high <= 1:
            return f"range: expected [lowest, highest] in [-1, 1], but it is [{low:g}, {high:g}]"
        if len(set(self.targets)) < len(self.targets):
            return f"targets: {list(self.targets)} name one twice; name each once"
        ticks = self.window * self.tick_rate
        if not 0.5 <= ticks <= LONGEST_WINDOW:
            return (
                f"window: {self.window:g} s at {self.tick_rate:g} ticks a second are {ticks:g} ticks;"
                f" expected 1 to {LONGEST_WINDOW}"
            )
        if unknown := set(self.scale) - set(self.targets):
            return f"scale: {short(min(unknown))} is none of the targets {', '.join(self.targets)}"
        if fault := self._misfit_of_widening():
            return fault
        for condition, widths in self.calibration.items():
            if set(condition.split("+")) - set(self.streams):
                names = ", ".join(self.streams)
                return f"calibration: {short(condition)} is none of {names}, or several joined by +"
            for target in self.targets:
                if target not in widths:
                    return f"calibration.{condition}: no half-width of {target!r}; add it"
        return ""

    def _misfit_of_widening(self) -> str:
        for condition, measures in self.widening.items():
            if condition not in self.calibration:
                return f"widening: {short(condition)}: expected a condition of calibration"
            for measure, curves in measures.items():
                where = f"widening.{condition}.{measure}"
                if set(curves) != set(self.targets):
                    return f"{where}: expected the targets {', '.join(self.targets)}"
                for target, pairs in curves.items():
                    places = [place for place, _ in pairs]
                    if places != sorted(set(places)):
                        return f"{where}.{target}: expected rising measures"
        return ""
