"""The loss on windows: 1 - CCC over the batch of all processes, per recording or per window."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn

from .settings import Loss


class SequenceLoss(nn.Module):
    """One minus the concordance correlation coefficient over groups of windows, and squared error.

    With one process and ``per="batch"`` it is `avaffect.loss.CCCLoss`. With several, the sums behind the
    means and (co)variances are added over the processes, differentiably: every process has the loss of the
    whole batch, and the gradients, averaged over processes as DistributedDataParallel does, are those of
    one process that holds it.

    Parameters
    ----------
    settings : Loss
    recordings : int
        How many recordings there are, for ``per="recording"``.
    epsilon : float
        Added to the denominator; a constant prediction of constant labels has CCC 0 and finite gradients.
    """

    def __init__(self, settings: Loss, *, recordings: int = 1, epsilon: float = 1e-8) -> None:
        super().__init__()
        self.per, self.mse = settings.per, settings.mse
        self.recordings, self.epsilon = recordings, epsilon

    def forward(self, predicted: Tensor, labels: Tensor, mask: Tensor, recording: Tensor) -> Tensor:
        """Scalar loss, computed in float32.

        Parameters
        ----------
        predicted, labels : (b, t, targets) torch.Tensor
            Labels that do not count may be NaN when masked.
        mask : (b, t) torch.BoolTensor
            True where a label counts; where none does, the loss is 0 and has zero gradients.
        recording : (b,) int64 torch.Tensor
            Whose window it is, below ``recordings``.
        """
        with torch.autocast(predicted.device.type, enabled=False):
            keep = mask.unsqueeze(-1)
            x, y = predicted.float().where(keep, 0.0), labels.float().where(keep, 0.0)
            group, groups = self._groups(recording)
            reduce = _same if self.per == "window" else _over_processes

            def total(values: Tensor) -> Tensor:
                """Sum over the ticks of each group: (b, t, f) to (groups, f)."""
                return reduce(values.new_zeros(groups, values.shape[-1]).index_add(0, group, values.sum(1)))

            count = total(keep.float())
            n = count.clamp_min(1.0)
            means = total(torch.cat([x, y], dim=-1)) / n
            mean_x, mean_y = means.chunk(2, dim=-1)
            dx = (x - mean_x[group].unsqueeze(1)) * keep
            dy = (y - mean_y[group].unsqueeze(1)) * keep
            moments = total(torch.cat([dx * dy, dx.square() + dy.square()], dim=-1)) / n
            covariance, spread = moments.chunk(2, dim=-1)
            ccc = 2 * covariance / (spread + (mean_x - mean_y).square() + self.epsilon)
            there = (count > 0).float()
            parts = torch.stack([((1 - ccc).mean(-1, keepdim=True) * there).sum(), there.sum()])
            bad, of = _over_processes(parts) if self.per == "window" else parts
            loss = bad / of.clamp_min(1.0)
            if self.mse:
                sums = torch.stack([(x - y).square().mean(-1).sum(), keep.float().sum()])
                error, ticks = _over_processes(sums)
                loss = loss + self.mse * error / ticks.clamp_min(1.0)
            return loss

    def _groups(self, recording: Tensor) -> tuple[Tensor, int]:
        """The group of each window, and how many groups there are."""
        if self.per == "batch":
            return torch.zeros_like(recording), 1
        if self.per == "recording":
            return recording, self.recordings
        return torch.arange(len(recording), device=recording.device), len(recording)


class _AllReduce(torch.autograd.Function):
    """The sum over all processes; each one's gradient is the sum of all gradients of the sum."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


def _over_processes(values: Tensor) -> Tensor:
    """The sum over all processes, or the values where there is one."""
    if distributed.is_available() and distributed.is_initialized():
        return _AllReduce.apply(values)
    return values


def _same(values: Tensor) -> Tensor:
    return values
