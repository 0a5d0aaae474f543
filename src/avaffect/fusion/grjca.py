"""Gated recursive joint cross-attention: GRJCA, and HGRJCA with a second level of gates.

Both are of arXiv 2503.12261 (CVPRW 2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .base import Fused, Fusion, one_of
from .jca import RJCAOptions
from .layers.gate import StreamGates
from .layers.joint import number_maps
from .options import takes
from .registry import register

GATINGS = ("each", "across")
REFERENCES = ("previous", "input")
RECURSES = ("gated", "attended")


@dataclass(frozen=True, kw_only=True)
class GatedOptions(RJCAOptions):
    """Options of `HGRJCA`, and of `GRJCA`, which says what they mean."""

    temperature: float = 0.1
    reference: str = "previous"
    recurse: str = "gated"
    gate_input: str = "last"
    activation: str = "relu"
    share_gates: bool = False

    def stream_gates(self, dims: Mapping[str, int], candidates: int = 2) -> StreamGates:
        """One gate per stream over so many candidates."""
        return StreamGates(
            dims,
            candidates,
            temperature=self.temperature,
            source=self.gate_input,
            activation=self.activation,
        )


@dataclass(frozen=True, kw_only=True)
class GRJCAOptions(GatedOptions):
    """Options of `GRJCA`."""

    gating: str = "each"


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
    dims : mapping of stream name to feature size
    options : GatedOptions
        `GRJCA` says what they mean.
    """

    def __init__(self, dims: Mapping[str, int], options: GatedOptions) -> None:
        super().__init__()
        self.reference = one_of("reference", options.reference, REFERENCES)
        self.recurse = one_of("recurse", options.recurse, RECURSES)
        self.steps = options.recursion(dims)
        gates = 1 if options.share_gates else options.iterations
        self.gates = nn.ModuleList(options.stream_gates(dims) for _ in range(gates))

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


@register("grjca")
class GRJCA(Fusion):
    """RJCA whose features pass a gate between attended and un-attended ones.

    ``gating="each"``: a gate in every iteration (`GatedSteps` has the equations); the output is the
    gated features of the last, X_g^(t).

    ``gating="across"``: plain recursion, X^(l) = step(X^(l-1)), then one gate over the input and the
    attended features of all iterations::

        G_m   = softmax( (S W_m + c_m) / T )             (t, iterations + 1)
        out_m = ReLU( sum_{l=0..iterations} G_m[l] * X_m^(l) )

    The paper's abstracts fix the two structures. What the gate compares with and looks at, what
    recurses, and which weights are shared are choices of ours, each an option.

    ``attended.<stream>`` is the share of the output that is not the un-attended input.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; two as published.
    iterations : int
    gating : {"each", "across"}
    temperature : float
        T; 0.1 is published for the gate of DCA. `set_temperature` changes it.
    reference : {"previous", "input"}
        What stands for un-attended in iteration l: that iteration's own input, or the fusion's.
        Only with ``gating="each"``, as the next two.
    recurse : {"gated", "attended"}
        What the next iteration gets.
    share_gates : bool
        One gate per stream for all iterations, or one for each.
    gate_input : {"last", "concat"}
        What a gate looks at: the (last) attended features, or all candidates.
    activation : {"relu", "none"}
        After a gate.
    share_steps, correlation, mixing, window, hidden
        As in `RJCA`.
    absent, maps
        As in `Fusion`.
    """

    @takes(GRJCAOptions)
    def __init__(self, dims: Mapping[str, int], options: GRJCAOptions) -> None:
        super().__init__(dims=dims, absent=options.absent, maps=options.maps)
        self.output_dim = sum(self.dims.values())
        self.gating = one_of("gating", options.gating, GATINGS)
        if self.gating == "each":
            self.gated = GatedSteps(self.dims, options)
        else:
            self.steps = options.recursion(self.dims)
            self.stage = options.stream_gates(self.dims, options.iterations + 1)

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Recursion and gates."""
        return self._each(streams, masks) if self.gating == "each" else self._across(streams, masks)

    def _each(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        run = self.gated(streams, masks)
        weights = run.weights
        for name in streams:
            weights[f"attended.{name}"] = run.attended_share[name][-1]
        last = {name: gated[-1] for name, gated in run.gated.items()}
        return Fused(self.join(last, masks), weights)

    def _across(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        candidates = {name: [stream] for name, stream in streams.items()}
        weights: dict[str, Tensor] = {}
        for index in range(self.steps.iterations):
            streams, maps = self.steps.step(index, streams, masks)
            weights.update(number_maps(maps, index))
            for name, stream in streams.items():
                candidates[name].append(stream)
        mixed, stages = self.stage(candidates)
        for name, stage in stages.items():
            weights[f"stage.{name}"] = stage
            weights[f"attended.{name}"] = 1.0 - stage[..., 0]
        return Fused(self.join(mixed, masks), weights)


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

    @takes(GatedOptions)
    def __init__(self, dims: Mapping[str, int], options: GatedOptions) -> None:
        super().__init__(dims=dims, absent=options.absent, maps=options.maps)
        self.output_dim = sum(self.dims.values())
        self.gated = GatedSteps(self.dims, options)
        self.stage = options.stream_gates(self.dims, options.iterations)

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
