"""Additive angular margin softmax, AAM-softmax (Deng et al., ArcFace, CVPR 2019, arXiv 1801.07698)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class AngularMargin(nn.Module):
    """Cross-entropy over the angles between an embedding and one direction for each identity.

    With theta_c the angle between embedding and direction c, y the true identity::

        z_c = s cos(theta_c)                                  c != y
        z_y = s cos(theta_y + m)         where cos(theta_y) > cos(pi - m)
            = s ( cos(theta_y) - m sin(m) )   elsewhere, so that it goes on falling
        loss = cross-entropy( z, y ), mean of the batch

    The published fusions take m = 0.4, s = 64, their voice encoder m = 0.2, s = 30.

    Parameters
    ----------
    dim, classes : int
        Size of an embedding; number of identities.
    margin : float
        m, in radians.
    scale : float
        s.
    """

    def __init__(self, dim: int, classes: int, *, margin: float = 0.4, scale: float = 64.0) -> None:
        super().__init__()
        self.margin, self.scale = margin, scale
        self.weight = nn.Parameter(torch.empty(classes, dim))
        nn.init.xavier_normal_(self.weight)

    def forward(self, embeddings: Tensor, identities: Tensor) -> Tensor:
        """Loss of (b, dim) embeddings of (b,) int64 identities."""
        cosine = functional.linear(functional.normalize(embeddings), functional.normalize(self.weight))
        true = cosine.gather(1, identities[:, None])
        sine = (1 - true.square()).clamp(0, 1).sqrt()
        turned = true * math.cos(self.margin) - sine * math.sin(self.margin)
        past = true <= math.cos(math.pi - self.margin)
        target = torch.where(past, true - self.margin * math.sin(self.margin), turned)
        return functional.cross_entropy(
            self.scale * cosine.scatter(1, identities[:, None], target), identities
        )
