"""Training of a person verification network on recordings of known people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..fusion.published.person import PersonNetwork
from ..progress import Hook, silent
from .margin import AngularMargin
from .trials import Recordings, Trials


@dataclass(frozen=True)
class Fit:
    """Options of the training.

    Attributes
    ----------
    epochs, batch : int
    rate : float
        Learning rate of Adam in the first epoch.
    decay : float
        Its factor from epoch to epoch; 0.65 as published, for epochs of thousands of steps.
    margin, scale : float
        Of `AngularMargin`; 0.4 and 64 as published, on 1,150 people.
    hide : float
        Share of the recordings of which the face, and of as many others the voice, is left out.
    seed : int
    """

    epochs: int = 40
    batch: int = 32
    rate: float = 1e-3
    decay: float = 0.95
    margin: float = 0.2
    scale: float = 30.0
    hide: float = 0.15
    seed: int = 0


def fit(
    network: PersonNetwork, recordings: Recordings, options: Fit | None = None, *, hook: Hook = silent
) -> list[float]:
    """Train in place; the mean loss of each epoch.

    Each step draws as many segments of each recording as there are, with replacement, kept in order. A linear
    layer in front starts centred on the recordings: faces of dlib's network have most of their direction in
    common.
    """
    options = options or Fit()
    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    _, classes = np.unique(recordings.people, return_inverse=True)
    loss = AngularMargin(
        network.out.out_features, int(classes.max()) + 1, margin=options.margin, scale=options.scale
    )
    _centre(network, recordings)
    parameters = [*network.parameters(), *loss.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=options.rate, weight_decay=2e-5)
    network.train()
    means = []
    for epoch in range(options.epochs):
        optimiser.param_groups[0]["lr"] = options.rate * options.decay**epoch
        order = random.permutation(len(recordings))
        sums = 0.0
        for start in range(0, len(order), options.batch):
            at = order[start : start + options.batch]
            if len(at) < 2:  # batch normalisation needs more
                continue
            streams, masks = tensors(_drawn(recordings[at], random, options.hide))
            optimiser.zero_grad()
            value = loss(network(streams, masks), torch.from_numpy(classes[at]))
            value.backward()
            optimiser.step()
            sums += float(value.detach()) * len(at)
        means.append(sums / len(order))
        hook("verification", epoch + 1, options.epochs)
    network.eval()
    return means


@torch.no_grad()
def _centre(network: PersonNetwork, recordings: Recordings) -> None:
    """Start the linear layers in front such that the mean of their inputs becomes zero."""
    streams, masks = tensors(recordings)
    for name, layer in network.reduce.items():
        if not isinstance(layer, nn.Linear):
            continue
        mean = functional.normalize(streams[name][masks[name]], dim=-1).mean(dim=0)
        layer.bias.copy_(-layer.weight @ mean)


def tensors(recordings: Recordings) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Streams and masks as the network takes them."""
    streams = {"visual": recordings.faces, "audio": recordings.voices}
    masks = {"visual": recordings.has_face, "audio": recordings.has_voice}
    return (
        {name: torch.from_numpy(values) for name, values in streams.items()},
        {name: torch.from_numpy(mask) for name, mask in masks.items()},
    )


def _drawn(recordings: Recordings, random: np.random.Generator, hide: float) -> Recordings:
    """Segments drawn with replacement, and some recordings without face or voice."""
    count, segments = recordings.has_face.shape
    chosen = np.sort(random.integers(segments, size=(2, count, segments)), axis=-1)
    row = np.arange(count)[:, None]
    luck = random.random((count, 1))
    return Recordings(
        recordings.faces[row, chosen[0]],
        recordings.voices[row, chosen[1]],
        recordings.has_face[row, chosen[0]] & (luck >= hide),
        recordings.has_voice[row, chosen[1]] & (luck < 1 - hide),
        recordings.people,
    )


@torch.inference_mode()
def embed(network: PersonNetwork, recordings: Recordings) -> np.ndarray:
    """Embeddings of length 1 of (n) recordings, (n, embedding) float32."""
    network.eval()
    parts = [
        functional.normalize(
            network(*tensors(recordings[np.arange(start, min(start + 64, len(recordings)))]))
        )
        for start in range(0, len(recordings), 64)
    ]
    return torch.cat(parts).numpy()


def network_similarity(network: PersonNetwork, recordings: Recordings, trials: Trials) -> np.ndarray:
    """Cosine of the embeddings of each trial, (n,)."""
    found = embed(network, recordings)
    return np.einsum("nd,nd->n", found[trials.first], found[trials.second], dtype=np.float64)
