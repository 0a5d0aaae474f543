"""Hierarchically gated recursive joint cross-attention, HGRJCA (arXiv 2503.12261, CVPRW 2025)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .base import Fused, Fusion
from .gated import GatedSteps
from .layers.gate import StreamGates
from .layers.joint import JointSteps
from .registry import register


@register("hgrjca")
class HGRJCA(Fusion):
    """GRJCA with a second, higher gate over the gated features of all iterations.

    With X_g,m^(l), l = 1..iterations, from `GatedSteps`::

        G_h,m = softmax( (S W_h,m + c_h,m) / T )         (t, iterations)
        out_m = ReLU( sum_l G_h,m[l] * X_g,m^(l) )

    With one iteration it is DCA on JCA. The paper's abstract fixes the two levels of gates. What a
    gate compares with and looks at, what recurses, and which weights are shared are choices of
    ours, each an option.

    ``attended.<stream>`` is the share of the output that is not the un-attended input:
    sum_l G_h[l] * (attended share of X_g^(l)).

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; two as published.
    iterations, temperature, reference, recurse, gate_input, activation, share_gates
        As in `GRJCA`; ``temperature``, ``gate_input`` and ``activation`` are those of both levels.
    share_steps, correlation, mixing, window, hidden
        As in `RJCA`.
    absent, maps
        As in `Fusion`.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        iterations: int = 3,
        temperature: float = 0.1,
        reference: str = "previous",
        recurse: str = "gated",
        gate_input: str = "last",
        activation: str = "relu",
        share_gates: bool = False,
        share_steps: bool = True,
        correlation: str = "feature",
        mixing: str = "feature",
        window: int | None = None,
        hidden: int | None = None,
        absent: str = "learned",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        self.output_dim = sum(self.dims.values())
        steps = JointSteps(
            self.dims,
            iterations=iterations,
            share=share_steps,
            correlation=correlation,
            mixing=mixing,
            window=window,
            hidden=hidden,
            maps=maps,
        )
        self.gated = GatedSteps(
            steps,
            self.dims,
            temperature=temperature,
            reference=reference,
            recurse=recurse,
            gate_input=gate_input,
            activation=activation,
            share_gates=share_gates,
        )
        self.stage = StreamGates(
            self.dims,
            iterations,
            temperature=temperature,
            source=gate_input,
            activation=activation,
        )

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Gated recursion, then the gate over iterations."""
        run = self.gated(streams, masks)
        mixed, stages = self.stage(run.gated)
        weights = run.weights
        for name, stage in stages.items():
            weights[f"stage.{name}"] = stage
            shares = torch.stack(run.attended_share[name], dim=-1)  # (b, t, iterations)
            weights[f"attended.{name}"] = (stage * shares).sum(dim=-1).clamp(max=1.0)
        return Fused(self.join(mixed, masks), weights)
