"""Optimisers and learning-rate schedules, as a recipe's `fit` names them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from .recipe import Fit, Schedule


def create_optimizer(module: nn.Module, plan: Fit) -> torch.optim.Optimizer:
    """The optimiser on all parameters of a module that are trained: those that require a gradient.

    Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019) or SGD with momentum. With ``decay: matrices``
    gains and biases, which have one axis, are not decayed.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": plan.weight_decay}]
    if plan.decay == "matrices":
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    # In one pass over all parameters, several times as fast. With float16 such a step also undoes the scaling
    # of the gradients, after they would have been clipped.
    options: dict[str, Any] = {"lr": plan.learning_rate}
    options["fused"] = plan.clip is None or not plan.precision.startswith("16")
    if plan.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=plan.momentum, **options)
    kind = torch.optim.AdamW if plan.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, **options)


class LearningRate:
    """The learning rate as a function of the step, and of what `measured` was told.

    Parameters
    ----------
    schedule : Schedule
    highest : float
        The learning rate at the end of the warm-up.
    epochs, steps : int
        Epochs of the run, optimiser steps of an epoch.

    Examples
    --------
    >>> schedule = Schedule(name="step", factor=0.8, every=2, start=5)
    >>> learning_rate = LearningRate(schedule, 1e-3, epochs=30, steps=10)
    >>> [round(learning_rate.at(10 * epoch), 6) for epoch in (0, 6, 7, 9)]
    [0.001, 0.001, 0.0008, 0.00064]
    """

    def __init__(self, schedule: Schedule, highest: float, *, epochs: int, steps: int) -> None:
        self.schedule, self.highest, self.epochs, self.steps = schedule, highest, epochs, steps
        self.scale, self.best, self.waited = 1.0, -math.inf, 0

    def at(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        plan = self.schedule
        rising = round(plan.warmup * self.steps)
        if step < rising:
            return self.highest * (step + 1) / rising
        factor = 1.0
        if plan.name == "cosine":  # Loshchilov & Hutter 2017, without restarts
            share = (step - rising) / max(1, self.epochs * self.steps - rising)
            factor = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
            return plan.min_learning_rate + (self.highest - plan.min_learning_rate) * factor
        if plan.name == "step":
            factor = plan.factor ** max(0, (step // self.steps - plan.start) // plan.every)
        if plan.name == "plateau":
            factor = self.scale
        return max(plan.min_learning_rate, self.highest * factor)

    def measured(self, value: float) -> None:
        """Take note, after an epoch, of the value that is monitored (more is better)."""
        if value > self.best:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.schedule.patience:
            self.scale, self.waited = self.scale * self.schedule.factor, 0

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs."""
        return {"scale": self.scale, "best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the state was taken."""
        self.scale, self.best, self.waited = state["scale"], state["best"], state["waited"]
