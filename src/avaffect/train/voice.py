"""Training the voice encoder: emotions of acted speech, and the valence and arousal they stand for."""

from __future__ import annotations

from typing import Any, cast

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..corpus.speech import EMOTIONS
from ..encoder.voice import VoiceNet
from ..loss import CCCLoss
from .schedule import cosine

SMOOTHING = 0.1  # share of the label that all emotions of the clip's corpus divide


class VoiceHeads(nn.Module):
    """A clip's emotion from its most telling ticks, its valence and arousal as the mean over its ticks."""

    def __init__(self, dim: int, *, dropout: float = 0.3) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.telling = nn.Linear(dim, 1)
        self.emotion = nn.Linear(dim, len(EMOTIONS))
        self.affect = nn.Linear(dim, 2)

    def forward(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Readings of clips.

        Parameters
        ----------
        features : (b, t, d) torch.Tensor
            Of `VoiceNet`.
        mask : (b, t) torch.BoolTensor
            True where speech is active, somewhere in each clip.

        Returns
        -------
        Emotion logits (b, 8) and valence-arousal (b, 2).
        """
        features = self.dropout(features)
        score = self.telling(features)[..., 0].masked_fill(~mask, float("-inf"))
        pooled = torch.einsum("bt,btd->bd", score.softmax(dim=1), features)
        weight = mask / mask.sum(dim=1, keepdim=True)
        return self.emotion(pooled), torch.einsum("bt,btd->bd", weight, self.affect(features))


class VoiceModule(L.LightningModule):
    """Cross entropy among the emotions of the clip's own corpus, 1 - CCC and squared error on the proxies.

    The average of the weights over the last steps (exponential, `decay`) is what is evaluated and kept.
    """

    def __init__(
        self,
        *,
        encoder: VoiceNet,
        steps: int,
        rate: float,
        weight_decay: float,
        decay: float,
        warmup: float,
    ) -> None:
        super().__init__()
        self.net = encoder
        self.heads = VoiceHeads(encoder.dim)
        self.average = AveragedModel(
            nn.ModuleDict({"net": self.net, "heads": self.heads}),
            multi_avg_fn=get_ema_multi_avg_fn(decay),
            use_buffers=True,
        )
        self.steps, self.rate, self.weight_decay, self.warmup = steps, rate, weight_decay, warmup
        self.ccc = CCCLoss()

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        """One batch of `VoiceBatches`."""
        features = self.net(batch["logmel"])
        with torch.autocast(features.device.type, enabled=False):
            logits, affect = self.heads(features.float(), batch["mask"])
        emotion = emotion_loss(logits, batch["emotion"], batch["known"])
        proxy = self.ccc(affect, batch["affect"]) + functional.mse_loss(affect, batch["affect"])
        self.log("train/emotion", emotion)
        self.log("train/proxy", proxy)
        return emotion + proxy

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then move the average of the weights."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(nn.ModuleDict({"net": self.net, "heads": self.heads}))

    def averaged(self) -> tuple[VoiceNet, VoiceHeads]:
        """The averaged encoder and heads: what is evaluated and kept."""
        parts = cast(nn.ModuleDict, self.average.module)
        return cast(VoiceNet, parts["net"]), cast(VoiceHeads, parts["heads"])

    def configure_optimizers(self) -> Any:
        """AdamW, no decay on gains and biases; linear warm-up, then cosine to zero, per step."""
        trained = [*self.net.named_parameters(), *self.heads.named_parameters()]
        groups = [
            {"params": [p for _, p in trained if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for _, p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.rate)
        schedule = cosine(optimizer, steps=self.steps, warmup=self.warmup)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def emotion_loss(logits: Tensor, emotion: Tensor, known: Tensor) -> Tensor:
    """Smoothed cross entropy among known classes: one that a corpus lacks is no alternative in its clips.

    Parameters
    ----------
    logits : (b, classes) torch.Tensor
    emotion : (b,) torch.LongTensor
        The true class, one that is known.
    known : (b, classes) torch.BoolTensor
        Classes of the clip's corpus.
    """
    log_share = logits.masked_fill(~known, float("-inf")).log_softmax(dim=1)
    log_share = log_share.masked_fill(~known, 0.0)
    chosen = log_share.gather(1, emotion[:, None])[:, 0]
    spread = log_share.sum(dim=1) / known.sum(dim=1)
    return -((1 - SMOOTHING) * chosen + SMOOTHING * spread).mean()
