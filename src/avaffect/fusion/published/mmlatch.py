"""The MMLatch network (arXiv 2201.09828, ICASSP 2022): word by word features to one sentiment."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..feedback import Feedback, SingleHead
from ..layers.masking import keep
from ..layers.recurrent import Bidirectional


class MMLatch(nn.Module):
    """`Feedback`, a bidirectional LSTM over its output, attention of the ticks to each other, their sum.

    ::

        f   = Feedback(streams)                           (t, 7 d)
        h   = [LSTM_ahead(f), LSTM_back(f)]               (t, 2 d)
        y   = sum over ticks of attention(h, h)           (2 d)
        out = Linear(y)

    The sum is over all ticks with the published forms of batching, padded ones too, and over those at which
    a stream is there with "masked".

    Parameters
    ----------
    fusion : Feedback
    dropout : float
        Behind the LSTM and on the attention weights.
    """

    def __init__(self, fusion: Feedback, *, dropout: float = 0.1) -> None:
        super().__init__()
        size = fusion.output_dim // 7 if len(fusion.dims) == 3 else fusion.output_dim // 3
        self.fusion = fusion
        self.temporal = Bidirectional(nn.LSTM, fusion.output_dim, size)
        self.dropout = nn.Dropout(dropout)
        self.attention = SingleHead(2 * size, dropout)
        self.out = nn.Linear(2 * size, 1)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Tensor:
        """Streams (b, t, dims[name]) and masks (b, t) by name to one number a sequence, (b, 1)."""
        there = torch.stack(list(masks.values())).any(dim=0)
        if self.fusion.batching == "published":
            there = torch.ones_like(there)
        h = torch.cat(self.temporal(self.fusion(streams, masks).features, there), dim=-1)
        h = self.dropout(h)
        found = self.attention(h, h, there)
        if self.fusion.batching == "masked":
            found = keep(found, there)
        return self.out(found.sum(dim=1))
