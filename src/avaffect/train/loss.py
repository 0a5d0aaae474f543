"""The loss of the network behind the encoders: 1 - CCC, squared error, and what its gates are taught."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from ..errors import ModelError
from ..model import Affect
from .recipe import Loss


class NetworkLoss(nn.Module):
    """One minus the concordance correlation coefficient over groups of windows, and the parts beside it.

    With one process and ``per="batch"`` the first part is `avaffect.loss.CCCLoss`. With several, the sums
    behind the means and (co)variances are added over the processes, differentiably: every process has the
    loss of the whole batch, and the gradients, averaged over processes as DistributedDataParallel does, are
    those of one process that holds it.

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
        self.per = settings.per
        self.weights = {"ccc": 1.0, "mse": settings.mse, "gate": settings.gate, "fusion": settings.fusion}
        self.recordings, self.epsilon = recordings, epsilon

    def forward(self, predicted: Tensor, labels: Tensor, mask: Tensor, recording: Tensor) -> Tensor:
        """Scalar loss without that of the gates, computed in float32.

        Parameters
        ----------
        predicted, labels : (b, t, targets) torch.Tensor
            A label that is NaN does not count, each target by itself.
        mask : (b, t) torch.BoolTensor
            True where labels count; where none does, the loss is 0 and has zero gradients.
        recording : (b,) int64 torch.Tensor
            Whose window it is, below ``recordings``.
        """
        return self.total(self._errors(predicted, labels, mask, recording))

    def parts(
        self,
        out: Affect,
        labels: Tensor,
        mask: Tensor,
        recording: Tensor,
        *,
        masks: Mapping[str, Tensor],
        corrupted: Mapping[str, Tensor],
    ) -> dict[str, Tensor]:
        """The parts that have a weight, each as it is: ``ccc``, ``mse``, ``gate``, ``fusion``.

        Parameters
        ----------
        out : Affect
        labels, mask, recording
            As in `forward`.
        masks, corrupted : mapping of str to (b, t) torch.BoolTensor
            By stream: where it is available, and where it is there but corrupted.
        """
        parts = self._errors(out.values, labels, mask, recording)
        if self.weights["gate"]:
            parts["gate"] = gate_loss(out.weights, corrupted, masks)
        if self.weights["fusion"]:
            parts["fusion"] = own_loss(out.losses)
        return parts

    def total(self, parts: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of parts."""
        loss = parts["ccc"]
        for name, value in parts.items():
            if name != "ccc":
                loss = loss + self.weights[name] * value
        return loss

    def _errors(
        self, predicted: Tensor, labels: Tensor, mask: Tensor, recording: Tensor
    ) -> dict[str, Tensor]:
        with torch.autocast(predicted.device.type, enabled=False):
            keep = mask.unsqueeze(-1) & labels.isfinite()  # (b, t, targets)
            x, y = predicted.float().where(keep, 0.0), labels.float().where(keep, 0.0)
            parts = {"ccc": self._ccc(x, y, keep, recording)}
            if self.weights["mse"]:
                sums = torch.stack([(x - y).square().sum(), keep.float().sum()])
                error, number = over_processes(sums)
                parts["mse"] = error / number.clamp_min(1.0)
            return parts

    def _ccc(self, x: Tensor, y: Tensor, keep: Tensor, recording: Tensor) -> Tensor:
        """1 - CCC, averaged over the targets and groups that have labels."""
        group, groups = self._groups(recording)
        reduce = _same if self.per == "window" else over_processes

        def total(values: Tensor) -> Tensor:
            """Sum over the ticks of each group: (b, t, f) to (groups, f)."""
            return reduce(values.new_zeros(groups, values.shape[-1]).index_add(0, group, values.sum(1)))

        count = total(keep.float())
        n = count.clamp_min(1.0).repeat(1, 2)  # (groups, 2 targets), for two sums side by side
        mean_x, mean_y = (total(torch.cat([x, y], dim=-1)) / n).chunk(2, dim=-1)
        dx = (x - mean_x[group].unsqueeze(1)) * keep
        dy = (y - mean_y[group].unsqueeze(1)) * keep
        moments = total(torch.cat([dx * dy, dx.square() + dy.square()], dim=-1)) / n
        covariance, spread = moments.chunk(2, dim=-1)
        ccc = 2 * covariance / (spread + (mean_x - mean_y).square() + self.epsilon)
        there = (count > 0).float()
        sums = torch.stack([((1 - ccc) * there).sum(), there.sum()])
        loss, number = over_processes(sums) if self.per == "window" else sums
        return loss / number.clamp_min(1.0)

    def _groups(self, recording: Tensor) -> tuple[Tensor, int]:
        """The group of each window, and how many groups there are."""
        if self.per == "batch":
            return torch.zeros_like(recording), 1
        if self.per == "recording":
            return recording, self.recordings
        return torch.arange(len(recording), device=recording.device), len(recording)


def gate_loss(
    weights: Mapping[str, Tensor], corrupted: Mapping[str, Tensor], masks: Mapping[str, Tensor]
) -> Tensor:
    """Cross entropy of each stream's attended share with its corruption, where all streams are there.

    It drives ``attended.<stream>`` to 1 where that stream is corrupted, so that its features come from joint
    attention, and to 0 where it is not. ``share.<stream>`` would have to go the other way: a corrupted stream
    should lose its share. So a fusion that has only shares is refused.

    Parameters
    ----------
    weights : mapping
        Of `Affect`; ``attended.<stream>`` (b, t) in [0, 1].
    corrupted, masks : mapping of str to (b, t) torch.BoolTensor
        Where each stream is corrupted, and where it is there.

    Raises
    ------
    ModelError
        If the fusion has no ``attended`` weights, or the batch does not tell what is corrupted.
    """
    if not corrupted:
        raise ModelError("fit.loss.gate needs to know what is corrupted, stores do not; leave it out")
    there = torch.stack(list(masks.values())).all(0)
    losses = []
    for name, damage in corrupted.items():
        if f"attended.{name}" not in weights:
            raise ModelError(_no_attended(weights, name))
        attended = weights[f"attended.{name}"].float().clamp(1e-4, 1 - 1e-4)
        entropy = functional.binary_cross_entropy(attended[there], damage[there].float(), reduction="sum")
        total, ticks = over_processes(torch.stack([entropy, there.float().sum()]))
        losses.append(total / ticks.clamp_min(1.0))
    return torch.stack(losses).mean()


def own_loss(losses: Mapping[str, Tensor]) -> Tensor:
    """The sum of a fusion's own losses.

    Raises
    ------
    ModelError
        The fusion has none.
    """
    if not losses:
        raise ModelError(
            "fit.loss.fusion needs a fusion with a loss of its own, this one has none; set it to 0, or take "
            "bibimodal with the option discriminator"
        )
    return torch.stack(list(losses.values())).sum()


def _no_attended(weights: Mapping[str, Tensor], name: str) -> str:
    has = (
        f"its gates weigh stream against stream (share.{name}), and a corrupted stream should lose share"
        if f"share.{name}" in weights
        else "it has no gates"
    )
    return (
        f"fit.loss.gate needs a fusion that gates attended against un-attended features (attended.{name}), "
        f"this one does not: {has}; set fit.loss.gate=0, or take a fusion such as hgrjca"
    )


def over_processes(values: Tensor) -> Tensor:
    """The sum over all processes, with gradients, or the values where there is one."""
    if distributed.is_available() and distributed.is_initialized():
        return _AllReduce.apply(values)
    return values


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


def _same(values: Tensor) -> Tensor:
    return values
