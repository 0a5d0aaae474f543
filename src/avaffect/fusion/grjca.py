"""Gated recursive joint cross-attention, GRJCA (arXiv 2503.12261, CVPRW 2025)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from .base import Fused, Fusion, one_of
from .gated import GatedSteps
from .layers.gate import StreamGates
from .layers.joint import JointSteps, number_maps
from .registry import register

GATINGS = ("each", "across")


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

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        iterations: int = 3,
        gating: str = "each",
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
        self.gating = one_of("gating", gating, GATINGS)
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
        if gating == "each":
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
        else:
            self.steps = steps
            self.stage = StreamGates(
                self.dims,
                iterations + 1,
                temperature=temperature,
                source=gate_input,
                activation=activation,
            )

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
