"""Joint cross-attention, JCA (arXiv 2203.14779, CVPRW 2022; arXiv 2209.09068, T-BIOM 2023)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from .base import AttentionFusion
from .layers.joint import JointSteps
from .registry import register


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

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
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
            iterations=1,
            share=True,
            correlation=correlation,
            mixing=mixing,
            window=window,
            hidden=hidden,
            maps=maps,
        )

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """One step."""
        return self.steps.step(0, streams, masks)
