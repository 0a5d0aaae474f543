"""The two distributions of the mutual objective: Gaussian over latents, Laplace over what was observed.

Axes: ``b`` batch, ``z`` latent, ``k`` sample or mixture component.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor


class Gaussian(NamedTuple):
    """A diagonal Gaussian.

    Attributes
    ----------
    location, scale : (..., z) torch.Tensor
        Mean and standard deviation.
    """

    location: Tensor
    scale: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """Samples (k, b, z) from standard normal noise of that shape; gradients pass (reparametrised)."""
        return self.location + self.scale * noise

    def log_prob(self, x: Tensor) -> Tensor:
        """Logarithm of the density, summed over the last axis."""
        standard = (x - self.location) / self.scale
        return (-0.5 * standard.square() - self.scale.log() - 0.5 * math.log(2 * math.pi)).sum(-1)

    def divergence(self, prior: Gaussian) -> Tensor:
        """Kullback-Leibler divergence KL(self || prior), summed over the last axis."""
        ratio = (self.scale / prior.scale).square()
        shift = ((self.location - prior.location) / prior.scale).square()
        return 0.5 * (ratio + shift - 1 - ratio.log()).sum(-1)

    def mixture_log_prob(self, x: Tensor) -> Tensor:
        """Logarithm of the density (b,) of the uniform mixture of all rows (k, z), at x (b, z)."""
        each = Gaussian(self.location[:, None], self.scale[:, None]).log_prob(x)  # (k, b)
        return log_mean_exp(each)


def laplace_log_prob(x: Tensor, location: Tensor) -> Tensor:
    """Log-likelihood of x under a Laplace distribution of scale 1, summed over all axes of an example.

    Parameters
    ----------
    x : (b, ...) torch.Tensor
    location : (b, ...) or (k, b, ...) torch.Tensor
        What a decoder gives.

    Returns
    -------
    (b,) or (k, b) torch.Tensor

    >>> import torch
    >>> laplace_log_prob(torch.zeros(1, 2), torch.ones(1, 2)).round(decimals=4)
    tensor([-3.3863])
    """
    terms = -(x - location).abs() - math.log(2)
    return terms.flatten(location.dim() - x.dim() + 1).sum(-1)


def log_mean_exp(x: Tensor) -> Tensor:
    """Logarithm of the mean of exponentials over the first axis."""
    return x.logsumexp(0) - math.log(len(x))
