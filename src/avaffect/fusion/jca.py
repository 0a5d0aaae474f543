"""Joint cross-attention and its recursive forms: JCA, RJCA, RJCMA.

JCA: arXiv 2203.14779 (CVPRW 2022) and 2209.09068 (T-BIOM 2023). RJCA: arXiv 2304.07958 (ICASSP 2023).
RJCMA: arXiv 2403.13659 (ABAW6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from .base import AttentionFusion
from .layers.joint import JointSteps
from .options import takes
from .registry import register


@dataclass(frozen=True, kw_only=True)
class JointOptions:
    """Options of all fusions made of joint cross-attention steps; `JCA` says what they mean."""

    mixing: str = "feature"
    window: int | None = None
    hidden: int | None = None
    absent: str = "learned"
    maps: bool = False

    def joint_steps(
        self,
        dims: Mapping[str, int],
        *,
        iterations: int,
        share: bool,
        correlation: str,
        joint_layer: bool = False,
    ) -> JointSteps:
        """The steps that these options ask for."""
        return JointSteps(
            dims,
            iterations=iterations,
            share=share,
            correlation=correlation,
            mixing=self.mixing,
            window=self.window,
            hidden=self.hidden,
            joint_layer=joint_layer,
            maps=self.maps,
        )


@dataclass(frozen=True, kw_only=True)
class JCAOptions(JointOptions):
    """Options of `JCA`."""

    correlation: str = "feature"


@dataclass(frozen=True, kw_only=True)
class RJCAOptions(JCAOptions):
    """Options of `RJCA`."""

    iterations: int = 3
    share_steps: bool = True

    def recursion(self, dims: Mapping[str, int]) -> JointSteps:
        """The steps of all iterations."""
        return self.joint_steps(
            dims, iterations=self.iterations, share=self.share_steps, correlation=self.correlation
        )


@dataclass(frozen=True, kw_only=True)
class RJCMAOptions(JointOptions):
    """Options of `RJCMA`."""

    iterations: int = 3
    share_steps: bool = False


@register("jca")
class JCA(AttentionFusion):
    """Each stream attends to its correlation with the joint representation of all; once.

    The equations are with the step: `FeatureCorrelation`, `TimeCorrelation` (any length),
    `WindowedFeatureCorrelation`, `WindowedTimeCorrelation` (published).

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; two as published.
    correlation : {"feature", "time"}
        Convention A, over feature channels (ABAW3, T-BIOM), or B, over ticks.
    mixing : {"feature", "time"}
        Any length, or as published for one ``window``.
    window : int, optional
        With ``mixing="time"``: the length in ticks (8 in the ABAW3 form, 16 in the T-BIOM one).
    hidden : int, optional
        Rows of H; 32 as published, by default each stream's own size with ``mixing="feature"``.
    absent, maps
        As in `Fusion`.
    """

    @takes(JCAOptions)
    def __init__(self, dims: Mapping[str, int], options: JCAOptions) -> None:
        super().__init__(dims=dims, absent=options.absent, maps=options.maps)
        self.steps = options.joint_steps(self.dims, iterations=1, share=True, correlation=options.correlation)

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """One step."""
        return self.steps.step(0, streams, masks)


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

    @takes(RJCAOptions)
    def __init__(self, dims: Mapping[str, int], options: RJCAOptions) -> None:
        super().__init__(dims=dims, absent=options.absent, maps=options.maps)
        self.steps = options.recursion(self.dims)

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All iterations; the streams of the last."""
        return self.steps.recurse(streams, masks)


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

    @takes(RJCMAOptions)
    def __init__(self, dims: Mapping[str, int], options: RJCMAOptions) -> None:
        super().__init__(dims=dims, absent=options.absent, maps=options.maps)
        self.steps = options.joint_steps(
            self.dims,
            iterations=options.iterations,
            share=options.share_steps,
            correlation="time",
            joint_layer=True,
        )

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All iterations; the streams of the last."""
        return self.steps.recurse(streams, masks)
