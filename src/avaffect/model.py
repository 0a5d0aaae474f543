"""The whole model: an encoder and a temporal network per modality, one fusion, a joint temporal
network if wanted, one head.

Axes: ``b`` batch, ``t`` ticks (`Spec.rate` Hz), ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .encoder import check_encoder, create_encoder
from .fusion import create_fusion
from .spec import Spec
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
    """

    values: Tensor
    weights: dict[str, Tensor]


class AffectHead(nn.Module):
    """Fused features to targets: linear, ReLU, dropout, linear, tanh.

    The published heads leave the output unbounded; tanh keeps it inside [-1, 1], which every
    corpus of the field uses.
    """

    def __init__(self, dim: int, targets: int, *, hidden: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, targets)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(b, t, d) fused features to (b, t, targets) in [-1, 1]."""
        return torch.tanh(self.layers(features))


class AffectModel(nn.Module):
    """A model as its `Spec` describes it, with untrained weights until they are loaded.

    Use `encode` once per modality (costly, on images or log-mel) and `fuse` on windows of the
    features (cheap); prediction and training both go that way.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.encoders = nn.ModuleDict()
        for name, stream in spec.streams.items():
            encoder = create_encoder(stream.encoder.name, **stream.encoder.options)
            check_encoder(encoder, stream=name, dim=stream.dim, tick_rate=spec.rate)
            self.encoders[name] = encoder
        self.temporal = nn.ModuleDict(
            {
                name: create_temporal(
                    stream.temporal.name, stream.dim, stream.fused_dim, **stream.temporal.options
                )
                for name, stream in spec.streams.items()
            }
        )
        dims = {name: stream.fused_dim for name, stream in spec.streams.items()}
        self.fusion = create_fusion(spec.fusion.name, dims=dims, **spec.fusion.options)
        joint, size = spec.joint, self.fusion.output_dim
        self.joint = create_temporal(joint.name, size, size, **joint.options) if joint else None
        self.head = AffectHead(self.fusion.output_dim, len(spec.targets), **spec.head)

    def encode(self, stream: str, inputs: Tensor) -> Tensor:
        """Raw input of one modality to its features.

        ``visual``: (n, 112, 112, 3) uint8 aligned crops to (n, d), one row a crop.
        ``audio``: (b, frames, mels) log-mel at 100 Hz to (b, t, d) at `Spec.rate`.
        """
        return self.encoders[stream](inputs)

    def fuse(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Affect:
        """Encoder features to targets.

        Parameters
        ----------
        streams : mapping of str to (b, t, d) torch.Tensor
            Features at `Spec.rate` Hz; what stands at masked ticks does not matter.
        masks : mapping of str to (b, t) torch.BoolTensor
            True where the modality was available.
        """
        features = {name: network(streams[name], masks[name]) for name, network in self.temporal.items()}
        fused = self.fusion(features, {name: masks[name] for name in features})
        together = fused.features
        if self.joint is not None:
            together = self.joint(together, torch.stack([masks[name] for name in features]).any(dim=0))
        return Affect(self.head(together), fused.weights)
