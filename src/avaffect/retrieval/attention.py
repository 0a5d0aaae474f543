"""The two attentions of DDAG (Ye et al., ECCV 2020, arXiv 2007.09314): of parts, of a graph of pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class PartAttention(nn.Module):
    """Intra-modality weighted-part aggregation: each part of a body weighs all parts.

    With P the means of p horizontal stripes of a map, and x the normalised feature of the whole::

        R   = softmax( Q(P) K(P)^T ) V(P)                  (p, d); Q, K, V linear, not scaled
        out = BatchNorm( sum_p softmax(g)_p R_p + x )      (d)

    g are p learned numbers. For 2,048 features it has 12,593,155 parameters.

    Parameters
    ----------
    dim : int
        d.
    parts : int
        p.
    """

    def __init__(self, dim: int, parts: int = 3) -> None:
        super().__init__()
        self.parts = parts
        self.weights = nn.Parameter(torch.full((parts,), 1 / parts))  # g
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.norm = bottleneck_norm(dim)

    def forward(self, maps: Tensor, whole: Tensor) -> Tensor:
        """Aggregate.

        Parameters
        ----------
        maps : (n, d, h, w) torch.Tensor
        whole : (n, d) torch.Tensor
            x above.

        Returns
        -------
        (n, d) torch.Tensor
        """
        parts = functional.adaptive_avg_pool2d(maps, (self.parts, 1)).squeeze(-1).transpose(1, 2)  # (n, p, d)
        attention = torch.softmax(self.query(parts) @ self.key(parts).transpose(1, 2), dim=-1)  # (n, p, p)
        related = attention @ self.value(parts)  # (n, p, d)
        mixed = torch.softmax(self.weights, dim=0) @ related  # (p) @ (n, p, d) -> (n, d)
        return self.norm(mixed + whole)


def bottleneck_norm(dim: int) -> nn.BatchNorm1d:
    """Batch normalisation in front of a classifier: its scale starts near 1, its shift stays 0."""
    norm = nn.BatchNorm1d(dim)
    nn.init.normal_(norm.weight, 1.0, 0.01)
    norm.bias.requires_grad_(False)
    return norm


class GraphHead(nn.Module):
    """One head of graph attention (Velickovic et al., ICLR 2018, arXiv 1710.10903).

    Over the pictures of a batch, those of one identity being neighbours (a picture of itself too)::

        e_ij  = LeakyReLU_0.2( a^T [W h_i, W h_j] )     for neighbours
        out_i = sum_j softmax_j(e_ij) W h_j             dropout on the weights
    """

    def __init__(self, dim_in: int, dim_out: int, *, dropout: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dim_in, dim_out))  # W
        self.score = nn.Parameter(torch.empty(2 * dim_out, 1))  # a
        for each in (self.weight, self.score):
            nn.init.xavier_uniform_(each, gain=1.414)
        self.dropout = dropout

    def forward(self, features: Tensor, neighbours: Tensor) -> Tensor:
        """(n, dim_in) features and (n, n) bool neighbours to (n, dim_out)."""
        h = features @ self.weight
        own, other = self.score.split(h.shape[1])
        scores = functional.leaky_relu(h @ own + (h @ other).T, 0.2)  # (n, 1) + (1, n)
        scores = scores.masked_fill(~neighbours, -torch.inf)  # each has itself
        attention = functional.dropout(torch.softmax(scores, dim=1), self.dropout, self.training)
        return attention @ h


class GraphAttention(nn.Module):
    """Cross-modality graph attention: identities from the pictures of both modalities together.

    ::

        h = [ELU(head_1(x)), ..., ELU(head_k(x))]
        log p = log-softmax( ELU( head(h) ) )

    With dropout on x, on h and on the attention. It is used in training alone, for it needs the identities.

    Parameters
    ----------
    dim, classes : int
        Size of a feature; number of identities.
    hidden : int
        Size of each head.
    heads : int
        k.
    dropout : float
    """

    def __init__(
        self, dim: int, classes: int, *, hidden: int = 512, heads: int = 4, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.heads = nn.ModuleList(GraphHead(dim, hidden, dropout=dropout) for _ in range(heads))
        self.out = GraphHead(heads * hidden, classes, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor, identities: Tensor) -> Tensor:
        """Log-probabilities (n, classes) from features (n, dim) and identities (n,)."""
        neighbours = identities[:, None] == identities[None]
        return functional.log_softmax(
            functional.elu(self.out(self.dropout(self.attended(features, neighbours)), neighbours)), dim=1
        )

    def attended(self, features: Tensor, neighbours: Tensor) -> Tensor:
        """h above, (n, heads * hidden)."""
        x = self.dropout(features)
        return torch.cat([functional.elu(head(x, neighbours)) for head in self.heads], dim=1)
