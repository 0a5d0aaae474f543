"""Training the face encoder: the raters' votes over emotions, and valence and arousal.

The votes teach what expressions look like, the rated faces where they lie. Proxies made from votes and
ratings do not share a scale, so the network predicts on the raters' scale and the proxies are compared
through an affine map of their own, which is learned and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import IterableDataset

from ...corpus.faces import EMOTIONS, FaceSet
from ...encoder.face import FaceNet
from ..averaged import EncoderModule
from .augment import Damage, frame, spoil


@dataclass(frozen=True)
class Faces:
    """A corpus and where its faces are cut, `framings`."""

    corpus: FaceSet
    matrices: NDArray[np.float64]

    def part(self, split: str) -> Faces:
        """The items of one split."""
        chosen = self.corpus.part(split)
        return Faces(chosen, self.matrices[self.corpus.split == _index(split)])


def _index(split: str) -> int:
    return ("train", "val", "test").index(split)


class FaceHeads(nn.Module):
    """Emotion logits and valence-arousal as linear readings of the embedding."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.emotion = nn.Linear(dim, len(EMOTIONS))
        self.affect = nn.Linear(dim, 2)
        self.proxy_scale = nn.Parameter(torch.ones(2))
        self.proxy_shift = nn.Parameter(torch.zeros(2))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(n, d) to emotion logits (n, 8) and valence-arousal (n, 2) on the raters' scale."""
        return self.emotion(features), self.affect(features)

    def as_proxy(self, affect: Tensor) -> Tensor:
        """Valence-arousal (n, 2) on the scale of the vote proxies."""
        return affect * self.proxy_scale + self.proxy_shift


class FaceBatches(IterableDataset):
    """One epoch of augmented batches of several corpora, mixed; the same for the same seed and epoch."""

    def __init__(
        self, parts: list[Faces], repeats: list[int], *, batch: int, seed: int, damage: Damage
    ) -> None:
        self.parts = parts
        self.batch = batch
        self.seed = seed
        self.damage = damage
        self.items = np.concatenate(
            [
                np.tile(np.stack([np.full(len(p.corpus), k), np.arange(len(p.corpus))], 1), (n, 1))
                for k, (p, n) in enumerate(zip(parts, repeats, strict=True))
            ]
        )
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.items) // self.batch

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng((self.seed, self.epoch))
        order = rng.permutation(len(self.items))[: len(self) * self.batch]
        for chosen in order.reshape(-1, self.batch):
            yield self._batch(self.items[chosen], rng)

    def _batch(self, items: NDArray[np.intp], rng: np.random.Generator) -> dict[str, Tensor]:
        images, emotions, affect, rated = [], [], [], []
        for part, item in items:
            faces = self.parts[part]
            image = frame(faces.corpus.images[item], faces.matrices[item], rng, damage=self.damage)
            images.append(spoil(image, rng, self.damage))
            emotions.append(faces.corpus.emotions[item])
            affect.append(faces.corpus.valence_arousal[item])
            rated.append(faces.corpus.rated[item])
        return {
            "images": torch.from_numpy(np.stack(images)),
            "emotions": torch.from_numpy(np.stack(emotions)),
            "affect": torch.from_numpy(np.stack(affect)),
            "rated": torch.from_numpy(np.array(rated)),
        }


class FaceModule(EncoderModule[FaceNet, FaceHeads]):
    """Soft-label cross entropy on the votes, 1 - CCC on their proxies, squared error on the ratings."""

    def __init__(self, *, encoder: FaceNet, **plan: Any) -> None:
        super().__init__(encoder, FaceHeads(encoder.dim), **plan)

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        """One batch of `FaceBatches`."""
        images = self.net.preprocess(batch["images"]).to(memory_format=torch.channels_last)
        logits, affect = self.heads(self.net.features(images))
        logits, affect = logits.float(), affect.float()
        rated = batch["rated"]
        loss = affect.new_zeros(())
        if not rated.all():
            loss = loss + self._against_votes(logits[~rated], affect[~rated], batch, ~rated)
        if rated.any():
            error = functional.mse_loss(affect[rated], batch["affect"][rated])
            self.log("train/rated", error)
            loss = loss + 4 * error  # few of the faces are rated, and errors of ratings are small
        return loss

    def _against_votes(
        self, logits: Tensor, affect: Tensor, batch: dict[str, Tensor], voted: Tensor
    ) -> Tensor:
        emotion = functional.cross_entropy(logits, batch["emotions"][voted])
        proxies, labels = self.heads.as_proxy(affect), batch["affect"][voted]
        proxy = self.ccc(proxies, labels) + functional.mse_loss(proxies, labels)
        self.log_dict({"train/emotion": emotion, "train/proxy": proxy})
        return emotion + proxy


@torch.inference_mode()
def read_faces(net: FaceNet, heads: FaceHeads, faces: Faces) -> dict[str, NDArray]:
    """Plain aligned crops through the network: `features` (n, d), `logits` (n, 8), `affect` (n, 2)."""
    net.eval()
    heads.eval()
    out: dict[str, list[Tensor]] = {"features": [], "logits": [], "affect": []}
    for start in range(0, len(faces.corpus), 256):
        part = range(start, min(start + 256, len(faces.corpus)))
        crops = np.stack([frame(faces.corpus.images[i], faces.matrices[i], _PLAIN) for i in part])
        features = net(torch.from_numpy(crops))
        logits, affect = heads(features)
        for name, value in (("features", features), ("logits", logits), ("affect", affect)):
            out[name].append(value.float())
    return {name: torch.cat(values).numpy() for name, values in out.items()}


_PLAIN = np.random.default_rng(0)  # `frame` without damage draws nothing from it
