"""DDAG: dynamic dual-attentive aggregation (Ye et al., ECCV 2020, arXiv 2007.09314)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .attention import GraphAttention, PartAttention, bottleneck_norm
from .resnet import DEPTHS, EXPANSION, Stem, stages

MODALITIES = ("visible", "infrared")


@dataclass(frozen=True, eq=False)
class Described:
    """What the network makes of pictures.

    Attributes
    ----------
    pooled : (n, d) torch.Tensor
        Mean of the map: for the triplet loss and the graph.
    whole : (n, d) torch.Tensor
        ``pooled`` after batch normalisation: compared at test by its cosine.
    parts : (n, d) torch.Tensor
        Out of the part attention; compared at test likewise.
    """

    pooled: Tensor
    whole: Tensor
    parts: Tensor


class DDAG(nn.Module):
    """Pictures of two modalities to features of the person that are comparable across them.

    Each modality has a stem of its own, all else is shared. With 395 identities and the published size
    it has 41,931,929 parameters, of which 36,114,819 are used at test.

    Parameters
    ----------
    classes : int
        Identities in training.
    width : int
        Channels of the stem; 64 for ResNet-50.
    depths : sequence of four int
        Blocks in each stage; (3, 4, 6, 3) for ResNet-50. Small: ``width=16, depths=(1, 1, 1, 1)``.
    parts : int
        Horizontal stripes.
    hidden : int
        Of each head of the graph attention.
    """

    def __init__(
        self,
        classes: int,
        *,
        width: int = 64,
        depths: Sequence[int] = DEPTHS,
        parts: int = 3,
        hidden: int = 512,
    ) -> None:
        super().__init__()
        dim = EXPANSION * 8 * width
        self.dim = dim
        self.stems = nn.ModuleDict({name: Stem(width) for name in MODALITIES})
        self.stages = stages(width, depths)
        self.norm = bottleneck_norm(dim)
        self.parts = PartAttention(dim, parts)
        self.classifier = nn.Linear(dim, classes, bias=False)
        nn.init.normal_(self.classifier.weight, 0.0, 0.001)
        self.graph = GraphAttention(dim, classes, hidden=hidden)

    def forward(self, pictures: dict[str, Tensor]) -> Described:
        """Describe pictures.

        Parameters
        ----------
        pictures : {"visible": (n, 3, h, w), "infrared": (m, 3, h, w)} torch.Tensor
            Both, or one of them. Standardised by the mean and deviation of ImageNet, as published.

        Returns
        -------
        Described
            The n, then the m.
        """
        given = [name for name in MODALITIES if name in pictures]
        maps = self.stages(torch.cat([self.stems[name](pictures[name]) for name in given]))
        pooled = maps.mean(dim=(2, 3))
        whole = self.norm(pooled)
        return Described(pooled, whole, self.parts(maps, whole))
