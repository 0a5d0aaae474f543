"""Training the voice encoder: emotions of acted speech, and the valence and arousal they stand for."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...corpus.speech import EMOTIONS
from ...encoder.voice import VoiceNet
from ..averaged import EncoderModule

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


class VoiceModule(EncoderModule[VoiceNet, VoiceHeads]):
    """Cross entropy among the emotions of the clip's own corpus, 1 - CCC and squared error on the proxies."""

    def __init__(self, *, encoder: VoiceNet, **plan: Any) -> None:
        super().__init__(encoder, VoiceHeads(encoder.dim), **plan)

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
