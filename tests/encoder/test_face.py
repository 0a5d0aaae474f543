"""The face network: what it sees, and that prediction and training see the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.encoder import create_encoder, list_encoders
from avaffect.encoder.face import FaceNet, standardise, to_gray
from avaffect.errors import ModelError


@pytest.fixture(scope="module")
def net() -> FaceNet:
    torch.manual_seed(0)
    return FaceNet(widths=(8, 16, 16)).eval()


@pytest.fixture(scope="module")
def crops() -> torch.Tensor:
    return torch.randint(0, 256, (4, 112, 112, 3), dtype=torch.uint8, generator=torch.manual_seed(1))


def test_embedding_per_crop(net: FaceNet, crops: torch.Tensor) -> None:
    whole = net(crops)
    assert whole.shape == (4, 128)
    torch.testing.assert_close(net(crops[2:3]), whole[2:3], atol=1e-5, rtol=1e-4)


def test_light_and_contrast_do_not_matter(net: FaceNet, crops: torch.Tensor) -> None:
    dim = crops.float() * 0.4 + 60
    torch.testing.assert_close(net(dim), net(crops), atol=1e-3, rtol=1e-3)


def test_gray_is_luma(net: FaceNet, crops: torch.Tensor) -> None:
    pixel = crops[0, 5, 7].double().numpy()
    want = pixel @ np.array([0.299, 0.587, 0.114])
    assert to_gray(crops)[0, 0, 5, 7].item() == pytest.approx(want, abs=1e-3)
    gray = to_gray(crops)[:, 0]
    torch.testing.assert_close(net(gray), net(crops))


def test_sees_the_window_of_the_halved_crop(net: FaceNet, crops: torch.Tensor) -> None:
    gray = to_gray(crops)[:, 0].double().numpy()
    halved = gray.reshape(4, 56, 2, 56, 2).mean((2, 4))[:, 8:56, 4:52]
    want = (halved - halved.mean((1, 2), keepdims=True)) / halved.std((1, 2), keepdims=True)
    np.testing.assert_allclose(net.preprocess(crops)[:, 0].numpy(), want, atol=1e-4)
    outside = crops.clone()
    outside[:, :16], outside[:, :, :8], outside[:, :, 104:] = 0, 0, 0
    torch.testing.assert_close(net(outside), net(crops))


def test_a_crop_of_training_and_one_of_prediction_are_the_same(net: FaceNet, crops: torch.Tensor) -> None:
    # 56 pixels wide, as training cuts them, or 112, as the aligner does.
    small = torch.nn.functional.avg_pool2d(to_gray(crops), 2)[:, 0]
    torch.testing.assert_close(net(small), net(crops), atol=1e-4, rtol=1e-3)


def test_nothing_to_see_is_finite_and_no_amplified_noise() -> None:
    flat = torch.full((1, 1, 48, 48), 128.0)
    assert standardise(flat).abs().max() == 0
    assert standardise(flat + 0.1 * torch.randn_like(flat)).abs().max() < 0.5


def test_bfloat16_agrees_with_float32(net: FaceNet, crops: torch.Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        rough = net(crops)
    exact = net(crops)
    assert torch.nn.functional.cosine_similarity(rough.float(), exact).min() > 0.99


def test_gradient_reaches_every_parameter(crops: torch.Tensor) -> None:
    net = FaceNet(widths=(8, 16)).train()
    net(crops).square().mean().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_wrong_shape_says_what_was_expected(net: FaceNet) -> None:
    with pytest.raises(ModelError, match=r"\(2, 3, 112, 112\).*expected \(n, h, w, 3\)"):
        net(torch.zeros(2, 3, 112, 112))


def test_default_is_small() -> None:
    assert sum(p.numel() for p in FaceNet().parameters()) < 2.5e6


def test_registry() -> None:
    assert list_encoders() == ["face", "text", "voice", "whisper"]
    assert isinstance(create_encoder("face", widths=(8, 16)), FaceNet)
    with pytest.raises(ModelError, match="did you mean 'face'"):
        create_encoder("fase")
    with pytest.raises(ModelError, match="does not take"):
        create_encoder("face", depth=3)
