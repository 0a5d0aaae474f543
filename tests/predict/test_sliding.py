"""Overlap-add over recordings longer than the window."""

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from avaffect.model import Affect
from avaffect.predict.sliding import fuse
from avaffect.windows import window_starts


@dataclass
class _Spec:
    window: float = 4.0
    tick_rate: float = 5.0
    targets: tuple[str, ...] = ("valence", "arousal")


class _Pointwise:
    """A model without context: windows must then make no difference."""

    spec = _Spec()

    def __init__(self):
        self.lengths = set()

    def network(self, streams, masks):
        x = streams["audio"]
        self.lengths.add(x.shape[1])
        return Affect(x[..., :2], {"attended.audio": x[..., 2], "share.visual": x[..., 1], "gate.audio.1": x})

    network.positional = False


@given(st.integers(1, 500), st.integers(1, 50))
def test_windows_cover_every_tick_and_stay_inside(ticks, window):
    covered = np.zeros(ticks, dtype=int)
    for start in window_starts(ticks, window, max(1, window // 2)):
        stop = start + min(window, ticks)
        assert start >= 0
        assert stop <= ticks
        covered[start:stop] += 1
    assert covered.min() >= 1


@given(st.integers(1, 700))
def test_a_model_without_context_gives_the_same_in_windows(ticks):
    x = torch.randn(ticks, 3)
    model = _Pointwise()
    values, gates = fuse(model, {"audio": x}, {"audio": torch.ones(ticks, dtype=torch.bool)})
    np.testing.assert_allclose(values, x[:, :2].numpy(), atol=1e-6)
    assert list(gates) == ["attended.audio", "share.visual"]
    np.testing.assert_allclose(gates["attended.audio"], x[:, 2].numpy(), atol=1e-6)
    np.testing.assert_allclose(gates["share.visual"], x[:, 1].numpy(), atol=1e-6)
    assert model.lengths == {min(ticks, 20)}
