"""Audio-guided spatial attention."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.errors import ModelError
from avaffect.fusion.published.spatial import SpatialAttention

from .. import reference as ref
from ..cases import weights_of

SIZES = {"dim_audio": 5, "dim_out": 7}


def build(*, published_layout: bool) -> SpatialAttention:
    torch.manual_seed(0)
    return SpatialAttention(6, 9, **SIZES, published_layout=published_layout).double()


def expected(w: ref.Weights, places: np.ndarray, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One tick: places (9, 6), audio (5,)."""
    heard = ref.relu(ref.linear(w, "audio", audio)) @ w["audio_score.weight"].T
    z = np.empty(9)
    for i in range(9):
        seen = ref.relu(ref.linear(w, "visual", places[i])) @ w["visual_score.weight"].T
        z[i] = (w["score.weight"] @ np.tanh(seen + heard[i]))[0]
    share = ref.softmax(z)
    return ref.linear(w, "out", share @ places), share


@pytest.mark.parametrize("published_layout", [False, True])
def test_equation(published_layout: bool) -> None:
    attention = build(published_layout=published_layout)
    maps = torch.randn(2, 4, 6, 3, 3, dtype=torch.float64)
    audio = torch.randn(2, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        features, weights = attention(maps, audio)
    w = weights_of(attention)
    for b in range(2):
        for t in range(4):
            tick = maps[b, t].numpy()
            # Published: the values in memory, channel after channel, cut into nine rows of six.
            places = tick.ravel().reshape(9, 6) if published_layout else tick.reshape(6, 9).T
            wanted, share = expected(w, places, audio[b, t].numpy())
            np.testing.assert_allclose(features[b, t].numpy(), wanted, rtol=0, atol=1e-9)
            np.testing.assert_allclose(weights[b, t].numpy(), share, rtol=0, atol=1e-9)


def test_finds_the_place_and_the_published_layout_does_not() -> None:
    """A place unlike all others stands out in one position, or is scattered over many."""
    maps = torch.zeros(1, 1, 6, 3, 3, dtype=torch.float64)
    maps[..., 1, 2] = 5.0
    audio = torch.zeros(1, 1, 5, dtype=torch.float64)
    alike = []
    for published_layout in (False, True):
        attention = build(published_layout=published_layout)
        torch.nn.init.zeros_(attention.audio.bias)
        share = attention(maps, audio)[1].flatten()
        alike.append((share - share[0]).abs() < 1e-12)
    assert alike[0].tolist() == [i != 5 for i in range(9)]
    assert alike[1].sum() < 8


def test_size_of_the_published_one() -> None:
    assert sum(each.numel() for each in SpatialAttention().parameters()) == 838_193


def test_pooled_features_are_refused() -> None:
    with pytest.raises(ModelError, match=r"\(2, 4, 54\); expected.*not pooled"):
        build(published_layout=False)(torch.zeros(2, 4, 54), torch.zeros(2, 4, 5))
    with pytest.raises(ModelError, match="with 9 positions"):
        build(published_layout=False)(torch.zeros(2, 4, 6, 3, 4), torch.zeros(2, 4, 5))


def test_half_precision() -> None:
    attention = build(published_layout=False).float()
    maps, audio = torch.randn(2, 4, 6, 3, 3), torch.randn(2, 4, 5)
    wanted = attention(maps, audio)[0]
    for dtype in (torch.float16, torch.bfloat16):
        with torch.autocast("cpu", dtype):
            got = attention(maps, audio)[0]
        torch.testing.assert_close(got.float(), wanted, rtol=0.1, atol=0.05)
