"""Recursive joint cross-attention, RJCA (arXiv 2304.07958, ICASSP 2023)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from .base import AttentionFusion
from .layers.joint import JointSteps
from .registry import register


@register("rjca")
class RJCA(AttentionFusion):
    """JCA fed back into itself: the attended streams of one iteration are the input of the next.

    ``X^(l) = step(X^(l-1))`` for l = 1..iterations, ``X^(0)`` the input. The paper's equations give
    the weights no index of iteration, so they are shared here unless ``share_steps=False``; the
    published code stacks layers with weights of their own (and has one layer in all but name).

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; two as published.
    iterations : int
        l above; three was best in the paper's ablation.
    share_steps : bool
        One set of weights for all iterations, or one for each.
    correlation, mixing, window, hidden
        As in `JCA`; the paper's form is convention B, ``correlation="time", mixing="time"``.
    absent, maps
        As in `Fusion`; maps carry the iteration, ``correlation.audio.1``.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        iterations: int = 3,
        share_steps: bool = True,
        correlation: str = "feature",
        mixing: str = "feature",
        window: int | None = None,
        hidden: int | None = None,
        absent: str = "learned",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        self.steps = JointSteps(
            self.dims,
            iterations=iterations,
            share=share_steps,
            correlation=correlation,
            mixing=mixing,
            window=window,
            hidden=hidden,
            maps=maps,
        )

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All iterations; the streams of the last."""
        return self.steps.recurse(streams, masks)
