"""Recursive joint cross-attention with a gate in every iteration: the part GRJCA and HGRJCA share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .base import one_of
from .layers.gate import StreamGates
from .layers.joint import JointSteps, number_maps

REFERENCES = ("previous", "input")
RECURSES = ("gated", "attended")


@dataclass
class GatedRun:
    """What the gated iterations gave, per stream and in their order.

    Attributes
    ----------
    gated : dict of list of (b, t, d) torch.Tensor
        X_g^(l).
    attended_share : dict of list of (b, t) torch.Tensor
        Share of X_g^(l) that is not the fusion's un-attended input.
    weights : dict of torch.Tensor
        ``gate.<stream>.<l>``, and the maps.
    """

    gated: dict[str, list[Tensor]]
    attended_share: dict[str, list[Tensor]]
    weights: dict[str, Tensor]


class GatedSteps(nn.Module):
    """Joint cross-attention steps, each followed by a gate per stream.

    Iteration l = 1..iterations, per stream m, from X^(0) the input of the fusion::

        A_m^(l)   = step( X^(l-1) )_m
        G_m^(l)   = softmax( (S W_m^(l) + c_m^(l)) / T )        (t, 2); S: `StageGate`, source
        X_g,m^(l) = ReLU( G_m^(l)[0] * R + G_m^(l)[1] * A_m^(l) )
        R         = X_m^(l-1) (reference "previous") or X_m^(0) (reference "input")
        X_m^(l)   = X_g,m^(l) (recurse "gated") or A_m^(l) (recurse "attended")

    Parameters
    ----------
    steps : JointSteps
    dims : mapping of stream name to feature size
    temperature, gate_input, activation
        `StageGate`'s ``temperature``, ``source``, ``activation``.
    reference : {"previous", "input"}
    recurse : {"gated", "attended"}
    share_gates : bool
        One gate per stream for all iterations, or one for each.
    """

    def __init__(
        self,
        steps: JointSteps,
        dims: Mapping[str, int],
        *,
        temperature: float,
        reference: str,
        recurse: str,
        gate_input: str,
        activation: str,
        share_gates: bool,
    ) -> None:
        super().__init__()
        self.steps = steps
        self.reference = one_of("reference", reference, REFERENCES)
        self.recurse = one_of("recurse", recurse, RECURSES)
        self.gates = nn.ModuleList(
            StreamGates(dims, temperature=temperature, source=gate_input, activation=activation)
            for _ in range(1 if share_gates else steps.iterations)
        )

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> GatedRun:
        """Run all iterations on streams (b, t, d), zero where masked."""
        run = GatedRun({name: [] for name in streams}, {name: [] for name in streams}, {})
        # Share of the un-attended input in what the next iteration gets, per stream.
        kept = {name: torch.ones_like(stream[..., 0]) for name, stream in streams.items()}
        current: Mapping[str, Tensor] = streams
        for index in range(self.steps.iterations):
            attended, maps = self.steps.step(index, current, masks)
            run.weights.update(number_maps(maps, index))
            unattended = current if self.reference == "previous" else streams
            gates = self.gates[index % len(self.gates)]
            gated, shares = gates({name: [unattended[name], attended[name]] for name in streams})
            for name, share in shares.items():
                run.weights[f"gate.{name}.{index + 1}"] = share
                left = share[..., 0] * (kept[name] if self.reference == "previous" else 1.0)
                run.gated[name].append(gated[name])
                run.attended_share[name].append(1.0 - left)
                kept[name] = left if self.recurse == "gated" else torch.zeros_like(left)
            current = gated if self.recurse == "gated" else attended
        return run
