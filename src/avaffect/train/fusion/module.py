"""Training what comes after the encoders: temporal networks, fusion and head, on paired sequences."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import IterableDataset

from ...errors import ModelError
from ...fusion import stream_weights
from ...model import AffectModel
from ..averaged import AveragedModule
from ..feature_pool import FeaturePool
from ..paired import CLEAN, PairedSequence, SequenceCorruption, compose
from ..recipe import Fit


def collate(sequences: list[PairedSequence]) -> dict[str, Tensor]:
    """Sequences of one length as a batch: fields of `PairedSequence`, each with a first axis b."""
    names = PairedSequence.__dataclass_fields__
    return {n: torch.from_numpy(np.stack([getattr(s, n) for s in sequences])) for n in names}


class PairedBatches(IterableDataset):
    """One epoch of new sequences, the same for the same seed and epoch; batches differ in length."""

    def __init__(
        self,
        pool: FeaturePool,
        *,
        steps: int,
        batch: int,
        ticks: tuple[int, int],
        seed: int,
        corruption: SequenceCorruption,
    ) -> None:
        self.pool, self.corruption = pool, corruption
        self.steps, self.batch, self.ticks, self.seed = steps, batch, ticks, seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng((self.seed, self.epoch))
        for _ in range(self.steps):
            ticks = int(rng.integers(self.ticks[0], self.ticks[1] + 1))
            drawn = [compose(self.pool, ticks, rng, corruption=self.corruption) for _ in range(self.batch)]
            yield collate(drawn)


def held_out(
    pool: FeaturePool, *, count: int, ticks: int, seed: int, corruption: SequenceCorruption = CLEAN
) -> dict[str, Tensor]:
    """A fixed set of sequences to measure on."""
    rng = np.random.default_rng(seed)
    return collate([compose(pool, ticks, rng, corruption=corruption) for _ in range(count)])


class FusionModule(AveragedModule):
    """1 - CCC over all labelled ticks of the batch, and squared error so that the scale is right.

    Features get a little noise, and in a share of the sequences one whole modality is hidden: each has to do
    alone at times. The average of the weights over the last steps (exponential) is what is kept.

    Without further help, gates in front of a temporal network take all they can get from joint attention,
    damaged or not. The sequences know what is damaged, so the gates are told: `gate` is the weight of
    `gate_loss` in the sum. It needs a fusion with ``attended`` weights.
    """

    def __init__(
        self,
        *,
        model: AffectModel,
        plan: Fit,
        steps: int,
        noise: float = 0.15,
        hide: float = 0.2,
        gate: float = 0.0,
    ) -> None:
        super().__init__(model.network, plan=plan, steps=steps)
        self.model = model
        self.noise, self.hide, self.gate = noise, hide, gate

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        """One batch of `PairedBatches`."""
        streams = {name: self._noisy(batch[name]) for name in self.model.spec.streams}
        masks = self._hidden({name: batch[f"{name}_mask"] for name in streams})
        out = self.model.network(streams, masks)
        labelled = batch["labelled"] & torch.stack(list(masks.values())).any(0)
        loss = self.ccc(out.values, batch["affect"], labelled)
        error = functional.mse_loss(out.values[labelled], batch["affect"][labelled])
        self.log_dict({"train/ccc": loss, "train/mse": error}, prog_bar=True)
        loss = loss + 2 * error
        if self.gate:
            gates = gate_loss(out.weights, {name: batch[f"{name}_corrupted"] for name in streams}, masks)
            self.log("train/gate", gates)
            loss = loss + self.gate * gates
        return loss

    def _noisy(self, features: Tensor) -> Tensor:
        spread = features.detach().std(dim=(0, 1), keepdim=True)
        return features + self.noise * spread * torch.randn_like(features)

    def _hidden(self, masks: dict[str, Tensor]) -> dict[str, Tensor]:
        """Hide one whole modality in a share of the sequences that have both."""
        if len(masks) == 1:
            return masks
        audio, visual = masks["audio"], masks["visual"]
        both = audio.any(1, keepdim=True) & visual.any(1, keepdim=True)
        draw = torch.rand(len(audio), 1, device=audio.device)
        return {
            "audio": audio & ~(both & (draw < self.hide / 2)),
            "visual": visual & ~(both & (draw > 1 - self.hide / 2)),
        }

    def averaged(self) -> AffectModel:
        """A copy of the model with the averaged weights: what is evaluated and kept."""
        twin = copy.deepcopy(self.model)
        twin.network.load_state_dict(self.average.module.state_dict())
        return twin.eval()


def gate_loss(
    weights: Mapping[str, Tensor], corrupted: Mapping[str, Tensor], masks: Mapping[str, Tensor]
) -> Tensor:
    """Cross entropy of each stream's attended share with its damage, where all streams are there.

    It drives ``attended.<stream>`` to 1 where that stream is damaged, so that its features come from
    joint attention, and to 0 where it is not. ``share.<stream>`` would have to go the other way: a damaged
    stream should lose its share. So a fusion that has only shares is refused.

    Parameters
    ----------
    weights : mapping
        Of `Affect`; ``attended.<stream>`` (b, t) in [0, 1].
    corrupted, masks : mapping of str to (b, t) torch.BoolTensor
        Where each stream is damaged, and where it is there.

    Raises
    ------
    ModelError
        If the fusion has no ``attended`` weights.
    """
    there = torch.stack(list(masks.values())).all(0)
    losses = []
    for name, damage in corrupted.items():
        if f"attended.{name}" not in weights:
            raise ModelError(_no_attended(weights, name))
        attended = weights[f"attended.{name}"].float().clamp(1e-4, 1 - 1e-4)
        losses.append(functional.binary_cross_entropy(attended[there], damage[there].float()))
    return torch.stack(losses).mean()


def _no_attended(weights: Mapping[str, Tensor], name: str) -> str:
    has = (
        f"its gates weigh stream against stream (share.{name}), and a damaged stream should lose share"
        if f"share.{name}" in weights
        else "it has no gates"
    )
    return (
        f"fusion.gate needs a fusion that gates attended against un-attended features (attended.{name}), "
        f"this one does not: {has}; set fusion.gate: 0, or take a fusion such as hgrjca"
    )


@torch.inference_mode()
def predict(
    model: AffectModel, data: Mapping[str, Tensor], *, without: str = ""
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Values (n, t, 2) on sequences, `without` one modality if named, and the gates.

    The gates are ``attended.<stream>`` or ``share.<stream>`` (n, t), by full name; see `Fused`.
    """
    model.eval()
    values: list[Tensor] = []
    gates: dict[str, list[Tensor]] = {}
    for start in range(0, len(data["audio"]), 64):
        part = slice(start, start + 64)
        masks = {name: data[f"{name}_mask"][part] for name in model.spec.streams}
        if without:
            masks[without] = torch.zeros_like(masks[without])
        out = model.network({name: data[name][part] for name in masks}, masks)
        values.append(out.values)
        for name, gate in stream_weights(out.weights).items():
            gates.setdefault(name, []).append(gate)
    return torch.cat(values).numpy(), {name: torch.cat(parts).numpy() for name, parts in gates.items()}
