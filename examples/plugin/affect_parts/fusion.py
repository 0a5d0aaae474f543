"""A fusion: the mean of the streams that are there."""

import torch
from torch import nn

from avaffect.fusion import Fused, Fusion


class MeanFusion(Fusion):
    """The mean of the available streams, each brought to one size by a linear layer.

    Parameters
    ----------
    dims : mapping of stream name to feature size
    size : int
        Size of the fused features.
    """

    def __init__(self, *, dims, size=64):
        super().__init__(dims=dims, places={})  # no stream has a place of its own in the output
        self.output_dim = size
        self.layers = nn.ModuleDict({name: nn.Linear(dim, size) for name, dim in dims.items()})

    def fuse(self, streams, masks):
        """Streams (b, t, d), 0 where masked, and masks (b, t) to fused features (b, t, size)."""
        there = torch.stack([masks[name] for name in self.dims], dim=-1)  # (b, t, m)
        share = there / there.sum(-1, keepdim=True).clamp_min(1)
        values = torch.stack([self.layers[name](streams[name]) for name in self.dims], dim=-1)  # (b, t, f, m)
        weights = {
            f"share.{name}": share[..., k] for k, name in enumerate(self.dims)
        }  # columns share_audio, ...
        return Fused((values * share.unsqueeze(-2)).sum(-1), weights)
