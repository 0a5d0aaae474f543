"""Optimiser and learning rate of every stage: AdamW, linear warm-up, half a cosine."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
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


def adamw(
    module: nn.Module, *, rate: float, weight_decay: float, steps: int, warmup: float
) -> tuple[list[Optimizer], list[Any]]:
    """AdamW (Loshchilov & Hutter 2019) as Lightning's `configure_optimizers` gives it, stepping by batch.

    Gains and biases do not decay.
    """
    trained = list(module.parameters())
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    schedule = cosine(optimizer, steps=steps, warmup=warmup)
    return [optimizer], [{"scheduler": schedule, "interval": "step"}]
