"""MMLatch: its sizes, and the figures of the published program under the same weights and inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.fusion import Feedback
from avaffect.fusion.published import create_published
from avaffect.fusion.published.mmlatch import MMLatch

from .filling import Filler, given

DIMS = {"text": 6, "audio": 5, "visual": 4}
LENGTHS = torch.tensor([5, 3])


def utterances(lengths: Tensor = LENGTHS, ticks: int = 5) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two utterances, zero behind their ends."""
    there = torch.arange(ticks) < lengths[:, None]
    streams = {name: given((2, 5, dim), m)[:, :ticks] for m, (name, dim) in enumerate(DIMS.items())}
    return {name: x * there[..., None] for name, x in streams.items()}, dict.fromkeys(DIMS, there)


def filled(*, batching: str = "intended", top_down: str = "recurrent") -> tuple[MMLatch, Filler]:
    """The small network under the rule; without feedback the weights of the gains are passed over."""
    model = MMLatch(Feedback(dims=DIMS, size=4, batching=batching, top_down=top_down, absent="zero"))
    model, fill = model.double().eval(), Filler(0.5)
    for name in DIMS:
        encoder, attention = model.fusion.encoders[name], model.fusion.attention[name]
        fill.recurrent(encoder.ahead)
        fill.recurrent(encoder.back)
        fill.linear(attention.key, attention.query, attention.value)
    for name in ("text_audio", "visual_audio", "text_visual"):
        x, y = model.fusion.fuser[name].first, model.fusion.fuser[name].second
        fill.linear(x.key, y.query, x.value, y.key, x.query, y.value)
    three = model.fusion.three
    assert three is not None
    fill.linear(three.key, three.query, three.value)
    fill.recurrent(model.temporal.ahead)
    fill.recurrent(model.temporal.back)
    fill.linear(model.attention.key, model.attention.query, model.attention.value)
    for name, dim in DIMS.items():
        for other in DIMS:
            if other == name:
                continue
            layer = None if model.fusion.top_down is None else model.fusion.top_down[name][other]
            fill.recurrent(torch.nn.LSTM(4, dim) if layer is None else layer)
    fill.linear(model.out)
    return model, fill


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [0.557233, 0.526884]),
        ({"batching": "published"}, [0.557233, 0.551849]),
        ({"top_down": "none"}, [0.561978, 0.516720]),
    ],
)
def test_output(options: dict[str, str], wanted: list[float]) -> None:
    model, fill = filled(**options)
    assert fill.tensors == 91
    with torch.no_grad():
        np.testing.assert_allclose(model(*utterances()).flatten().numpy(), wanted, rtol=0, atol=6e-7)


def test_padding_matters_as_intended_and_does_not_when_masked() -> None:
    streams, masks = utterances(torch.tensor([3, 3]), ticks=3)
    for batching, same in (("intended", False), ("masked", True)):
        model, _ = filled(batching=batching)
        with torch.no_grad():
            alone, padded = model(streams, masks)[1].item(), model(*utterances())[1].item()
        assert alone == pytest.approx(0.500101, abs=6e-7)
        assert (abs(alone - padded) < 1e-9) == same


def test_parts_on_the_way() -> None:
    model, _ = filled()
    streams, masks = utterances()
    pooled: list[Tensor] = []
    model.out.register_forward_pre_hook(lambda _, given: pooled.append(given[0]))
    with torch.no_grad():
        model(streams, masks)
        first = model.fusion._encode(streams, masks)["text"]
        fused = model.fusion(streams, masks)
    np.testing.assert_allclose(
        first.flatten()[:4], [-0.130615, -0.113608, 0.152423, -0.080138], rtol=0, atol=6e-7
    )
    assert first.sum().item() == pytest.approx(-2.188355, abs=6e-7)
    for name, start, total in (
        ("text", [-0.519131, 0.295676, 0.078042], -0.647424),
        ("audio", [0.009835, -0.204208], -1.279819),
        ("visual", [-0.482645, 0.311799], -0.391963),
    ):
        masked = streams[name] * fused.weights[f"gain.{name}"]
        np.testing.assert_allclose(masked.flatten()[: len(start)], start, rtol=0, atol=6e-7)
        assert masked.sum().item() == pytest.approx(total, abs=6e-7)
    np.testing.assert_allclose(pooled[0].flatten()[:2], [-0.177861, -0.761059], rtol=0, atol=6e-7)
    assert pooled[0].sum().item() == pytest.approx(0.765792, abs=6e-7)


def test_number_of_parameters() -> None:
    def count(part: torch.nn.Module) -> int:
        return sum(weight.numel() for weight in part.parameters())

    with torch.device("meta"):
        model, without = create_published("mmlatch.mosei"), create_published("mmlatch.mosei", top_down="none")
    assert (count(model), count(without)) == (2_741_153, 1_633_801)
    encoders = {m: count(model.fusion.encoders[m]) + count(model.fusion.attention[m]) for m in DIMS}
    assert encoders == {"text": 351_600, "audio": 170_800, "visual": 139_600}
    assert count(model.fusion.top_down) == 1_107_352
    assert count(model.out) == 201


def test_gains_are_random_in_training_alone() -> None:
    model, _ = filled()
    given = utterances()
    assert torch.equal(model(*given), model(*given))
    model.train()
    assert not torch.equal(model(*given), model(*given))
