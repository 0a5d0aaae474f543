"""Dynamic cross-attention, DCA (arXiv 2403.19554, ICME 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor

from avaffect.errors import ModelError

from .base import AttentionFusion, Fused, Fusion
from .layers.gate import StreamGates
from .registry import create_fusion, fusion_class, register


@register("dca")
class DCA(Fusion):
    """A gate between the attended and the un-attended features of each stream, per tick.

    With A_m the attended streams of any attention of this family::

        G_m   = softmax( (A_m W_m + c_m) / T )           (t, 2)
        out_m = ReLU( G_m[0] * X_m + G_m[1] * A_m )

    Exact as published (the bias c is in its code only); the published network puts the gate behind
    two ``coattention`` layers: `dca.icme2024`. ``attended.<stream>`` is G_m[1].

    Parameters
    ----------
    dims : mapping of stream name to feature size
        As many streams as the attention takes.
    attention : str
        Name of the fusion whose attended streams are gated: "jca", "rjca", "ca", "coattention",
        "rjcma".
    attention_options : mapping, optional
        Its options, for example ``{"mixing": "time", "window": 16}``.
    temperature : float
        T; `set_temperature` changes it.
    gate_input : {"last", "concat"}
        The gate sees A_m (published) or [X_m, A_m].
    activation : {"relu", "none"}
    absent, maps
        As in `Fusion`.

    Raises
    ------
    ModelError
        ``attention`` is none that attends stream by stream.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        attention: str = "jca",
        attention_options: Mapping[str, Any] | None = None,
        temperature: float = 0.1,
        gate_input: str = "last",
        activation: str = "relu",
        absent: str = "learned",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        self.output_dim = sum(self.dims.values())
        self.attention = create_attention(attention, self.dims, attention_options, maps=maps)
        self.gates = StreamGates(self.dims, temperature=temperature, source=gate_input, activation=activation)

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Attend, then gate."""
        attended, weights = self.attention.attend(streams, masks)
        gated, gates = self.gates({name: [streams[name], attended[name]] for name in streams})
        for name, gate in gates.items():
            weights[f"gate.{name}.1"] = gate
            weights[f"attended.{name}"] = gate[..., 1]
        return Fused(self.join(gated, masks), weights)


def create_attention(
    name: str, dims: Mapping[str, int], options: Mapping[str, Any] | None, *, maps: bool
) -> AttentionFusion:
    """The named fusion, to be used for its attended streams only.

    Raises
    ------
    ModelError
        It does not attend stream by stream, or the options do not fit.
    """
    if not issubclass(fusion_class(name), AttentionFusion):
        raise ModelError(f"attention={name!r} gives no attended streams; try 'jca' or 'coattention'")
    options = {"absent": "zero", "maps": maps, **(options or {})}
    return cast(AttentionFusion, create_fusion(name, dims=dims, **options))
