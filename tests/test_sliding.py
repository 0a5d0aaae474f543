"""Overlap-add over recordings longer than the window."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avaffect.model import Affect, FusionNetwork
from avaffect.overlap import OverlapAdd
from avaffect.sliding import slide
from avaffect.spec import Component, Spec, Stream
from avaffect.windows import window_starts


class _Pointwise:
    """A network without context: windows must then make no difference."""

    def __init__(self):
        self.lengths = set()

    def __call__(self, streams, masks):
        x = streams["audio"]
        self.lengths.add(x.shape[1])
        return Affect(x[..., :2], {"attended.audio": x[..., 2], "share.visual": x[..., 1], "gate.audio.1": x})


@given(st.integers(1, 500), st.integers(1, 50))
def test_windows_cover_every_tick_and_stay_inside(ticks, window):
    covered = np.zeros(ticks, dtype=int)
    for start in window_starts(ticks, window, max(1, window // 2)):
        stop = start + min(window, ticks)
        assert start >= 0
        assert stop <= ticks
        covered[start:stop] += 1
    assert covered.min() >= 1


@given(st.integers(1, 700), st.booleans())
def test_a_model_without_context_gives_the_same_in_windows(ticks, taper):
    x = torch.randn(ticks, 3)
    model = _Pointwise()
    masks = {"audio": torch.ones(ticks, dtype=torch.bool)}
    values, gates = slide(model, {"audio": x}, masks, window=20, hop=10, taper=taper)
    np.testing.assert_allclose(values, x[:, :2].numpy(), atol=1e-6)
    assert list(gates) == ["attended.audio", "share.visual"]
    np.testing.assert_allclose(gates["attended.audio"], x[:, 2].numpy(), atol=1e-6)
    np.testing.assert_allclose(gates["share.visual"], x[:, 1].numpy(), atol=1e-6)
    assert model.lengths == {min(ticks, 20)}


@pytest.mark.parametrize("taper", [True, False])
def test_overlaps_are_weighted_means(taper):
    """Against a plain loop; what no window covers is missing."""
    rng = np.random.default_rng(0)
    starts, windows = [0, 3, 4], rng.normal(size=(3, 5, 2))
    mean = OverlapAdd(12, taper=taper)
    mean.add(starts[:2], {"x": windows[:2], "y": windows[:2, :, 0]})
    mean.add(starts[2:], {"x": windows[2:], "y": windows[2:, :, 0]})
    found = mean.means()
    weights = [1, 2, 3, 2, 1] if taper else [1] * 5
    for tick in range(9):
        at = [(w, tick - start) for w, start in enumerate(starts) if 0 <= tick - start < 5]
        total = sum(weights[place] * windows[w, place] for w, place in at)
        np.testing.assert_allclose(found["x"][tick], total / sum(weights[place] for _, place in at))
    np.testing.assert_array_equal(found["y"][:9], found["x"][:9, 0])
    assert np.isnan(found["x"][9:]).all()


@pytest.mark.parametrize("ticks", [7, 16, 40])
def test_a_fusion_of_one_length_takes_a_shorter_recording(ticks):
    """It is padded and masked, as a short recording is in training."""
    torch.manual_seed(0)
    streams = {name: Stream(4) for name in ("audio", "visual")}
    fusion = Component("jca", {"mixing": "time", "window": 16})
    network = FusionNetwork(Spec("jca.test", streams, fusion)).eval()
    data = {name: torch.randn(ticks, 4) for name in streams}
    masks = {name: torch.ones(ticks, dtype=torch.bool) for name in streams}
    values, _ = slide(network, data, masks, window=16, hop=8)
    assert values.shape == (ticks, 2)
    if ticks < 16:
        padded = {name: torch.cat([x, torch.zeros(16 - ticks, 4)])[None] for name, x in data.items()}
        seen = {name: (torch.arange(16) < ticks)[None] for name in streams}
        with torch.inference_mode():
            expected = network(padded, seen).values[0, :ticks]
        np.testing.assert_allclose(values, expected.numpy(), atol=1e-6)
