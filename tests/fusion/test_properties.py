"""Properties that hold for every fusion, over drawn shapes and masks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from avaffect.fusion import Fusion, stream_weights

from .cases import ANY_LENGTH, DIMS, THREE, UNORDERED, VARIANTS, build, name_of, random_masks, random_streams

Case = tuple[str, dict[str, Any]]
few = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
# Whose streams all do the same thing, each with weights of its own.
SYMMETRIC = ["bottleneck", "concat", "late", "jca", "rjca", "grjca", "hgrjca", "dca", "transformer"]


def picked(tensors: dict[str, Tensor], index: Any, dim: int = 0) -> dict[str, Tensor]:
    return {name: x.index_select(dim, torch.as_tensor(index)) for name, x in tensors.items()}


def drawn(batch: int, ticks: int, seed: int, dims: dict[str, int] = DIMS) -> tuple[Any, Any]:
    streams = random_streams(dims, batch, ticks, seed=seed)
    return streams, random_masks(dims, batch, ticks, seed=seed + 1)


@pytest.mark.parametrize("case", VARIANTS, ids=name_of)
@few
@given(batch=st.integers(1, 4), ticks=st.integers(1, 9), seed=st.integers(0, 99))
def test_sequences_of_a_batch_do_not_see_each_other(case: Case, batch: int, ticks: int, seed: int) -> None:
    fusion = build(*case)
    streams, masks = drawn(batch, ticks, seed)
    together = fusion(streams, masks)
    assert together.features.shape == (batch, ticks, fusion.output_dim)
    assert together.features.isfinite().all()
    for index in range(batch):
        alone = fusion(picked(streams, [index]), picked(masks, [index]))
        torch.testing.assert_close(alone.features[0], together.features[index], rtol=0, atol=1e-10)
        for name, weight in alone.weights.items():
            torch.testing.assert_close(weight[0], together.weights[name][index], rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", UNORDERED, ids=name_of)
@few
@given(ticks=st.integers(2, 9), seed=st.integers(0, 99), data=st.data())
def test_order_of_ticks_is_kept_and_not_used(case: Case, ticks: int, seed: int, data: Any) -> None:
    fusion = build(*case)
    order = data.draw(st.permutations(range(ticks)))
    streams, masks = drawn(2, ticks, seed)
    straight = fusion(streams, masks).features
    shuffled = fusion(picked(streams, order, dim=1), picked(masks, order, dim=1)).features
    torch.testing.assert_close(shuffled, straight[:, order], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", SYMMETRIC)
@few
@given(seed=st.integers(0, 99), order=st.permutations(list(THREE)))
def test_order_of_streams_does_not_matter(name: str, seed: int, order: list[str]) -> None:
    """The same weights under another order of streams: the same result, in that order."""
    fusion = build(name, ANY_LENGTH[name], THREE)
    other = build(name, ANY_LENGTH[name], {m: THREE[m] for m in order})
    other.load_state_dict(fusion.state_dict())
    streams, masks = drawn(2, 5, seed, THREE)
    one, two = fusion(streams, masks), other(streams, masks)
    if name == "late":
        torch.testing.assert_close(one.features, two.features, rtol=0, atol=1e-10)
    else:
        one_width = name in ("bottleneck", "transformer")
        sizes = {m: fusion.output_dim // 3 if one_width else THREE[m] for m in THREE}
        parts = dict(zip(THREE, one.features.split([sizes[m] for m in THREE], dim=-1), strict=True))
        wanted = torch.cat([parts[m] for m in order], dim=-1)
        torch.testing.assert_close(two.features, wanted, rtol=0, atol=1e-10)
    for key, weight in one.weights.items():
        torch.testing.assert_close(two.weights[key], weight, rtol=0, atol=1e-10)


STREAM_WEIGHTS = {"dca": "attended", "grjca": "attended", "hgrjca": "attended", "iaca": "share"}


@pytest.mark.parametrize("name", list(ANY_LENGTH))
@few
@given(seed=st.integers(0, 99))
def test_attended_and_share_lie_in_0_to_1_and_no_fusion_has_both(name: str, seed: int) -> None:
    fusion = build(name, ANY_LENGTH[name])
    streams, masks = drawn(2, 6, seed)
    weights = stream_weights(fusion(streams, masks).weights)
    kind = STREAM_WEIGHTS.get(name)
    assert set(weights) == ({f"{kind}.audio", f"{kind}.visual"} if kind else set())
    for weight in weights.values():
        assert weight.shape == (2, 6)
        assert ((weight >= 0) & (weight <= 1)).all()


def maps_of(fusion: Fusion, streams: dict[str, Tensor]) -> set[str]:
    return {name for name in fusion(streams).weights if "attention" in name or "correlation" in name}


@pytest.mark.parametrize(
    "name", ["jca", "rjca", "grjca", "hgrjca", "ca", "coattention", "dca", "iaca", "rjcma"]
)
def test_maps_come_only_when_asked_for(name: str) -> None:
    streams = random_streams(DIMS, 1, 5)
    assert not maps_of(build(name, {}), streams)
    assert maps_of(build(name, {"maps": True}), streams)
