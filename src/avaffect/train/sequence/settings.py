"""How a sequence model is optimised. Every field is a key of a recipe; nothing else changes the training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A part of a recipe: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(Strict):
    """The learning rate over the epochs, behind a linear warm-up.

    ``constant``; ``cosine``: half a cosine down to ``lowest`` at the last step; ``step``: times ``factor``
    every ``every`` epochs after ``start``; ``plateau``: times ``factor`` when what is watched has not become
    better for more than ``patience`` epochs.
    """

    name: Literal["constant", "cosine", "step", "plateau"] = "cosine"
    warmup: float = Field(default=0.0, ge=0, description="epochs, parts of one too")
    lowest: float = Field(default=0.0, ge=0, description="rate below which none of them goes")
    factor: float = Field(default=0.5, gt=0, le=1)
    every: int = Field(default=1, gt=0, description="epochs")
    start: int = Field(default=0, ge=0, description="epochs")
    patience: int = Field(default=10, ge=0, description="epochs")
    watch: Literal["val", "train"] = Field(default="val", description="validation CCC or training loss")


class Loss(Strict):
    """1 - CCC, averaged over the targets and over what is one sample each, and a share of squared error.

    ``per``: all labelled ticks of a ``batch`` are one sample, or those of each ``recording`` in it, or those
    of each ``window``.
    """

    per: Literal["batch", "recording", "window"] = "batch"
    mse: float = Field(default=0.0, ge=0, description="weight of the mean squared error")


class SequenceFit(Strict):
    """How long, how fast, on what."""

    epochs: int = Field(gt=0)
    batch: int = Field(gt=0, description="windows in a step, over all processes together")
    optimizer: Literal["adam", "adamw", "sgd"] = "adamw"
    rate: float = Field(gt=0, description="highest learning rate")
    weight_decay: float = Field(default=0.0, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1, description="of sgd")
    schedule: Schedule = Schedule()
    loss: Loss = Loss()
    clip: float | None = Field(default=None, gt=0, description="largest norm of the gradient")
    keep: Literal["best", "last"] = Field(
        default="best", description="the epoch with the best validation CCC, or the last"
    )
    patience: int | None = Field(default=None, gt=0, description="epochs without a better CCC")
    precision: str = Field(default="32-true", description="as Lightning names it, e.g. bf16-mixed")
    workers: int = Field(default=0, ge=0, description="processes that cut windows; 0: the training one")
    devices: int = Field(default=1, gt=0, description="processes on a machine; under torchrun its number")
    nodes: int = Field(default=1, gt=0, description="machines")
