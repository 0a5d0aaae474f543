"""Training after the encoders: what the gates are taught."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from avaffect.errors import ModelError
from avaffect.fusion import Fusion, create_fusion, list_fusions, set_temperature, stream_weights
from avaffect.model import FusionNetwork
from avaffect.spec import Component, Spec, Stream
from avaffect.train import Loss, NetworkFit, NetworkModule
from avaffect.train.loss import gate_loss
from avaffect.train.module import add_noise, hide_streams

from .stores import network_of, settings

CORRUPTED = {"audio": torch.tensor([[True, False, True]]), "visual": torch.tensor([[False, False, False]])}
MASKS = {"audio": torch.tensor([[True, True, False]]), "visual": torch.tensor([[True, True, True]])}
SIZE = 8


def weights(audio: list[float], visual: list[float]) -> dict[str, torch.Tensor]:
    return {"attended.audio": torch.tensor([audio]), "attended.visual": torch.tensor([visual])}


def test_gate_loss_is_the_cross_entropy_with_damage_where_both_streams_are() -> None:
    loss = gate_loss(
        weights([0.8, 0.3, 0.1], [0.5, 0.2, 0.9]), CORRUPTED, MASKS
    )  # the third tick does not count
    audio = -(math.log(0.8) + math.log(0.7)) / 2
    visual = -(math.log(0.5) + math.log(0.8)) / 2
    assert float(loss) == pytest.approx((audio + visual) / 2, rel=1e-5)


def test_gate_loss_of_a_saturated_gate_is_finite() -> None:
    assert torch.isfinite(gate_loss(weights([0.0, 1.0, 1.0], [1.0, 1.0, 1.0]), CORRUPTED, MASKS))


def test_a_fusion_without_gates_has_none_to_teach() -> None:
    with pytest.raises(ModelError, match=r"fit.loss.gate"):
        gate_loss({}, CORRUPTED, MASKS)


def batch(count: int = 6, ticks: int = 20) -> dict[str, Tensor]:
    """Sequences of which a third of the voice is damaged: there its features are far off."""
    random = torch.Generator().manual_seed(0)
    data: dict[str, Tensor] = {"affect": torch.rand(count, ticks, 2, generator=random) - 0.5}
    for name in ("audio", "visual"):
        data[name] = torch.randn(count, ticks, SIZE, generator=random)
        data[f"{name}_mask"] = torch.rand(count, ticks, generator=random) < 0.9
        data[f"{name}_corrupted"] = torch.zeros(count, ticks, dtype=torch.bool)
    data["audio_corrupted"] = (torch.rand(count, ticks, generator=random) < 0.33) & data["audio_mask"]
    data["audio"][data["audio_corrupted"]] += 3.0
    data["labelled"] = data["audio_mask"] | data["visual_mask"]
    data["recording"] = torch.arange(count)
    return data


def fused_weights(fusion: Fusion, data: dict[str, Tensor]) -> dict[str, Tensor]:
    masks = {name: data[f"{name}_mask"] for name in fusion.dims}
    return fusion({name: data[name] for name in fusion.dims}, masks).weights


def loss_of(found: dict[str, Tensor], data: dict[str, Tensor]) -> Tensor:
    corrupted = {name: data[f"{name}_corrupted"] for name in ("audio", "visual")}
    return gate_loss(found, corrupted, {name: data[f"{name}_mask"] for name in corrupted})


def untrained(name: str) -> Fusion:
    torch.manual_seed(0)
    return create_fusion(name, dims={"audio": SIZE, "visual": SIZE}).eval()


def kinds(name: str) -> set[str]:
    """Which kinds of stream weight a fusion has: nothing, or one of attended and share."""
    return {key.partition(".")[0] for key in stream_weights(fused_weights(untrained(name), batch()))}


ATTENDED = [name for name in list_fusions() if kinds(name) == {"attended"}]
OTHERS = [name for name in list_fusions() if name not in ATTENDED]


def test_some_fusions_have_attended_weights_and_some_have_not() -> None:
    assert {"dca", "grjca", "hgrjca"} <= set(ATTENDED)
    assert {"iaca", "jca", "lfan"} <= set(OTHERS)


@pytest.mark.parametrize("name", ATTENDED)
def test_gate_loss_falls_as_attended_rises_on_damaged_ticks(name: str) -> None:
    data = batch()
    found = {key: weight.detach() for key, weight in fused_weights(untrained(name), data).items()}
    losses = []
    for share in (0.1, 0.5, 0.9):
        on_damaged = torch.where(data["audio_corrupted"], share, found["attended.audio"])
        losses.append(float(loss_of({**found, "attended.audio": on_damaged}, data)))
    assert losses[0] > losses[1] > losses[2]


@pytest.mark.parametrize("name", ATTENDED)
def test_gates_taught_by_it_lean_on_the_other_stream_where_theirs_is_damaged(name: str) -> None:
    data, fusion = batch(), untrained(name)
    set_temperature(fusion, 1.0)
    there = data["audio_mask"] & data["visual_mask"]
    hit, intact = there & data["audio_corrupted"], there & ~data["audio_corrupted"]
    optimizer = torch.optim.Adam(fusion.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        loss_of(fused_weights(fusion, data), data).backward()
        optimizer.step()
    attended = fused_weights(fusion, data)["attended.audio"]
    assert attended[hit].mean() > 0.8
    assert attended[intact].mean() < 0.2


@pytest.mark.parametrize("name", OTHERS)
def test_gate_loss_refuses_fusions_that_have_nothing_attended(name: str) -> None:
    why = r"share\.audio\), and a corrupted stream should lose share" if name == "iaca" else "it has no gates"
    with pytest.raises(ModelError, match=rf"attended\.audio.*{why}; set fit.loss.gate=0, or take.*hgrjca"):
        loss_of(fused_weights(untrained(name), batch()), batch())


def test_own_loss_of_a_fusion_takes_part_and_is_refused_where_there_is_none() -> None:
    torch.manual_seed(0)
    data = batch()
    dims = dict.fromkeys(("audio", "visual"), SIZE)
    options = {"size": 4, "heads": 2, "layers": 1, "discriminator": True}
    streams = {name: Stream(dim) for name, dim in dims.items()}
    told = FusionNetwork(Spec("made.up", streams, Component("bibimodal", options)))
    loss, parts = NetworkModule(told, settings(loss=Loss(fusion=0.1))).train().loss(data)
    assert set(parts) == {"ccc", "fusion"}
    torch.testing.assert_close(loss, parts["ccc"] + 0.1 * parts["fusion"])
    silent = NetworkModule(network_of(dims, "concat", temporal=None), settings(loss=Loss(fusion=0.1)))
    with pytest.raises(ModelError, match="has none; set it to 0, or take bibimodal"):
        silent.train().loss(data)


def module(fusion: str, gate: float) -> NetworkModule:
    torch.manual_seed(0)
    network = network_of(
        dict.fromkeys(("audio", "visual"), SIZE), fusion, temporal=Component("tcn", {"levels": 1})
    )
    set_temperature(network, 1.0)
    plan = NetworkFit(batch=6, epochs=1, learning_rate=0.01, loss=Loss(mse=2.0, gate=gate))
    return NetworkModule(network, plan).eval()


def test_a_training_step_adds_the_weighted_gate_loss() -> None:
    data = batch()
    plain, taught = module("hgrjca", 0.0), module("hgrjca", 0.7)
    streams = {name: data[name] for name in ("audio", "visual")}
    masks = {name: data[f"{name}_mask"] for name in streams}
    expected = loss_of(taught.network(streams, masks).weights, data)
    assert expected > 0.1
    difference = taught.training_step(data, 0) - plain.training_step(data, 0)
    torch.testing.assert_close(difference, 0.7 * expected, rtol=1e-4, atol=1e-5)


def test_training_steps_with_the_gate_loss_teach_the_gates() -> None:
    data, trained = batch(), module("hgrjca", 1.0)
    there = data["audio_mask"] & data["visual_mask"]
    optimizer = torch.optim.Adam(trained.trained.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        trained.training_step(data, 0).backward()
        optimizer.step()
    streams = {name: data[name] for name in ("audio", "visual")}
    out = trained.network(streams, {name: data[f"{name}_mask"] for name in streams})
    attended = out.weights["attended.audio"]
    assert (
        attended[there & data["audio_corrupted"]].mean()
        > attended[there & ~data["audio_corrupted"]].mean() + 0.3
    )


def test_a_training_step_of_shares_is_refused() -> None:
    with pytest.raises(ModelError, match=r"share\.audio.*set fit.loss.gate=0"):
        module("iaca", 0.7).training_step(batch(), 0)


def masks_of(count: int, **streams: float) -> dict[str, Tensor]:
    """Masks of 10 ticks, each stream there in a share of the sequences."""
    random = torch.Generator().manual_seed(1)
    return {
        name: (torch.rand(count, 1, generator=random) < share).expand(-1, 10)
        for name, share in streams.items()
    }


def test_one_stream_at_most_is_hidden_and_never_the_only_one() -> None:
    masks = masks_of(6000, audio=0.9, visual=0.9, text=0.9)
    torch.manual_seed(0)
    hidden = hide_streams(masks, 0.3)
    number = torch.stack([mask[:, 0] for mask in masks.values()]).sum(0)
    left = torch.stack([mask[:, 0] for mask in hidden.values()]).sum(0)
    assert ((number - left) <= 1).all()
    assert (left[number > 0] > 0).all()
    whole = number == 3
    for name, mask in hidden.items():
        share = (masks[name] & ~mask)[whole, 0].float().mean()
        assert share == pytest.approx(0.1, abs=0.02), name
        assert (mask.all(1) == mask.any(1)).all()  # a whole stream or nothing
    alone = masks_of(50, audio=1.0)
    assert hide_streams(alone, 1.0) is alone


def test_noise_is_in_deviations_of_the_features() -> None:
    torch.manual_seed(0)
    features = torch.randn(50, 40, 2) * torch.tensor([1.0, 5.0])
    noise = add_noise(features, 0.15) - features
    torch.testing.assert_close(noise.std((0, 1)), 0.15 * features.std((0, 1)), rtol=0.1, atol=0)
    assert add_noise(features, 0.0) is features
