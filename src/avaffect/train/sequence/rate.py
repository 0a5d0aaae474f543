"""The learning rate at every step, and what of it must outlive a stop."""

from __future__ import annotations

import math
from typing import Any

from .settings import Schedule


class Rate:
    """The learning rate as a function of the step, and of what `measured` was told.

    Parameters
    ----------
    schedule : Schedule
    highest : float
        The rate that warm-up ends at.
    epochs, steps : int
        Epochs of the run, optimiser steps of an epoch.

    Examples
    --------
    >>> rate = Rate(Schedule(name="step", factor=0.8, every=2, start=5), 1e-3, epochs=30, steps=10)
    >>> [round(rate.at(10 * epoch), 6) for epoch in (0, 6, 7, 9)]
    [0.001, 0.001, 0.0008, 0.00064]
    """

    def __init__(self, schedule: Schedule, highest: float, *, epochs: int, steps: int) -> None:
        self.schedule, self.highest, self.epochs, self.steps = schedule, highest, epochs, steps
        self.scale, self.best, self.waited = 1.0, -math.inf, 0

    def at(self, step: int) -> float:
        """The rate of a step, counted from 0."""
        plan = self.schedule
        rising = round(plan.warmup * self.steps)
        if step < rising:
            return self.highest * (step + 1) / rising
        factor = 1.0
        if plan.name == "cosine":
            share = (step - rising) / max(1, self.epochs * self.steps - rising)
            factor = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
            return plan.lowest + (self.highest - plan.lowest) * factor
        if plan.name == "step":
            factor = plan.factor ** max(0, (step // self.steps - plan.start) // plan.every)
        if plan.name == "plateau":
            factor = self.scale
        return max(plan.lowest, self.highest * factor)

    def measured(self, value: float) -> None:
        """Hear at the end of an epoch how good it was (more is better)."""
        if value > self.best:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.schedule.patience:
            self.scale, self.waited = self.scale * self.schedule.factor, 0

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {"scale": self.scale, "best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.scale, self.best, self.waited = state["scale"], state["best"], state["waited"]
