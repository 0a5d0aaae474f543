"""What comes behind the encoders, for any streams: temporal networks, a fusion, a head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...corpus.windows import Windows
from ...errors import ModelError
from ...fusion import create_fusion
from ...model import Affect, AffectHead
from ...spec import Component
from ...temporal import create_temporal

TCN = Component("tcn")


class SequenceModel(nn.Module):
    """Streams of features to targets, tick by tick.

    ::

        x_m   = temporal_m(features_m)        per stream; a linear layer without ``temporal``
        fused = fusion(x)                     x itself with a single stream
        y     = joint(fused)                  where asked for: a temporal network over what was fused
        out   = head(y)

    The parts `temporal`, `fusion` and `head` are those of `avaffect.model.AffectModel` under the same names.

    Parameters
    ----------
    dims : mapping of str to int
        Feature size by stream; the order is the fusion's.
    targets : tuple of str
    fused_dim : int, mapping of str to int, or None
        Feature size behind the temporal network, for all streams or by stream; None keeps each stream's.
    temporal : Component, optional
        For `create_temporal`. Without it a linear layer brings each stream to ``fused_dim``, and without that
        too the features are fused as they are.
    fusion : Component, optional
        For `create_fusion`; None for a single stream.
    joint : Component, optional
        For `create_temporal`, behind the fusion.
    joint_dim : int, optional
        Feature size that it gives; the fusion's by default.
    head : mapping
        Options of `avaffect.model.AffectHead`.
    standardise : bool
        Bring each feature to mean 0 and deviation 1 over what `measure_scale` is shown; `fit_sequence` shows
        the training recordings.

    Raises
    ------
    ModelError
        If a part is unknown or does not fit.

    >>> model = SequenceModel({"audio": 2, "visual": 4}, fusion=Component("hgrjca"), fused_dim=8)
    >>> streams = {"audio": torch.zeros(3, 50, 2), "visual": torch.zeros(3, 50, 4)}
    >>> model(streams, {name: torch.ones(3, 50, dtype=torch.bool) for name in streams}).values.shape
    torch.Size([3, 50, 2])
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        *,
        targets: tuple[str, ...] = ("valence", "arousal"),
        fused_dim: int | Mapping[str, int] | None = 64,
        temporal: Component | None = TCN,
        fusion: Component | None = None,
        joint: Component | None = None,
        joint_dim: int | None = None,
        head: Mapping[str, Any] | None = None,
        standardise: bool = False,
    ) -> None:
        super().__init__()
        self.dims, self.targets, self.standardise = dict(dims), tuple(targets), standardise
        if fusion is None and len(dims) != 1:
            raise ModelError(f"streams {list(dims)} and no fusion; name one, or train on a single stream")
        fused = _fused_dims(self.dims, fused_dim)
        self.temporal = nn.ModuleDict(
            {
                name: _Same()
                if temporal is None and fused_dim is None
                else _temporal(temporal, dim, fused[name])
                for name, dim in self.dims.items()
            }
        )
        self.fusion = None if fusion is None else create_fusion(fusion.name, dims=fused, **fusion.options)
        dim = next(iter(fused.values())) if self.fusion is None else self.fusion.output_dim
        self.fused_temporal: nn.Module | None = None
        if joint is not None:
            self.fused_temporal = create_temporal(joint.name, dim, joint_dim or dim, **joint.options)
            dim = joint_dim or dim
        self.head = AffectHead(dim, len(self.targets), **(head or {}))
        for name, size in self.dims.items():
            self.register_buffer(f"mean_{name}", torch.zeros(size) if standardise else None)
            self.register_buffer(f"deviation_{name}", torch.ones(size) if standardise else None)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Affect:
        """Predict.

        Parameters
        ----------
        streams : mapping of str to (b, t, d) torch.Tensor
            Those of ``dims``; others are passed over. What stands at masked ticks does not matter.
        masks : mapping of str to (b, t) torch.BoolTensor
            True where the stream was available.

        Returns
        -------
        Affect
            ``values`` (b, t, targets) in [-1, 1].
        """
        features = {
            name: network(self._scaled(name, streams[name], masks[name]), masks[name])
            for name, network in self.temporal.items()
        }
        own = {name: masks[name] for name in self.dims}
        if self.fusion is None:
            (fused,), weights = features.values(), {}
        else:
            out = self.fusion(features, own)
            fused, weights = out.features, out.weights
        if self.fused_temporal is not None:
            fused = self.fused_temporal(fused, torch.stack(list(own.values())).any(0))
        return Affect(self.head(fused), weights)

    @torch.no_grad()
    def measure_scale(self, windows: Windows) -> None:
        """Learn what ``standardise`` needs from the available ticks of recordings; nothing without it."""
        if not self.standardise:
            return
        for name in self.dims:
            total = torch.zeros(3, self.dims[name], dtype=torch.float64)  # count, sum, sum of squares
            for stored in windows.recordings:
                tensors = stored.read()
                values = tensors[f"features.{name}"][tensors[f"mask.{name}"]].double()
                total += torch.stack([torch.ones_like(values).sum(0), values.sum(0), values.square().sum(0)])
            count = total[0].clamp_min(1)
            mean = total[1] / count
            deviation = (total[2] / count - mean.square()).clamp_min(0).sqrt()
            # A feature that never changes stays where it is: only its mean is taken off.
            deviation = deviation.where(deviation > 1e-6, 1.0)
            self.get_buffer(f"mean_{name}").copy_(mean)
            self.get_buffer(f"deviation_{name}").copy_(deviation)

    def _scaled(self, name: str, x: Tensor, mask: Tensor) -> Tensor:
        if self.standardise:
            x = (x - self.get_buffer(f"mean_{name}")) / self.get_buffer(f"deviation_{name}")
        return torch.where(mask.unsqueeze(-1), x, 0.0)


class _Linear(nn.Linear):
    """A linear layer in the place of a temporal network."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = super().forward(x)
        return y if mask is None else torch.where(mask.unsqueeze(-1), y, 0.0)


class _Same(nn.Module):
    """Features as they are."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x


def _temporal(part: Component | None, dim_in: int, dim_out: int) -> nn.Module:
    if part is None:
        return _Linear(dim_in, dim_out)
    return create_temporal(part.name, dim_in, dim_out, **part.options)


def _fused_dims(dims: Mapping[str, int], fused: int | Mapping[str, int] | None) -> dict[str, int]:
    if fused is None:
        return dict(dims)
    if isinstance(fused, int):
        return dict.fromkeys(dims, fused)
    missing = [name for name in dims if name not in fused]
    if missing:
        raise ModelError(
            f"fused_dim has no size for the stream {missing[0]!r}; give one for each of {list(dims)}"
        )
    return {name: fused[name] for name in dims}
