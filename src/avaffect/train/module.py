"""What is trained, for Lightning: an encoder with its heads, or the network behind the encoders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar, cast

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..model import FusionNetwork
from .batches import Batch
from .loss import NetworkLoss
from .optimiser import LearningRate, create_optimizer
from .recipe import Fit, NetworkFit

Net = TypeVar("Net", bound=nn.Module)
Heads = TypeVar("Heads", bound=nn.Module)


class TrainedModule(L.LightningModule, ABC):
    """Optimiser, learning rate, average of the weights and seeds of every training.

    Dropout and noise are drawn from the seed and the step, so that a resumed run equals an unbroken one.

    Parameters
    ----------
    trained : nn.Module
    plan : Fit

    Attributes
    ----------
    average : AveragedModel or None
        Exponential moving average of the weights and buffers, with ``ema_decay``.
    epoch_losses : list of dict
        The loss of each step of the epoch, and its parts by name.
    """

    def __init__(self, trained: nn.Module, plan: Fit) -> None:
        super().__init__()
        self.trained, self.plan = trained, plan
        self.average: AveragedModel | None = None
        if plan.ema_decay is not None:
            average = get_ema_multi_avg_fn(plan.ema_decay)
            self.average = AveragedModel(trained, multi_avg_fn=average, use_buffers=True)
            self.average.requires_grad_(False)
        self.epoch_losses: list[dict[str, Tensor]] = []
        self.begin(steps=1)

    def begin(self, *, steps: int, seed: int = 0) -> None:
        """Prepare for a run of so many optimiser steps an epoch."""
        self.seed = seed
        self.learning_rate = LearningRate(
            self.plan.schedule, self.plan.learning_rate, epochs=self.plan.epochs, steps=steps
        )

    @property
    def kept(self) -> nn.Module:
        """What is evaluated and kept: the average of the weights where there is one."""
        return self.trained if self.average is None else self.average.module

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and parts of it by name for the table of epochs."""

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of a batch."""
        loss, parts = self.loss(batch)
        losses = {"loss": loss, **{f"loss/{name}": value for name, value in parts.items()}}
        self.epoch_losses.append({name: value.detach() for name, value in losses.items()})
        return loss

    def mean_losses(self) -> dict[str, float]:
        """Means over the steps of the epoch so far; of a part over the steps that have it."""
        names = dict.fromkeys(name for losses in self.epoch_losses for name in losses)
        return {
            name: float(torch.stack([losses[name] for losses in self.epoch_losses if name in losses]).mean())
            for name in names
        }

    def on_train_epoch_start(self) -> None:
        """Forget the losses of the last epoch."""
        self.epoch_losses = []

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed the step and set its learning rate."""
        step = self.trainer.global_step
        # Each process draws its own dropout; step and process never give another pair's seed.
        seed = (self.seed * 1_000_003 + step) * self.trainer.world_size + self.global_rank
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)  # `torch.manual_seed` is slow where no GPU is in use
        else:
            torch.manual_seed(seed)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.learning_rate.at(step)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then move the average of the weights."""
        super().optimizer_step(*args, **kwargs)
        if self.average is not None:
            self.average.update_parameters(self.trained)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser; its learning rate is set at every step."""
        return create_optimizer(self.trained, self.plan)

    def configure_gradient_clipping(
        self, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any
    ) -> None:
        """Clip the norm of all gradients together; Lightning's own does not take fused optimisers."""
        if self.plan.clip is not None:
            clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], self.plan.clip)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the schedule."""
        checkpoint["learning_rate"] = self.learning_rate.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the schedule."""
        self.learning_rate.load_state_dict(checkpoint["learning_rate"])


class EncoderModule(TrainedModule, Generic[Net, Heads]):
    """An encoder and the heads that it is taught through.

    Parameters
    ----------
    encoder, heads : nn.Module
    plan : Fit
    """

    def __init__(self, encoder: Net, heads: Heads, plan: Fit) -> None:
        super().__init__(nn.ModuleDict({"encoder": encoder, "heads": heads}), plan)

    @property
    def encoder(self) -> Net:
        """The encoder in training."""
        return cast(Net, self.trained.get_submodule("encoder"))

    @property
    def heads(self) -> Heads:
        """The heads in training."""
        return cast(Heads, self.trained.get_submodule("heads"))

    def kept_parts(self) -> tuple[Net, Heads]:
        """Encoder and heads as they are evaluated and kept."""
        return cast(Net, self.kept.get_submodule("encoder")), cast(Heads, self.kept.get_submodule("heads"))


class NetworkModule(TrainedModule):
    """The network behind the encoders, on batches of its streams.

    A tick counts where its labels count and at least one of the streams is available.

    Parameters
    ----------
    network : FusionNetwork
    plan : NetworkFit
    recordings : int
        Number of training recordings: those that ``recording`` of the batches tells apart.
    """

    def __init__(self, network: FusionNetwork, plan: NetworkFit, *, recordings: int = 1) -> None:
        super().__init__(network, plan)
        self.noise, self.hide = plan.noise, plan.hide
        self.network_loss = NetworkLoss(plan.loss, recordings=recordings)

    @property
    def network(self) -> FusionNetwork:
        """The network in training."""
        return cast(FusionNetwork, self.trained)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, as `Batch` describes it."""
        streams = {name: add_noise(batch[name], self.noise) for name in self.network.streams}
        masks = hide_streams({name: batch[f"{name}_mask"] for name in streams}, self.hide)
        out = self.network(streams, masks)
        counted = batch["labelled"] & torch.stack(list(masks.values())).any(0)
        corrupted = {name: batch[key] for name in streams if (key := f"{name}_corrupted") in batch}
        parts = self.network_loss.parts(
            out, batch["affect"], counted, batch["recording"], masks=masks, corrupted=corrupted
        )
        return self.network_loss.total(parts), parts if len(parts) > 1 else {}


def add_noise(features: Tensor, share: float) -> Tensor:
    """Normal noise on features (b, t, d), of so many of their standard deviations over the batch."""
    if not share:
        return features
    spread = features.detach().std(dim=(0, 1), keepdim=True)
    return features + share * spread * torch.randn_like(features)


def hide_streams(masks: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Mask one whole stream in a share of the sequences that have others: each has to do alone at times.

    Parameters
    ----------
    masks : dict of str to (b, t) torch.BoolTensor
    share : float
        In [0, 1], divided evenly among the streams.
    """
    if len(masks) == 1 or not share:
        return masks
    there = {name: mask.any(1, keepdim=True) for name, mask in masks.items()}
    number = torch.stack(list(there.values())).sum(0)
    draw, part = torch.rand(len(number), 1, device=number.device), share / len(masks)
    hidden = {}
    for place, (name, mask) in enumerate(masks.items()):
        last = place == len(masks) - 1
        chosen = draw > 1 - part if last else (draw >= place * part) & (draw < (place + 1) * part)
        hidden[name] = mask & ~(chosen & there[name] & (number > 1))
    return hidden
