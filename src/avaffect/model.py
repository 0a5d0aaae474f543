"""The whole model: an encoder per modality, and behind the encoders one network: a temporal network per
modality, one fusion, a temporal network on the fused features if wanted, one head.

Axes: ``b`` batch, ``t`` ticks (`Spec.tick_rate` Hz), ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .encoder import check_encoder, create_encoder
from .errors import ModelError
from .fusion import Fused, Fusion, create_fusion
from .schema import short
from .spec import Spec, Stream
from .temporal import create_temporal


@dataclass
class Affect:
    """What the model says, tick by tick.

    Attributes
    ----------
    values : (b, t, targets) torch.Tensor
        The targets in the order of `Spec.targets`, inside `Spec.range`.
    weights : dict of str to torch.Tensor
        Named gates and attention maps of the fusion, as `avaffect.fusion.Fused.weights`.
    losses : dict of str to torch.Tensor
        Losses of the fusion itself, as `avaffect.fusion.Fused.losses`.
    """

    values: Tensor
    weights: dict[str, Tensor]
    losses: dict[str, Tensor] = field(default_factory=dict)


class AffectHead(nn.Module):
    """Fused features to targets: linear, ReLU, dropout, linear, tanh.

    The published heads leave the output unbounded; tanh keeps it inside [-1, 1], which every
    corpus of the field uses.

    Parameters
    ----------
    dim, targets : int
        Sizes of input and output.
    hidden : int
    dropout : float
    scale : sequence of (float, float), optional
        Slope and shift of each target before the tanh, see `avaffect.spec.Spec.scale`.
    """

    slope: Tensor
    shift: Tensor

    def __init__(
        self,
        dim: int,
        targets: int,
        *,
        hidden: int = 128,
        dropout: float = 0.2,
        scale: Sequence[tuple[float, float]] | None = None,
    ) -> None:
        super().__init__()
        slope, shift = torch.tensor([(1.0, 0.0)] * targets if scale is None else scale).unbind(dim=1)
        self.register_buffer("slope", slope, persistent=False)  # the spec has them
        self.register_buffer("shift", shift, persistent=False)
        self.layers = nn.Sequential(
            nn.Linear(dim, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, targets)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(b, t, d) fused features to (b, t, targets) in [-1, 1]."""
        return torch.tanh(self.layers(features) * self.slope + self.shift)


class FusionNetwork(nn.Module):
    """What stands behind the encoders: streams of features to targets, tick by tick.

    ::

        x_m   = temporal_m(features_m)       per stream; a linear layer or nothing without ``temporal``
        fused = fusion(x)                    x itself with a single stream and no fusion
        y     = fused_temporal(fused)        where the spec has one
        out   = head(y)

    Parameters
    ----------
    spec : Spec
        Its ``streams``, ``fusion``, ``fused_temporal``, ``standardise``, ``head``, ``scale`` and ``targets``
        are read.

    Raises
    ------
    ModelError
        If a part is unknown or does not fit.

    >>> from avaffect.spec import Component
    >>> streams = {name: Stream(dim, temporal_dim=8) for name, dim in (("audio", 2), ("visual", 4))}
    >>> network = FusionNetwork(Spec("hgrjca.test", streams, Component("hgrjca")))
    >>> features = {"audio": torch.zeros(3, 50, 2), "visual": torch.zeros(3, 50, 4)}
    >>> network(features, {name: torch.ones(3, 50, dtype=torch.bool) for name in features}).values.shape
    torch.Size([3, 50, 2])
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.streams, self.standardise = tuple(spec.streams), spec.standardise
        self.targets = spec.targets
        if spec.fusion is None and len(spec.streams) != 1:
            raise ModelError(f"streams {list(spec.streams)} and no fusion; name one, or take a single stream")
        self.temporal = nn.ModuleDict({name: _temporal(stream) for name, stream in spec.streams.items()})
        dims = {name: stream.fusion_dim for name, stream in spec.streams.items()}
        self.fusion: Fusion | None = None
        (dim, *_) = dims.values()
        if spec.fusion is not None:
            self.fusion = create_fusion(spec.fusion.name, dims=dims, **spec.fusion.options)
            dim = self.fusion.output_dim
        self.fused_temporal: nn.Module | None = None
        if spec.fused_temporal is not None:
            out, part = spec.fused_temporal_dim or dim, spec.fused_temporal
            self.fused_temporal = create_temporal(part.name, dim, out, **part.options)
            dim = out
        scale = [spec.scale.get(target, (1.0, 0.0)) for target in spec.targets]
        self.head = AffectHead(dim, len(spec.targets), scale=scale, **spec.head)
        for name, stream in spec.streams.items():
            self.register_buffer(f"mean_{name}", torch.zeros(stream.dim) if spec.standardise else None)
            self.register_buffer(f"deviation_{name}", torch.ones(stream.dim) if spec.standardise else None)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Affect:
        """Encoder features to targets.

        Parameters
        ----------
        streams : mapping of str to (b, t, d) torch.Tensor
            Features at `Spec.tick_rate` Hz; what stands at masked ticks does not matter. Streams that
            the spec does not have are passed over.
        masks : mapping of str to (b, t) torch.BoolTensor
            True where the modality was available.
        """
        features = {
            name: network(self._scaled(name, streams[name], masks[name]), masks[name])
            for name, network in self.temporal.items()
        }
        own = {name: masks[name] for name in features}
        if self.fusion is None:
            (value,) = features.values()
            out = Fused(value)
        else:
            out = self.fusion(features, own)
        fused = out.features
        if self.fused_temporal is not None:
            fused = self.fused_temporal(fused, torch.stack(list(own.values())).any(dim=0))
        return Affect(self.head(fused), out.weights, out.losses)

    @property
    def positional(self) -> bool:
        """Whether an output depends on the position of its tick in the input.

        Where it does not, masked ticks at either end can be cut off: the other outputs stay the same. A part
        says so itself, by an attribute ``positional`` that is true.
        """
        return any(getattr(part, "positional", False) for part in self.modules() if part is not self)

    def set_scale(self, stream: str, mean: Tensor, deviation: Tensor) -> None:
        """Set what ``standardise`` takes off and divides by: (d,) mean and standard deviation of a stream."""
        self.get_buffer(f"mean_{stream}").copy_(mean)
        self.get_buffer(f"deviation_{stream}").copy_(deviation)

    def _scaled(self, name: str, x: Tensor, mask: Tensor) -> Tensor:
        if self.standardise:
            x = (x - self.get_buffer(f"mean_{name}")) / self.get_buffer(f"deviation_{name}")
        return torch.where(mask.unsqueeze(-1), x, 0.0)


class AffectModel(nn.Module):
    """A model as its `Spec` describes it, with untrained weights until they are loaded.

    Use `encode` once per modality (costly, on face crops or log-mel) and `network` on windows of the features
    (cheap); prediction and training both go that way.

    Attributes
    ----------
    encoders : torch.nn.ModuleDict
        By stream; empty for a model that was trained on stored features alone.
    network : FusionNetwork
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.encoders = nn.ModuleDict()
        for name, stream in spec.streams.items():
            if stream.encoder is not None:
                encoder = create_encoder(stream.encoder.name, **stream.encoder.options)
                check_encoder(encoder, stream=name, dim=stream.dim, tick_rate=spec.tick_rate)
                if dict(stream.preprocessing) != dict(encoder.preprocessing):
                    raise ModelError(
                        f"the encoder {stream.encoder.name!r} takes input of preprocessing="
                        f"{dict(encoder.preprocessing)}; the spec says {short(stream.preprocessing)}"
                    )
                self.encoders[name] = encoder
        self.network = FusionNetwork(spec)

    def encode(self, stream: str, inputs: Tensor) -> Tensor:
        """Raw input of one modality to its features.

        ``visual``: (n, 112, 112, 3) uint8 aligned crops to (n, d), one row a crop.
        ``audio``: (b, frames, mels) log-mel at 100 Hz to (b, t, d) at `Spec.tick_rate`.
        """
        return self.encoders[stream](inputs)


class _Linear(nn.Linear):
    """A linear layer in the place of a temporal network."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = super().forward(x)
        return y if mask is None else torch.where(mask.unsqueeze(-1), y, 0.0)


class _Identity(nn.Module):
    """Features as they are."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x


def _temporal(stream: Stream) -> nn.Module:
    """The network over time of a stream."""
    if stream.temporal is not None:
        return create_temporal(stream.temporal.name, stream.dim, stream.fusion_dim, **stream.temporal.options)
    return _Identity() if stream.temporal_dim is None else _Linear(stream.dim, stream.temporal_dim)
