"""Inconsistency-aware cross-attention, IACA (arXiv 2405.12853)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .base import Fused, Fusion, at_least
from .dca import create_attention
from .layers.attention import SelfAttention
from .layers.gate import ModalityGate, StreamGates
from .registry import register


@register("iaca")
class IACA(Fusion):
    """Two gates in a row: cross- against self-attended features, then stream against stream.

    Per stream m, A_m its cross-attended features, S_m = X_m + self-attention(X_m)::

        G_m   = softmax( (A_m W_m + c_m) / T )                        (t, 2)
        X_g,m = ReLU( G_m[0] * S_m + G_m[1] * A_m )
        G     = softmax( ([P_1 X_g,1, P_2 X_g,2, ...] W + c) / T )    (t, streams)
        out   = ReLU( sum_m G[m] * P_m X_g,m )

    The two stages and the order of candidates follow the literature on the paper, whose text was not
    at hand; choices of ours: one residual layer of self-attention, which cross-attention, what the
    first gate sees, and P_m, a linear layer to a common size where the streams differ in size (else
    the identity). The second stage makes the size of the output that of one stream.

    Absent streams get a weight of exactly 0 from the second gate. ``share.<stream>`` is the
    stream's part of G; ``modality`` holds the same numbers side by side.

    Quadratic in length through the self-attention.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        As many streams as the attention takes; sizes divisible by ``heads``.
    width : int, optional
        Common size; by default that of the widest stream.
    heads : int
        Of the self-attention.
    attention, attention_options, temperature, gate_input
        As in `DCA`; the temperature is that of both stages.
    maps
        As in `Fusion`: those of the cross-attention.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        width: int | None = None,
        heads: int = 4,
        attention: str = "jca",
        attention_options: Mapping[str, Any] | None = None,
        temperature: float = 0.1,
        gate_input: str = "last",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, maps=maps, places={})
        self.output_dim = max(dims.values()) if width is None else width
        at_least("width", self.output_dim, 1)
        self.cross = create_attention(attention, self.dims, attention_options, maps=maps)
        self.self_attention = nn.ModuleDict(
            {name: SelfAttention(dim, heads) for name, dim in self.dims.items()}
        )
        self.gates = StreamGates(self.dims, temperature=temperature, source=gate_input)
        same = all(dim == self.output_dim for dim in self.dims.values())
        self.project = nn.ModuleDict(
            {
                # No bias: what is absent stays zero.
                name: nn.Identity() if same else nn.Linear(dim, self.output_dim, bias=False)
                for name, dim in self.dims.items()
            }
        )
        self.modality = ModalityGate(self.output_dim, len(self.dims), temperature=temperature)

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Attend in both ways, gate, gate across streams."""
        cross, weights = self.cross.attend(streams, masks)
        alone = {
            name: stream + self.self_attention[name](stream, masks[name]) for name, stream in streams.items()
        }
        gated, gates = self.gates({name: [alone[name], cross[name]] for name in streams})
        features, shares = self.modality(
            [self.project[name](gated[name]) for name in streams], list(masks.values())
        )
        for name, gate in gates.items():
            weights[f"gate.{name}.1"] = gate
        weights["modality"] = shares
        for index, name in enumerate(streams):
            weights[f"share.{name}"] = shares[..., index]
        return Fused(features, weights)
