"""The person verification networks RJCA-PV (arXiv 2403.04654) and DCA-PV (arXiv 2403.04661)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from avaffect.temporal.blstm import BLSTM

from ..base import Fusion, one_of
from ..coattention import CoAttention
from ..dca import DCA
from ..layers.masking import keep_all, keep_known, unit
from .pooling import AttentiveStatistics

KINDS = ("rjca", "dca")


class PersonNetwork(nn.Module):
    """Face and voice embeddings of the segments of an utterance to one embedding of the person.

    ::

        a, v = Linear( a / |a| ), Linear( v / |v| )       with ``inputs`` alone
        a = BLSTM( a / |a| ),  v = BLSTM( v / |v| )       `BLSTM`, skip=True, normalise=True
        f = CoAttention( v, a ),  layers of their own     kind "rjca"
        f = BLSTM( f )                                    joint, as wide as its input
        f = DCA( v, a ), a gate behind co-attention       kind "dca", without the joint BLSTM
        e = Linear( AttentiveStatistics( f ) )

    The published networks leave out the spatial attention that their code builds: a face is one
    vector here, without positions.

    Two persons are compared by the cosine of their embeddings.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Visual first, as published.
    kind : {"rjca", "dca"}
    segments : int
        L; the key map of the co-attention is L x L.
    embedding : int
        Size of the embedding.
    layers : int
        Co-attention layers.
    dropout : float
        Of the co-attention.
    hidden : int
        Of the pooling.
    inputs : mapping of stream name to size, optional
        Sizes of the embeddings, which a linear layer first brings to ``dims``: for few people. Without it
        they have the sizes of ``dims``, as published.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        kind: str = "rjca",
        segments: int = 8,
        embedding: int = 512,
        layers: int = 2,
        dropout: float = 0.6,
        hidden: int = 256,
        inputs: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.kind = one_of("kind", kind, KINDS)
        self.reduce = nn.ModuleDict(
            {name: nn.Linear(size, dims[name]) for name, size in (inputs or {}).items()}
        )
        self.temporal = nn.ModuleDict(
            {name: BLSTM(dim, dim, dropout=0.1, skip=True, normalise=True) for name, dim in dims.items()}
        )
        options: dict[str, Any] = {"layers": layers, "dropout": dropout, "mixing": "time", "window": segments}
        self.fusion: Fusion
        self.joint: BLSTM | None = None
        joint = sum(dims.values())
        if kind == "rjca":
            self.fusion = CoAttention(dims=dims, absent="zero", **options)
            self.joint = BLSTM(joint, joint, skip=True, normalise=True)
        else:
            self.fusion = DCA(dims=dims, attention="coattention", attention_options=options, absent="zero")
        self.pooling = AttentiveStatistics(joint, hidden)
        self.out = nn.Linear(2 * joint, embedding)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None = None) -> Tensor:
        """Embed.

        Parameters
        ----------
        streams : mapping of name to (b, segments, dims[name]) torch.Tensor
        masks : mapping of name to (b, segments) bool torch.Tensor, optional
            True where the segment has a face, a voice.

        Returns
        -------
        (b, embedding) torch.Tensor
            Not normalised.
        """
        return self.out(self.pooling(*self.fused(streams, masks)))

    def fused(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """What is pooled (b, segments, sum of dims), and where any stream is available (b, segments)."""
        known = dict(masks or {})
        cleaned = keep_known(streams, known)
        whole = {
            name: known.get(name, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device))
            for name, x in cleaned.items()
        }
        found = {}
        for name, blstm in self.temporal.items():
            x = unit(cleaned[name])
            if name in self.reduce:
                x = unit(self.reduce[name](x))
            found[name] = blstm(x, whole[name])
        available = torch.stack(list(whole.values())).any(dim=0)
        fused = self.fusion(keep_all(found, whole), whole).features
        if self.joint is not None:
            fused = self.joint(fused, available)
        return fused, available
