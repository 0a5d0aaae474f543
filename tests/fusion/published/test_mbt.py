"""MBT: its sizes, and the figures of the published program under the same weights and inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from avaffect.errors import ModelError
from avaffect.fusion.published import create_published
from avaffect.fusion.published.mbt import MBT, PatchEmbedding, mbt_loss, mixup

from .filling import Filler, given

SMALL = {
    "sizes": {"audio": (6, 4), "visual": (4, 4, 2)},
    "patches": {"audio": (2, 2), "visual": (2, 2, 2)},
    "classes": 3,
    "width": 8,
    "heads": 2,
    "hidden": 12,
    "layers": 4,
    "fusion_layer": 2,
    "bottlenecks": 3,
}
FIGURES: list[tuple[dict[str, object], list[list[float]]]] = [
    ({}, [[0.369761, -0.336526, 0.720980], [0.460926, 0.044620, 0.331992]]),
    ({"exchange": "none"}, [[0.484544, -0.507941, 0.862719], [0.581856, -0.167614, 0.573562]]),
    ({"fusion_layer": 4}, [[0.484544, -0.507941, 0.862719], [0.581856, -0.167614, 0.573562]]),
    ({"fusion_layer": 0}, [[0.506769, -0.470757, 0.733227], [0.398803, 0.003149, 0.408414]]),
    ({"exchange": "tokens"}, [[0.444907, -0.274441, 0.788826], [0.460754, 0.101366, 0.525837]]),
]


def inputs() -> dict[str, Tensor]:
    return {"audio": given((2, 6, 4, 3), 0), "visual": given((2, 4, 4, 2, 3), 1)}


def kernel(weight: Tensor, values: Tensor) -> None:
    """A published kernel, (in..., out), as a weight (out, in)."""
    weight.data.copy_(values.reshape(-1, len(weight)).T)


def filled(**options: object) -> tuple[MBT, Filler]:
    """The small network under the rule; the published kernels are (in, out)."""
    model, fill = MBT(**{**SMALL, **options}).double().eval(), Filler(0.5)  # type: ignore[arg-type]
    for name, shape in (("audio", (2, 2, 3, 8)), ("visual", (2, 2, 2, 3, 8))):
        kernel(model.embed[name].project.weight, fill.values(*shape))
        fill.fill(model.embed[name].project.bias)
    fill.fill(model.token["audio"], model.token["visual"])
    bottleneck = fill.values(3, 8)
    if model.encoder.bottleneck is not None:
        model.encoder.bottleneck.data.copy_(bottleneck)
    fill.fill(model.position["audio"], model.position["visual"])
    for layer in model.encoder.layers:
        for block in layer.values():
            fill.norm(block.attention_norm)
            for part in range(3):
                rows = slice(8 * part, 8 * part + 8)
                kernel(block.attention.project.weight[rows], fill.values(8, 2, 4))
                block.attention.project.bias.data[rows] = fill.values(2, 4).flatten()
            kernel(block.attention.out.weight, fill.values(2, 4, 8))
            fill.fill(block.attention.out.bias)
            fill.norm(block.forward_norm)
            for dense, shape in ((block.feed_forward[0], (8, 12)), (block.feed_forward[3], (12, 8))):
                kernel(dense.weight, fill.values(*shape))
                fill.fill(dense.bias)
    fill.norm(model.encoder.norm)
    kernel(model.head.weight, fill.values(8, 3))
    fill.fill(model.head.bias)
    return model, fill


@pytest.mark.parametrize(("options", "wanted"), FIGURES, ids=lambda value: str(value)[:30])
def test_logits_at_test(options: dict[str, object], wanted: list[list[float]]) -> None:
    model, fill = filled(**options)
    assert (fill.tensors, fill.numbers) == (141, 4_739)
    with torch.no_grad():
        np.testing.assert_allclose(model.predict(inputs()).numpy(), wanted, rtol=0, atol=6e-7)


def test_bottleneck_switched_off_is_late_fusion() -> None:
    model, _ = filled()
    model.encoder.exchange = "none"
    with torch.no_grad():
        np.testing.assert_allclose(model.predict(inputs()).numpy(), FIGURES[1][1], rtol=0, atol=6e-7)


def test_logits_and_tokens_of_each_stream() -> None:
    model, _ = filled()
    with torch.no_grad():
        logits, tokens = model(inputs()), model.encode(inputs())
    wanted = {
        "audio": [[-0.522622, 0.517738, 0.328646], [-0.589959, 1.330580, -0.283352]],
        "visual": [[1.262143, -1.190791, 1.113314], [1.511811, -1.241341, 0.947336]],
    }
    for name, values in wanted.items():
        np.testing.assert_allclose(logits[name].numpy(), values, rtol=0, atol=6e-7)
    joined = torch.cat(list(tokens.values()), dim=1)
    assert joined.shape == (2, 12, 8)
    np.testing.assert_allclose(joined.flatten()[:3], [-0.316861, -1.024777, 0.300949], rtol=0, atol=6e-7)
    assert joined.sum().item() == pytest.approx(-0.352845, abs=6e-7)


BOTH = ("audio", "visual")


@pytest.mark.parametrize(
    ("streams", "options", "count"),
    [
        (BOTH, {}, 175_009_295),
        (("audio",), {}, 86_360_591),
        (("visual",), {}, 89_051_663),
        (BOTH, {"share_blocks": True}, 89_954_831),
        (BOTH, {"read_out": "mean", "exchange": "none"}, 175_002_383),
    ],
)
def test_number_of_parameters(streams: tuple[str, ...], options: dict[str, object], count: int) -> None:
    """On the meta device, which holds no numbers."""
    sizes = {"audio": (800, 128), "visual": (32, 224, 224)}
    patches = {"audio": (16, 16), "visual": (2, 16, 16)}
    with torch.device("meta"):
        model = MBT(
            sizes={name: sizes[name] for name in streams},
            patches={name: patches[name] for name in streams},
            classes=527,
            **options,  # type: ignore[arg-type]
        )
    assert sum(weight.numel() for weight in model.parameters()) == count


def test_published_size_by_name() -> None:
    with torch.device("meta"):
        model = create_published("mbt.audioset")
    assert sum(weight.numel() for weight in model.parameters()) == 175_009_295
    assert model.encoder.layers[11]["audio"].skip == pytest.approx(0.3)
    assert [model.embed[name].tokens for name in BOTH] == [400, 3136]


def test_start_values() -> None:
    torch.manual_seed(0)
    model = MBT(**SMALL)  # type: ignore[arg-type]
    assert all((logits == 0).all() for logits in model({m: x.float() for m, x in inputs().items()}).values())
    attention = model.encoder.layers[0]["audio"].attention
    limit = np.sqrt(6 / 16)  # Xavier of 8 x 8, not of 24 x 8
    assert 0.8 * limit < attention.project.weight.abs().max() <= limit
    assert attention.project.bias.abs().max() == 0
    assert 0 < model.encoder.layers[0]["audio"].feed_forward[0].bias.abs().max() < 1e-5


def test_loss_is_the_mean_of_the_streams_own() -> None:
    logits = {"audio": torch.randn(4, 3), "visual": torch.randn(4, 3)}
    targets = torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 0], [0, 1, 0]])
    smooth = 0.7 * targets + 0.1
    own = [binary_cross_entropy_with_logits(each, smooth) * 3 for each in logits.values()]
    torch.testing.assert_close(mbt_loss(logits, targets), (own[0] + own[1]) / 2)


def test_mixup_mixes_all_streams_alike() -> None:
    torch.manual_seed(0)
    x = {"audio": torch.arange(4.0)[:, None], "visual": 10 * torch.arange(4.0)[:, None]}
    mixed, targets = mixup(x, torch.arange(4.0)[:, None])
    share = 1 - targets[0].item() / 3
    assert 0 < share < 1
    wanted = share * torch.arange(4.0)[:, None] + (1 - share) * torch.arange(3.0, -1, -1)[:, None]
    torch.testing.assert_close(mixed["audio"], wanted)
    torch.testing.assert_close(mixed["visual"], 10 * wanted)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ModelError, match=r"patches of \(4, 2\) in \(6, 4\); expected divisors"):
        PatchEmbedding((6, 4), (4, 2), channels=3, width=8)
    with pytest.raises(ModelError, match=r"shape \(1, 6, 5, 3\); expected \(batch, 6, 4, 3\)"):
        PatchEmbedding((6, 4), (2, 2), channels=3, width=8)(torch.zeros(1, 6, 5, 3))
    with pytest.raises(ModelError, match="sizes of .*; expected the same"):
        MBT(sizes={"audio": (4, 4)}, patches={"visual": (2, 2)}, classes=2)
