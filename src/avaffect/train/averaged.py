"""What every training of the default recipe shares: the running mean of the weights, and the optimiser."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

import lightning as L
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..loss import CCCLoss
from .recipe import Fit
from .schedule import adamw

Net = TypeVar("Net", bound=nn.Module)
Heads = TypeVar("Heads", bound=nn.Module)


class AveragedModule(L.LightningModule):
    """Trains some parts and keeps the average of their weights over the last steps.

    Parameters
    ----------
    trained : nn.Module
    plan : Fit
        Of the optimiser, and of the average (exponential).
    steps : int
        Optimiser steps of the whole run.
    """

    def __init__(self, trained: nn.Module, *, plan: Fit, steps: int) -> None:
        super().__init__()
        self.trained = trained
        self.average = AveragedModel(
            trained, multi_avg_fn=get_ema_multi_avg_fn(plan.average), use_buffers=True
        )
        self.plan, self.steps = plan, steps
        self.ccc = CCCLoss()

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then move the average of the weights."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(self.trained)

    def configure_optimizers(self) -> tuple[list[Any], list[Any]]:
        """AdamW on what is trained."""
        return adamw(
            self.trained,
            rate=self.plan.rate,
            weight_decay=self.plan.weight_decay,
            steps=self.steps,
            warmup=self.plan.warmup,
        )


class EncoderModule(AveragedModule, Generic[Net, Heads]):
    """An encoder and the heads that it is taught through; the average is what is evaluated and kept.

    Parameters
    ----------
    encoder, heads : nn.Module
    plan, steps
        As in `AveragedModule`.
    """

    def __init__(self, encoder: Net, heads: Heads, *, plan: Fit, steps: int) -> None:
        super().__init__(nn.ModuleDict({"net": encoder, "heads": heads}), plan=plan, steps=steps)

    @property
    def net(self) -> Net:
        """The encoder in training."""
        return cast(Net, self.trained.get_submodule("net"))

    @property
    def heads(self) -> Heads:
        """The heads in training."""
        return cast(Heads, self.trained.get_submodule("heads"))

    def averaged(self) -> tuple[Net, Heads]:
        """The averaged encoder and heads: what is evaluated and kept."""
        parts = cast(nn.ModuleDict, self.average.module)
        return cast(Net, parts["net"]), cast(Heads, parts["heads"])
