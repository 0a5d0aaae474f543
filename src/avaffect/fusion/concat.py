"""Feature concatenation: the baseline without any fusion."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from .base import AttentionFusion
from .registry import register


@register("concat")
class Concat(AttentionFusion):
    """The streams side by side, untouched.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        One stream or more: with one it is that stream alone.
    absent, maps
        As in `Fusion`; there are no maps.
    """

    min_streams = 1

    def __init__(self, *, dims: Mapping[str, int], absent: str = "learned", maps: bool = False) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The streams themselves."""
        return streams, {}
