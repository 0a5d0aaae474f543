"""The loss of the field: one minus the concordance correlation coefficient."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CCCLoss(nn.Module):
    r"""1 - CCC per target, averaged over the targets.

    .. math:: \mathrm{CCC} = \frac{2\,\sigma_{xy}}{\sigma_x^2 + \sigma_y^2 + (\mu_x - \mu_y)^2}

    with population moments (divided by n) over all unmasked values of the batch: Lin 1989, "A concordance
    correlation coefficient to evaluate reproducibility". Computed in float32 whatever the inputs are. Where
    predictions and labels are the same constant the CCC is 0 / 0; `epsilon` makes it 0 there, with
    finite gradients.

    Parameters
    ----------
    epsilon : float
        Added to the denominator.

    Examples
    --------
    >>> x = torch.tensor([[0.0], [0.5], [1.0]])
    >>> round(CCCLoss()(x, x).item(), 4)
    0.0
    >>> CCCLoss()(torch.zeros(3, 1), x).item()
    1.0
    """

    def __init__(self, *, epsilon: float = 1e-8) -> None:
        super().__init__()
        self.epsilon = epsilon

    def forward(self, predicted: Tensor, labels: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scalar loss.

        Parameters
        ----------
        predicted, labels : (..., targets) torch.Tensor
            Any leading axes, e.g. (b, t, 2): all their values count as one sample. Labels that do not
            count may be NaN when masked.
        mask : (...) torch.BoolTensor, optional
            True where a label counts. With fewer than one value the loss is 0 and has zero gradients.
        """
        with torch.autocast(predicted.device.type, enabled=False):
            x = predicted.float().flatten(0, -2)
            y = labels.float().flatten(0, -2)
            keep = torch.ones_like(x[:, 0], dtype=torch.bool) if mask is None else mask.flatten()
            # Selecting by `where` keeps shapes fixed, and a NaN label out of the gradient.
            weight = keep.float()[:, None]
            x, y = x.where(keep[:, None], 0.0), y.where(keep[:, None], 0.0)
            count = weight.sum().clamp_min(1.0)
            mean_x, mean_y = x.sum(0) / count, y.sum(0) / count
            dx, dy = (x - mean_x) * weight, (y - mean_y) * weight
            covariance = (dx * dy).sum(0) / count
            spread = (dx.square().sum(0) + dy.square().sum(0)) / count
            ccc = 2 * covariance / (spread + (mean_x - mean_y).square() + self.epsilon)
            return (1 - ccc).mean() * keep.any().float()
