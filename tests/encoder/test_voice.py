"""The voice network: ticks, windows, speed of change."""

import pytest
import torch

from avaffect.encoder.voice import CONTEXT, STRIDE, VoiceNet
from avaffect.errors import ModelError


def ready(net: VoiceNet) -> VoiceNet:
    """Random weights and statistics, so that no part is the identity by accident."""
    generator = torch.Generator().manual_seed(0)
    for layer in net.modules():
        if isinstance(layer, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            layer.running_mean.normal_(0, 0.2, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
    return net.eval()


@pytest.fixture(scope="module")
def net() -> VoiceNet:
    torch.manual_seed(0)
    return ready(VoiceNet())


def sound(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, frames, 64, generator=torch.Generator().manual_seed(seed)) - 1


@pytest.mark.parametrize("frames", [8, 15, 16, 80, 161])
def test_a_feature_per_whole_tick(net, frames):
    with torch.no_grad():
        assert net(sound(frames)).shape == (1, frames // STRIDE, 128)


def test_shorter_than_a_tick_is_an_error(net):
    with torch.no_grad(), pytest.raises(ModelError, match="8 frames"):
        net(sound(7))


def test_windows_with_context_agree_with_the_whole(net):
    whole = sound(8 * 100)
    with torch.no_grad():
        expected = net(whole)[:, 40:60]
        first = 40 - CONTEXT
        window = net(whole[:, 8 * first : 8 * (60 + CONTEXT)])[:, CONTEXT : CONTEXT + 20]
        less = net(whole[:, 8 * (first + 10) : 8 * (60 + CONTEXT)])[:, CONTEXT - 10 : CONTEXT + 10]
    torch.testing.assert_close(window, expected, atol=1e-4, rtol=1e-4)
    assert (less - expected).abs().max() > 1e-3  # without the context they do not


def test_what_a_tick_depends_on_is_centred_on_it(net):
    logmel = sound(800).requires_grad_()
    net(logmel)[0, 50].sum().backward()
    seen = logmel.grad[0].abs().sum(dim=1).nonzero()[:, 0]
    before, after = 400 - seen.min(), seen.max() - 407
    assert before == after
    assert 8 * (CONTEXT - 1) < before <= 8 * CONTEXT
    assert 100 <= seen.max() - seen.min() + 1 <= 220  # one to two seconds


def test_batches_do_not_mix(net):
    one, two = sound(160), sound(160, seed=1)
    with torch.no_grad():
        both = net(torch.cat([one, two]))
        torch.testing.assert_close(both[:1], net(one), atol=1e-5, rtol=1e-4)


def test_every_parameter_learns():
    net = VoiceNet(widths=(4, 8, 8))
    net(sound(160)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_small_enough(net):
    assert sum(p.numel() for p in net.parameters()) < 2e6


def test_bfloat16(net):
    with torch.no_grad():
        expected = net(sound(160))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = net(sound(160)).float()
    assert (half - expected).abs().mean() < 0.05 * expected.abs().mean()


@pytest.mark.parametrize("options", [{"widths": (8, 8)}, {"n_mels": 60}])
def test_wrong_sizes_say_what_was_expected(options):
    with pytest.raises(ModelError, match="expected three widths"):
        VoiceNet(**options)
