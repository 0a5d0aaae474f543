"""Learning rates over a training run."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def cosine(optimizer: Optimizer, *, steps: int, warmup: float) -> LambdaLR:
    """Linear warm-up over a share of the steps, then half a cosine to zero (Loshchilov & Hutter 2017).

    Parameters
    ----------
    steps : int
        Optimiser steps of the whole run; afterwards the rate stays zero.
    warmup : float
        Share of them that warms up, in [0, 1).
    """
    rising = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        share = min(1.0, (step - rising) / max(1, steps - rising))
        return 0.5 * (1 + math.cos(math.pi * share))

    return LambdaLR(optimizer, factor)
