"""Training of DDAG, and what is compared at test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..progress import Hook, silent
from .loss import DynamicLoss
from .network import DDAG, MODALITIES
from .pictures import augment, balanced_batches, standardise

_EPOCHS = 81  # of the published schedule, whose stages are shortened or stretched with the number of epochs


@dataclass(frozen=True)
class Fit:
    """Options of the training; the defaults are the published ones, for a pretrained ResNet-50.

    Attributes
    ----------
    epochs : int
    rate, stage_rate : float
        Learning rates of what is new, and of stems and stages. Without pretrained weights, give both alike.
    people, pictures : int
        Identities in a batch, and pictures of each in each modality.
    pad : int
        Pixels by which pictures are padded before they are cut at random.
    seed : int
    """

    epochs: int = _EPOCHS
    rate: float = 0.1
    stage_rate: float = 0.01
    people: int = 8
    pictures: int = 4
    pad: int = 10
    seed: int = 0


def share_of_rate(epoch: int, epochs: int = _EPOCHS) -> float:
    """Factor of the learning rates in an epoch, from 0: a rise over 10 of 81, a tenth from 20, again from 50.

    >>> [share_of_rate(epoch) for epoch in (0, 9, 10, 20, 50)]
    [0.1, 1.0, 1.0, 0.1, 0.01]
    """
    at = epoch * _EPOCHS / epochs
    if at < 10:
        return min((epoch + 1) * _EPOCHS / epochs / 10, 1.0)
    return 1.0 if at < 20 else 0.1 if at < 50 else 0.01


def fit(
    network: DDAG,
    pictures: Sequence[np.ndarray],
    identities: Sequence[np.ndarray],
    options: Fit | None = None,
    *,
    hook: Hook = silent,
) -> list[float]:
    """Train a network in place: SGD with Nesterov momentum 0.9 and weight decay 5e-4.

    Parameters
    ----------
    network : DDAG
    pictures : two (n, h, w, 3) uint8 np.ndarray
        Visible and infrared.
    identities : two (n,) np.ndarray of int
        From 0 to the network's number of classes.
    options : Fit, optional
    hook : callable

    Returns
    -------
    list of float
        Mean of the loss without its graph term, by epoch.
    """
    options = options or Fit()
    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    backbone = [*network.stems.parameters(), *network.stages.parameters()]
    known = {id(each) for each in backbone}
    new = [each for each in network.parameters() if id(each) not in known and each.requires_grad]
    rates = (options.stage_rate, options.rate)
    optimiser = torch.optim.SGD(
        [{"params": backbone}, {"params": new}], lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    loss, means = DynamicLoss(), []
    network.train()
    for epoch in range(options.epochs):
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * share_of_rate(epoch, options.epochs)
        batches = balanced_batches(
            identities[0], identities[1], random, people=options.people, pictures=options.pictures
        )
        for chosen in batches:
            inputs = {
                name: standardise(augment(images[at], random, pad=options.pad))
                for name, images, at in zip(MODALITIES, pictures, chosen, strict=True)
            }
            targets = torch.from_numpy(np.concatenate([identities[0][chosen[0]], identities[1][chosen[1]]]))
            optimiser.zero_grad()
            loss(network, network(inputs), targets).backward()
            optimiser.step()
        means.append(loss.end_epoch())
        hook("retrieval", epoch + 1, options.epochs)
    network.eval()
    return means


@torch.inference_mode()
def describe(network: DDAG, images: np.ndarray, modality: str, *, batch: int = 64) -> dict[str, np.ndarray]:
    """Features to compare by their dot product, each (n, d) of length 1: "whole" and "parts".

    Parameters
    ----------
    images : (n, h, w, 3) uint8
    modality : {"visible", "infrared"}
    """
    network.eval()
    found: dict[str, list[Tensor]] = {"whole": [], "parts": []}
    for start in range(0, len(images), batch):
        described = network({modality: standardise(images[start : start + batch])})
        for name, rows in found.items():
            rows.append(functional.normalize(getattr(described, name)))
    return {name: torch.cat(rows).numpy() for name, rows in found.items()}
