"""Leader-follower attention, LFAN (the ABAW2 baseline of this line of work; github.com/sucv/ABAW2)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError

from .base import Fused, Fusion, at_least
from .layers.masking import masked_softmax
from .registry import register


@register("lfan")
class LFAN(Fusion):
    """Attention among the streams of each tick; the leader is passed on untouched beside it.

    Per tick, with q_m, k_m, v_m = Linear_m(x_m) of size ``width`` and its heads apart::

        A        = softmax over streams of ( q_m . k_n / sqrt(width / heads) )     (m, m) per head
        y_m      = sum_n A[m, n] v_n + v_m
        follower = LayerNorm( Dropout( Linear([y_1, y_2, ...]) ) )
        out      = [x_leader, follower]

    The attention runs over streams alone, never over ticks. Which stream leads is the visual one in
    the published systems. Absent streams are attended to by none and contribute no y.

    ``modality`` (b, t, m) is the mean attention each stream gets from the available ones.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more.
    leader : str, optional
        By default "visual" if there is such a stream, else the first.
    width : int
        32 as published; divisible by ``heads``.
    heads : int
        2 as published.
    dropout : float
    absent
        As in `Fusion`, for the leader.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        leader: str | None = None,
        width: int = 32,
        heads: int = 2,
        dropout: float = 0.1,
        absent: str = "learned",
    ) -> None:
        leader = leader or ("visual" if "visual" in dims else next(iter(dims), ""))
        super().__init__(dims=dims, absent=absent, places={leader: dims[leader]} if leader in dims else {})
        if leader not in dims:
            raise ModelError(f"leader={leader!r} is none of the streams {list(dims)}")
        at_least("heads", heads, 1)
        if width < 1 or width % heads:
            raise ModelError(f"width={width} with {heads} heads; expected a multiple of {heads}")
        self.leader = leader
        self.heads = heads
        joint = width * len(self.dims)
        self.output_dim = self.dims[leader] + joint
        self.project = nn.ModuleDict({name: nn.Linear(dim, 3 * width) for name, dim in self.dims.items()})
        self.out = nn.Linear(joint, joint)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(joint)

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Attend among streams, and put the result beside the leader."""
        tokens = torch.stack([self.project[name](x) for name, x in streams.items()], dim=2)
        b, t, m, _ = tokens.shape  # (b, t, m, 3 width)
        parts = tokens.view(b, t, m, 3, self.heads, -1).permute(3, 0, 1, 4, 2, 5)
        query, key, value = parts.unbind(0)  # 3 times (b, t, head, m, width / head)
        available = torch.stack(list(masks.values()), dim=-1)  # (b, t, m)
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])  # (b, t, head, m, m)
        attention = masked_softmax(scores, available[:, :, None, None, :], dim=-1)
        found = attention.to(value.dtype) @ value + value
        found = torch.where(available[:, :, None, :, None], found, 0.0)
        followers = found.permute(0, 1, 3, 2, 4).reshape(b, t, -1)  # (b, t, m width)
        follower = self.norm(self.dropout(self.out(followers)))
        leader = self.join({self.leader: streams[self.leader]}, masks)
        return Fused(torch.cat([leader, follower], dim=-1), {"modality": _received(attention, available)})


def _received(attention: Tensor, available: Tensor) -> Tensor:
    """Mean attention (b, t, m) over heads and available askers, from (b, t, head, m, m)."""
    by_asker = attention.mean(dim=2)  # (b, t, m, m)
    asked = torch.where(available.unsqueeze(-1), by_asker, 0.0).sum(dim=2)
    return asked / available.sum(dim=-1, keepdim=True).clamp(min=1).to(asked.dtype)
