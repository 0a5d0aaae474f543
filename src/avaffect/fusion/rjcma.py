"""Recursive joint cross-modal attention of audio, visual and text, RJCMA (arXiv 2403.13659, ABAW6)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from .base import AttentionFusion
from .layers.joint import JointSteps
from .registry import register


@register("rjcma")
class RJCMA(AttentionFusion):
    """RJCA of three streams with a linear layer before the joint representation.

    Per iteration, feature-major (d_m, L)::

        J    = Linear_{d -> d}([X_1; X_2; X_3])
        C_m  = tanh( X_m^T W_jm J / sqrt(d) )
        X_m <- ReLU( X_m W_cm C_m ) W_hm + X_m

    `WindowedTimeCorrelation` and, for any length, `TimeCorrelation` have the details. The paper
    writes weights of each iteration's own, W^(l); its code computes the linear layer and does not
    use it, which is not reproduced.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; three as published: audio, visual, text.
    iterations : int
        Three was best in the paper's ablation.
    share_steps : bool
        One set of weights for all iterations, or one for each (published).
    mixing, window, hidden
        As in `JCA`; the paper's window is 300 ticks.
    absent, maps
        As in `Fusion`; maps carry the iteration, ``attention.audio.1``.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        iterations: int = 3,
        share_steps: bool = False,
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
            correlation="time",
            mixing=mixing,
            window=window,
            hidden=hidden,
            maps=maps,
            joint_layer=True,
        )

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All iterations; the streams of the last."""
        return self.steps.recurse(streams, masks)
