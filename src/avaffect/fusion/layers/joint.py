"""Joint cross-attention steps in a row: what JCA, RJCA, GRJCA, HGRJCA and RJCMA are built from."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from avaffect.errors import ModelError

from ..base import at_least, at_most, one_of
from .joint_feature import FeatureCorrelation, TimeCorrelation
from .joint_window import WindowedFeatureCorrelation, WindowedTimeCorrelation

CORRELATIONS = ("feature", "time")
MIXINGS = ("feature", "time")


class JointSteps(nn.Module):
    """``iterations`` joint cross-attention steps, with one set of weights or a set for each.

    Parameters
    ----------
    dims : mapping of stream name to feature size
    iterations : int
        1 to 100.
    share : bool
        One set of weights for all iterations (recursion in the strict sense) or one for each.
    correlation : {"feature", "time"}
        Convention A (feature channels, d_m x d) or B (ticks, L x L).
    mixing : {"feature", "time"}
        "feature" takes any length; "time" is the published form, of one ``window``.
    window : int, optional
        Length in ticks; given if and only if ``mixing="time"``.
    hidden : int, optional
        Rows of H: by default 32 with ``mixing="time"`` (published), else each stream's own size.
        The published convention B has none to choose.
    joint_layer : bool
        A linear layer before the joint representation (RJCMA); convention B only.
    maps : bool
        Give the maps of each step.

    Raises
    ------
    ModelError
        Options that do not go together.
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        *,
        iterations: int,
        share: bool,
        correlation: str,
        mixing: str,
        window: int | None,
        hidden: int | None,
        maps: bool,
        joint_layer: bool = False,
    ) -> None:
        super().__init__()
        at_least("iterations", iterations, 1)
        at_most("iterations", iterations, 100)
        if hidden is not None:
            at_least("hidden", hidden, 1)
        self.iterations = iterations
        self.maps = maps
        self.blocks = nn.ModuleList(
            _step(dims, correlation, mixing, window, hidden, joint_layer)
            for _ in range(1 if share else iterations)
        )

    def step(
        self, index: int, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Attended streams of iteration ``index``, from 0, and its maps (none without ``maps``)."""
        attended, maps = self.blocks[index % len(self.blocks)](streams, masks)
        return attended, maps if self.maps else {}

    def recurse(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The attended streams of the last iteration, each fed to the next; maps of all."""
        current = dict(streams)
        maps: dict[str, Tensor] = {}
        for index in range(self.iterations):
            current, found = self.step(index, current, masks)
            maps.update(number_maps(found, index))
        return current, maps


def number_maps(maps: Mapping[str, Tensor], index: int) -> dict[str, Tensor]:
    """Add the iteration, from 1, to the names of maps: ``attention.audio`` -> ``attention.audio.1``."""
    return {f"{name}.{index + 1}": each for name, each in maps.items()}


def check_mixing(mixing: str, window: int | None) -> None:
    """Raise a `ModelError` unless ``window`` is given with ``mixing="time"`` and only then."""
    one_of("mixing", mixing, MIXINGS)
    if mixing == "time" and window is None:
        raise ModelError("mixing='time' is of one length; say which: window=16 (ticks)")
    if mixing == "feature" and window is not None:
        raise ModelError(f"window={window} with mixing='feature', which takes any length; drop it")
    if window is not None:
        at_least("window", window, 1)


def _step(
    dims: Mapping[str, int],
    correlation: str,
    mixing: str,
    window: int | None,
    hidden: int | None,
    joint_layer: bool,
) -> nn.Module:
    one_of("correlation", correlation, CORRELATIONS)
    check_mixing(mixing, window)
    if correlation == "feature":
        if joint_layer:
            raise ModelError("joint_layer=True needs correlation='time'")
        if window is not None:
            return WindowedFeatureCorrelation(dims, window=window, hidden=hidden)
        return FeatureCorrelation(dims, hidden=hidden)
    if window is None:
        return TimeCorrelation(dims, hidden=hidden, joint_layer=joint_layer)
    if hidden is not None:
        raise ModelError("hidden has no meaning with correlation='time', mixing='time'; drop it")
    return WindowedTimeCorrelation(dims, window=window, joint_layer=joint_layer)
