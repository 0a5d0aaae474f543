"""The whole model: what is masked does not matter, and a joint network carries over what was seen."""

import shutil
from dataclasses import replace

import pytest
import torch

from avaffect import checkpoint
from avaffect.model import AffectModel
from avaffect.spec import Component

TICKS = 24


@pytest.fixture(
    params=[None, Component("tcn", {"levels": 2}), Component("blstm")], ids=["none", "tcn", "blstm"]
)
def model(request, debug_spec):
    torch.manual_seed(0)
    return AffectModel(replace(debug_spec, fusion=Component("hgrjca"), fused_temporal=request.param)).eval()


def inputs(seed=0):
    generator = torch.Generator().manual_seed(seed)
    streams = {name: torch.randn(2, TICKS, 128, generator=generator) for name in ("audio", "visual")}
    masks = {name: torch.rand(2, TICKS, generator=generator) > 0.3 for name in streams}
    return streams, masks


def test_values_lie_in_the_range_and_gates_come_along(model):
    out = model.network(*inputs())
    assert out.values.shape == (2, TICKS, 2)
    assert out.values.abs().max() <= 1
    assert out.weights["attended.audio"].shape == (2, TICKS)


def test_a_scale_is_a_rising_map_of_the_values(debug_spec, tmp_path):
    torch.manual_seed(0)
    plain = AffectModel(debug_spec).eval()
    names = debug_spec.targets
    scale = {name: (1.5 + k, 0.25 - k) for k, name in enumerate(names)}
    for of in (scale, {}, dict.fromkeys(names, (1.0, 0.0))):
        other = AffectModel(replace(debug_spec, scale=of)).eval()
        other.load_state_dict(plain.state_dict())  # the spec has the scale, the weights do not
        checkpoint.save(other, tmp_path / "model", card="")
        loaded = checkpoint.load(tmp_path / "model")
        with torch.inference_mode():
            values, before = (model.network(*inputs()).values for model in (other, plain))
            torch.testing.assert_close(loaded.network(*inputs()).values, values)
        for k, name in enumerate(names):
            slope, shift = of.get(name, (1.0, 0.0))
            expected = torch.tanh(slope * torch.atanh(before[..., k].double()) + shift)
            torch.testing.assert_close(values[..., k].double(), expected, atol=1e-5, rtol=1e-5)
        shutil.rmtree(tmp_path / "model")


def test_what_stands_at_masked_ticks_does_not_matter(model):
    streams, masks = inputs()
    spoilt = {name: x.masked_fill(~masks[name][..., None], float("nan")) for name, x in streams.items()}
    with torch.inference_mode():
        assert torch.equal(model.network(streams, masks).values, model.network(spoilt, masks).values)


def test_padding_behind_changes_nothing(model):
    streams, masks = inputs()
    longer = {name: torch.cat([x, torch.randn(2, 9, 128)], dim=1) for name, x in streams.items()}
    padded = {name: torch.cat([m, torch.zeros(2, 9, dtype=torch.bool)], dim=1) for name, m in masks.items()}
    with torch.inference_mode():
        short, long = model.network(streams, masks).values, model.network(longer, padded).values[:, :TICKS]
    there = masks["audio"] | masks["visual"]
    torch.testing.assert_close(long[there], short[there], atol=1e-5, rtol=1e-5)


def test_every_weight_behind_the_encoders_learns(model):
    model.network(*inputs()).values.square().sum().backward()
    for name, parameter in model.named_parameters():
        if not name.startswith("encoders"):
            assert parameter.grad is not None, name


def test_a_joint_network_carries_over_what_the_face_showed(debug_spec):
    """Without one, a tick with the voice alone knows nothing of the face a tick before."""
    streams, masks = inputs()
    masks = {name: torch.ones_like(mask) for name, mask in masks.items()}
    masks["visual"][:, 12:] = False
    other = streams | {"visual": streams["visual"] * -1}
    for joint, carried in ((None, False), (Component("tcn", {"levels": 2}), True)):
        torch.manual_seed(0)
        model = AffectModel(replace(debug_spec, fused_temporal=joint)).eval()
        with torch.inference_mode():
            change = (model.network(streams, masks).values - model.network(other, masks).values).abs()
        assert (change[:, 12].max() > 1e-6) == carried


def test_encoders_give_one_feature_a_crop_and_a_tick(model):
    with torch.inference_mode():
        assert model.encode("visual", torch.zeros(3, 112, 112, 3, dtype=torch.uint8)).shape == (3, 128)
        assert model.encode("audio", torch.zeros(2, 80, 64)).shape == (2, 10, 128)
