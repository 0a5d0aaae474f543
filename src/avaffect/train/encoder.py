"""What the training of every encoder shares: the network, its heads, their running mean, the optimiser."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

import lightning as L
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..loss import CCCLoss
from .schedule import adamw

Net = TypeVar("Net", bound=nn.Module)
Heads = TypeVar("Heads", bound=nn.Module)


class EncoderModule(L.LightningModule, Generic[Net, Heads]):
    """An encoder and the heads that it is taught through.

    The average of the weights over the last steps (exponential, ``decay``) is what is evaluated and kept.

    Parameters
    ----------
    encoder, heads : nn.Module
    steps : int
        Optimiser steps of the whole run.
    rate, weight_decay, warmup
        As in `schedule.adamw`.
    decay : float
        Of the average.
    """

    def __init__(
        self,
        encoder: Net,
        heads: Heads,
        *,
        steps: int,
        rate: float,
        weight_decay: float,
        decay: float,
        warmup: float,
    ) -> None:
        super().__init__()
        self.net = encoder
        self.heads = heads
        self.average = AveragedModel(
            self._trained(), multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True
        )
        self.steps, self.rate, self.weight_decay, self.warmup = steps, rate, weight_decay, warmup
        self.ccc = CCCLoss()

    def _trained(self) -> nn.ModuleDict:
        return nn.ModuleDict({"net": self.net, "heads": self.heads})

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then move the average of the weights."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(self._trained())

    def averaged(self) -> tuple[Net, Heads]:
        """The averaged encoder and heads: what is evaluated and kept."""
        parts = cast(nn.ModuleDict, self.average.module)
        return cast(Net, parts["net"]), cast(Heads, parts["heads"])

    def configure_optimizers(self) -> tuple[list[Any], list[Any]]:
        """AdamW on what is trained."""
        return adamw(
            self._trained(),
            rate=self.rate,
            weight_decay=self.weight_decay,
            steps=self.steps,
            warmup=self.warmup,
        )
