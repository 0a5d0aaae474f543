"""The loss on windows against the plain one and against NumPy."""

import numpy as np
import pytest
import torch

from avaffect.loss import CCCLoss
from avaffect.metric import ccc
from avaffect.train import Loss, NetworkLoss


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    labels = torch.rand(5, 8, 2, generator=generator) * 2 - 1
    predicted = labels + 0.5 * torch.randn(5, 8, 2, generator=generator)
    mask = torch.rand(5, 8, generator=generator) > 0.3
    return predicted, labels.where(mask[..., None], float("nan")), mask, torch.tensor([2, 0, 2, 0, 0])


def test_a_batch_is_one_sample(batch):
    predicted, labels, mask, recording = batch
    ours, plain = predicted.clone().requires_grad_(), predicted.clone().requires_grad_()
    loss = NetworkLoss(Loss())(ours, labels, mask, recording)
    reference = CCCLoss()(plain, labels, mask)
    torch.testing.assert_close(loss, reference)
    loss.backward()
    reference.backward()
    torch.testing.assert_close(ours.grad, plain.grad)


@pytest.mark.parametrize(
    ("per", "groups"), [("recording", [[0, 2], [1, 3, 4]]), ("window", [[i] for i in range(5)])]
)
def test_recordings_and_windows_count_alike(batch, per, groups):
    predicted, labels, mask, recording = batch
    mask[3] = False  # a window without ratings is no sample
    groups = [g for g in groups if g != [3]]
    loss = NetworkLoss(Loss(per=per), recordings=4)(predicted, labels, mask, recording)
    expected = np.mean(
        [1 - ccc(predicted[g, :, k], labels[g, :, k], mask[g]) for g in groups for k in range(2)]
    )
    assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_squared_error_is_added_in_its_share(batch):
    predicted, labels, mask, _ = batch
    plain = NetworkLoss(Loss())(*batch)
    both = NetworkLoss(Loss(mse=2.0))(*batch)
    error = (predicted - labels)[mask].square().mean()
    torch.testing.assert_close(both - plain, 2 * error)


@pytest.mark.parametrize("per", ["batch", "recording", "window"])
def test_nothing_rated_and_constants_have_finite_gradients(batch, per):
    predicted, labels, mask, recording = batch
    loss_of = NetworkLoss(Loss(per=per, mse=1.0), recordings=3)
    x = predicted.clone().requires_grad_()
    loss = loss_of(x, labels, torch.zeros_like(mask), recording)
    loss.backward()
    assert loss.item() == 0
    assert not x.grad.any()
    x = torch.full_like(predicted, 0.3).requires_grad_()
    loss_of(x, torch.full_like(labels, 0.3), mask, recording).backward()
    assert x.grad.isfinite().all()


def test_half_precision_is_computed_in_single(batch):
    predicted, labels, mask, recording = batch
    small = (predicted * 1e-3).half(), (labels * 1e-3).half(), mask, recording
    with torch.autocast("cpu", torch.bfloat16):
        loss = NetworkLoss(Loss())(*small)
    expected = CCCLoss()(small[0].float(), small[1].float(), mask)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("per", ["batch", "recording", "window"])
def test_a_target_that_is_not_rated_does_not_take_the_other_with_it(batch, per):
    """The row ``0.5,-5`` teaches valence: the loss is that of each target alone, averaged."""
    predicted, labels, mask, recording = batch
    labels = labels.clone()
    labels[:, ::3, 1] = float("nan")
    predicted = predicted.requires_grad_()
    both = NetworkLoss(Loss(per=per, mse=0.5), recordings=3)
    alone = [
        both(predicted[..., [k]], labels[..., [k]], mask, recording)
        - 0.5 * (predicted - labels).square()[..., k][mask & labels[..., k].isfinite()].mean()
        for k in range(2)
    ]
    known = mask.unsqueeze(-1) & labels.isfinite()
    error = (predicted - labels).square()[known].mean()
    loss = both(predicted, labels, mask, recording)
    torch.testing.assert_close(loss, torch.stack(alone).mean() + 0.5 * error)
    (gradient,) = torch.autograd.grad(loss, predicted)
    assert gradient.isfinite().all()
    assert (gradient[known] != 0).all()
    assert (gradient[~known] == 0).all()
