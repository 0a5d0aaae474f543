"""Fusions by name, and what is said when something does not fit."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from avaffect.errors import AvaffectError, ModelError
from avaffect.fusion import Fusion, create_fusion, fusion_class, list_fusions, register

from .cases import DIMS, THREE, random_streams

FAMILY = [
    "bibimodal", "bottleneck", "ca", "coattention", "concat", "dca", "feedback", "grjca", "hgrjca", "iaca",
    "jca", "late", "lfan", "rjca", "rjcma", "transformer",
]  # fmt: skip


def test_the_family_is_complete() -> None:
    assert list_fusions() == FAMILY


@pytest.mark.parametrize("name", FAMILY)
def test_streams_taken_are_those_stated(name: str) -> None:
    kind = fusion_class(name)
    many = {f"stream{i}": 4 for i in range(5)}
    least = dict(list(many.items())[: kind.min_streams])
    most = many if kind.max_streams is None else dict(list(many.items())[: kind.max_streams])
    for dims in (least, most):
        fusion = create_fusion(name, dims=dims).double()
        features = fusion(random_streams(dims, 2, 3)).features
        assert features.shape == (2, 3, fusion.output_dim)
    with pytest.raises(ModelError, match=r"was given 0 stream"):
        create_fusion(name, dims={})
    if kind.min_streams == 2:
        with pytest.raises(ModelError, match=r"given 1 stream\(s\) \['stream0'\]; it takes 2"):
            create_fusion(name, dims={"stream0": 4})
    if kind.max_streams is not None:
        with pytest.raises(ModelError, match=f"takes 2 to {kind.max_streams}"):
            create_fusion(name, dims=many)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("hgrjac", {}, "unknown fusion 'hgrjac'; did you mean 'hgrjca'"),
        ("hgrjca", {"iteration": 2}, "no option 'iteration'; did you mean 'iterations'"),
        ("hgrjca", {"iterations": 0}, "iterations=0; expected 1 or more"),
        ("hgrjca", {"correlation": "both"}, "correlation='both'; expected one of 'feature', 'time'"),
        ("hgrjca", {"reference": "first"}, "reference='first'; expected one of"),
        ("grjca", {"gating": "none"}, "gating='none'"),
        ("jca", {"absent": "nan"}, "absent='nan'; expected one of 'learned', 'zero'"),
        ("jca", {"mixing": "time"}, "say which: window="),
        ("jca", {"window": 8}, "window=8 with mixing='feature'"),
        ("jca", {"mixing": "time", "window": 8, "correlation": "time", "hidden": 4}, "drop it"),
        ("jca", {"hidden": 0}, "hidden=0"),
        ("coattention", {"mixing": "time"}, "say which: window="),
        ("dca", {"attention": "late"}, "attention='late' gives no attended streams"),
        ("dca", {"attention_options": {"mixng": "time"}}, "did you mean 'mixing'"),
        ("lfan", {"leader": "text"}, "leader='text' is none of the streams"),
        ("lfan", {"width": 7}, "width=7 with 2 heads"),
        ("transformer", {"heads": 5}, "5 heads for a size of 12"),
        (
            "feedback",
            {"top_down": "fixed"},
            "top_down='fixed'; expected one of 'recurrent', 'static', 'none'",
        ),
        ("feedback", {"batching": "packed"}, "batching='packed'; expected one of 'masked', 'intended'"),
        ("feedback", {"centre": "text"}, "centre='text' is none of the streams ['audio', 'visual']"),
        ("feedback", {"size": 0}, "size=0; expected 1 or more"),
        ("bibimodal", {"size": 7}, "5 heads for a size of 7"),
        ("bibimodal", {"centre": "text"}, "centre='text' is none of the streams"),
        ("bibimodal", {"layers": 0}, "layers=0; expected 1 or more"),
        ("bottleneck", {"fusion_layer": 5}, "fusion_layer=5; expected 4 or less"),
        ("bottleneck", {"bottlenecks": 0}, "bottlenecks=0; expected 1 or more"),
        ("bottleneck", {"exchange": "tokns"}, "exchange='tokns'; expected one of 'bottleneck', 'tokens'"),
        ("bottleneck", {"read_out": "mean"}, "read_out='mean'; expected one of 'ticks', 'class'"),
    ],
)
def test_what_does_not_fit_is_said(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(AvaffectError) as error:
        create_fusion(name, dims=DIMS, **options)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_input_that_does_not_fit_is_said() -> None:
    fusion = create_fusion("jca", dims=DIMS)
    streams = {m: torch.zeros(2, 5, dim) for m, dim in DIMS.items()}
    there = torch.ones(2, 5, dtype=torch.bool)
    for given, masks, said in (
        ({"audio": streams["audio"]}, None, r"streams \['audio'\]; this fusion takes"),
        ({**streams, "text": streams["audio"]}, None, "takes"),
        ({**streams, "audio": torch.zeros(2, 5, 9)}, None, r"\(2, 5, 9\); expected \(batch, time, 8\)"),
        ({**streams, "visual": torch.zeros(2, 6, 12)}, None, r"batch and time of 'audio', \(2, 5\)"),
        ({**streams, "audio": torch.zeros(5, 8)}, None, r"expected \(batch, time, 8\)"),
        (streams, {"text": there}, r"masks for \['text'\]"),
        (streams, {"audio": there.float()}, "torch.float32.*expected torch.bool"),
        (streams, {"audio": there[:, :4]}, r"shape \(2, 4\)"),
    ):
        with pytest.raises(ModelError, match=said):
            fusion(given, masks)


@pytest.mark.parametrize("name", ["jca", "coattention", "rjcma"])
def test_published_form_is_of_one_length(name: str) -> None:
    fusion = create_fusion(name, dims=DIMS, mixing="time", window=6).double()
    with pytest.raises(ModelError, match="5 ticks given to a fusion over a window of 6.*mixing='feature'"):
        fusion(random_streams(DIMS, 1, 5))


def test_a_fusion_can_be_added_once() -> None:
    with pytest.raises(ModelError, match="a fusion named 'jca' exists"):
        register("jca")(fusion_class("jca"))


@pytest.mark.parametrize("name", FAMILY)
def test_weights_do_not_depend_on_the_batch_or_the_length(name: str) -> None:
    """One set of weights, any batch and any length, one tick included."""
    fusion: Fusion = create_fusion(name, dims=DIMS).double().eval()
    for batch, ticks in ((1, 1), (3, 2), (1, 40)):
        assert fusion(random_streams(DIMS, batch, ticks)).features.shape[:2] == (batch, ticks)


@pytest.mark.parametrize("name", FAMILY)
def test_state_survives_a_round_trip(name: str) -> None:
    one = create_fusion(name, dims=DIMS).double().eval()
    two = create_fusion(name, dims=DIMS).double().eval()
    two.load_state_dict(one.state_dict())
    streams = random_streams(DIMS, 2, 4)
    assert torch.equal(one(streams).features, two(streams).features)


@pytest.mark.parametrize("name", ["rjca", "rjcma", "grjca", "hgrjca"])
def test_shared_steps_and_gates_are_held_once(name: str) -> None:
    def weights(part: str, **options: bool) -> int:
        fusion = create_fusion(name, dims=DIMS, iterations=3, **options)
        found = [w for key, w in fusion.named_parameters() if part in key]
        return sum(w.numel() for w in found)

    assert weights("blocks.", share_steps=False) == 3 * weights("blocks.", share_steps=True) > 0
    if name in ("grjca", "hgrjca"):
        one = weights("gated.gates.", share_gates=True)
        assert weights("gated.gates.", share_gates=False) == 3 * one > 0


def test_stream_names_must_be_names() -> None:
    with pytest.raises(ModelError, match="'au.dio'"):
        create_fusion("jca", dims={"au.dio": 4, "visual": 4})
    with pytest.raises(ModelError, match="'visual' of size 0"):
        create_fusion("jca", dims={"audio": 4, "visual": 0})


def test_three_streams_differ_from_two() -> None:
    """A third stream takes part: it changes what the others become."""
    fusion = create_fusion("hgrjca", dims=THREE).double().eval()
    streams = random_streams(THREE, 1, 6)
    before = fusion(streams).features[..., :8]
    streams["text"] = streams["text"] + 1.0
    assert (fusion(streams).features[..., :8] - before).abs().max() > 1e-4
