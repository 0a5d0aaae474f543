"""Multi-head attention over ticks, with a mask over the ticks that answer."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from avaffect.errors import ModelError

from .masking import keep


class SelfAttention(nn.Module):
    """softmax(Q K^T / sqrt(d / heads)) V per head, and a linear layer; quadratic in length.

    Parameters
    ----------
    dim : int
        Feature size d, divisible by ``heads``.
    heads : int
    dropout : float
        On the attention weights.
    """

    def __init__(self, dim: int, heads: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        if heads < 1 or dim % heads:
            raise ModelError(f"{heads} heads for a size of {dim}; expected a divisor of {dim}")
        self.heads = heads
        self.dropout = dropout
        self.project = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor, asking: int | None = None) -> Tensor:
        """Attend.

        Parameters
        ----------
        x : (b, t, d) torch.Tensor
        mask : (b, t) bool torch.Tensor
        asking : int, optional
            Only so many ticks, the first, ask; all answer.

        Returns
        -------
        (b, t or asking, d) torch.Tensor
            Zero at masked ticks.
        """
        b, t, d = x.shape
        heads = self.project(x).view(b, t, 3, self.heads, d // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)  # 3 times (b, head, t, d / head)
        # A sequence with nothing available would have empty rows, of which some kernels make NaN:
        # there all ticks, which mean nothing, are let in, and `keep` empties the result.
        answers = mask | ~mask.any(dim=1, keepdim=True)
        asking = t if asking is None else asking
        found = scaled_dot_product_attention(
            query[:, :, :asking],
            key,
            value,
            attn_mask=answers[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        return keep(self.out(found.transpose(1, 2).reshape(b, asking, d)), mask[:, :asking])


class CrossAttention(SelfAttention):
    """The same with the ticks of one stream asking those of another."""

    def forward(self, x: Tensor, other: Tensor, mask: Tensor, other_mask: Tensor) -> Tensor:  # type: ignore[override]
        """Attend.

        Parameters
        ----------
        x, other : (b, t, d), (b, s, d) torch.Tensor
            Who asks, and who answers.
        mask, other_mask : (b, t), (b, s) bool torch.Tensor

        Returns
        -------
        (b, t, d) torch.Tensor
            Zero at masked ticks, and where nothing answers.
        """
        b, t, d = x.shape
        weight, bias = self.project.weight, self.project.bias
        query = linear(x, weight[:d], bias[:d]).view(b, t, self.heads, -1).transpose(1, 2)
        both = linear(other, weight[d:], bias[d:]).view(b, other.shape[1], 2, self.heads, -1)
        key, value = both.permute(2, 0, 3, 1, 4).unbind(0)  # twice (b, head, s, d / head)
        some = other_mask.any(dim=1, keepdim=True)
        found = scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=(other_mask | ~some)[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        return keep(self.out(found.transpose(1, 2).reshape(b, t, d)), mask & some)
