"""The voice stage: train the voice encoder on emotions of acted speech, and on their valence and arousal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .. import voice
from ..construction import constructing
from ..corpus.speech import EMOTIONS, read_speech
from ..corpus.splits import SPLITS
from ..encoder import Encoder, check_encoder, create_encoder
from ..loss import CCCLoss
from ..metric import regression_metrics, uar
from ..progress import Hook
from .batches import Batch
from .claims import claim
from .module import EncoderModule
from .recipe import CorpusRecipe, Fit
from .rendered import TICK_RATE
from .result import load_result, save_result
from .selection import with_mean_ccc
from .trainer import fit
from .voice_augmentation import VoiceAugmentation
from .voice_clips import AnalysedClip, VoiceBatches, analyse_clips, voiced_ticks

LABEL_SMOOTHING = 0.1  # share of the label that is spread evenly over all emotions of the clip's corpus

Reference = Literal["clip", "speaker"]
"""What the reference level of a clip is estimated from."""


class VoiceHeads(nn.Module):
    """Emotion of a clip by attention over its ticks; valence and arousal as the mean over its ticks."""

    def __init__(self, dim: int, *, dropout: float = 0.3) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.attention = nn.Linear(dim, 1)
        self.emotion = nn.Linear(dim, len(EMOTIONS))
        self.affect = nn.Linear(dim, 2)

    def forward(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Predict from the features of clips.

        Parameters
        ----------
        features : (b, t, d) torch.Tensor
            Of a voice encoder.
        mask : (b, t) torch.BoolTensor
            True where speech is active, somewhere in each clip.

        Returns
        -------
        Emotion logits (b, 8) and valence-arousal (b, 2).
        """
        features = self.dropout(features)
        score = self.attention(features)[..., 0].masked_fill(~mask, float("-inf"))
        pooled = torch.einsum("bt,btd->bd", score.softmax(dim=1), features)
        weight = mask / mask.sum(dim=1, keepdim=True)
        return self.emotion(pooled), torch.einsum("bt,btd->bd", weight, self.affect(features))


class VoiceModule(EncoderModule[Encoder, VoiceHeads]):
    """Cross entropy among the emotions of the clip's own corpus, 1 - CCC and squared error on the proxies."""

    def __init__(self, encoder: Encoder, plan: Fit) -> None:
        super().__init__(encoder, VoiceHeads(encoder.dim), plan)
        self.ccc = CCCLoss()

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch of `VoiceBatches`."""
        features = self.encoder(batch["logmel"])
        with torch.autocast(features.device.type, enabled=False):
            logits, affect = self.heads(features.float(), batch["mask"])
        emotion = emotion_loss(logits, batch["emotion"], batch["known"])
        proxy = self.ccc(affect, batch["affect"]) + functional.mse_loss(affect, batch["affect"])
        return emotion + proxy, {"emotion": emotion, "proxy": proxy}


def emotion_loss(logits: Tensor, emotion: Tensor, known: Tensor) -> Tensor:
    """Smoothed cross entropy among known classes: a class that a corpus lacks cannot be wrong in its clips.

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
    return -((1 - LABEL_SMOOTHING) * chosen + LABEL_SMOOTHING * spread).mean()


def train_voice(settings: CorpusRecipe, hook: Hook) -> None:
    """Train the encoder, unless ``work/voice`` holds the result; measure it on held-out speakers."""
    folder = settings.folder("voice")
    if claim(settings, "voice"):
        return
    plan = settings.voice.fit
    module = VoiceModule(_create(settings), plan)  # before the data, whose reading may draw random numbers
    items = analyse_clips(read_speech(settings.data / settings.voice.speech, settings.voice.corpora))
    batches = VoiceBatches(
        [item for item in items if item.clip.split == "train"],
        draws=settings.voice.draws,
        batch=plan.batch,
        seed=settings.seed,
        augmentation=VoiceAugmentation(),
    )
    net, heads = module.kept_parts()

    def measure(split: str = "val") -> dict[str, float]:
        held_out = [item for item in items if item.clip.split == split]
        return evaluate(net, heads, held_out)

    fit(
        module,
        batches,
        measure=lambda: with_mean_ccc(measure()),
        folder=folder,
        stage="voice",
        seed=settings.seed,
        hook=hook,
    )
    unseen = analyse_clips(read_speech(settings.data / settings.voice.speech, settings.voice.unseen))
    figures = {
        **{split: measure(split) for split in SPLITS[1:]},
        "unseen": per_corpus(net, heads, unseen),
    }
    save_result(folder, {"encoder": net, "heads": heads}, figures)


def load_voice(settings: CorpusRecipe) -> tuple[Encoder, VoiceHeads]:
    """The trained encoder and its heads, in evaluation mode.

    Raises
    ------
    DataError
        If the stage is not done.
    """
    net = _create(settings)
    heads = VoiceHeads(net.dim)
    load_result(settings, "voice", {"encoder": net, "heads": heads})
    return net, heads


def _create(settings: CorpusRecipe) -> Encoder:
    with constructing(f"recipe {settings.name}"):
        encoder = create_encoder(settings.voice.encoder.name, **settings.voice.encoder.options)
    check_encoder(encoder, stream="audio", dim=encoder.dim, tick_rate=TICK_RATE)
    return encoder


def encoder_input(item: AnalysedClip, reference: Reference = "clip") -> Tensor:
    """The log-mel of a clip relative to its reference level: (1, frames, 64).

    Parameters
    ----------
    item : AnalysedClip
    reference : {"clip", "speaker"}
        The reference level is estimated from the "clip" alone, as if it were the whole recording, or from
        all clips of the "speaker" where the corpus kept their levels.
    """
    logmel = voice.log_mel(item.clip.sound)
    if reference == "speaker" and not np.isnan(item.usual_level):
        level = item.usual_level
    else:
        level = voice.reference_level(logmel, item.voiced)
    return torch.from_numpy(voice.relative(logmel, level))[None]


@torch.inference_mode()
def predict_clips(
    net: Encoder, heads: VoiceHeads, items: Sequence[AnalysedClip], reference: Reference = "clip"
) -> dict[str, NDArray]:
    """Whole clips through the network, one by one: `logits` (n, 8), `affect` (n, 2)."""
    net.eval()
    heads.eval()
    logits, affect = [], []
    for item in items:
        mask = torch.from_numpy(voiced_ticks(item.voiced))[None]
        out = heads(net(encoder_input(item, reference)), mask)
        logits.append(out[0])
        affect.append(out[1])
    return {"logits": torch.cat(logits).numpy(), "affect": torch.cat(affect).numpy()}


def evaluate(
    net: Encoder, heads: VoiceHeads, items: Sequence[AnalysedClip], reference: Reference = "clip"
) -> dict[str, float]:
    """Held-out figures, as ``CORPUS/FIGURE``: those of `per_corpus`, and over ``all`` clips together.

    Empty where there are no clips.
    """
    if not items:
        return {}
    out = predict_clips(net, heads, items, reference)
    return {
        f"{name}/{key}": value
        for name, figures in _by_corpus(out, items, together=True).items()
        for key, value in figures.items()
    }


def per_corpus(
    net: Encoder, heads: VoiceHeads, items: Sequence[AnalysedClip], reference: Reference = "clip"
) -> dict[str, dict[str, float]]:
    """Figures by corpus: ``uar``, ``ccc_`` and ``r_`` (Pearson) of valence and arousal with the proxies.

    The unweighted average recall, ``uar``, is among the emotions that the corpus has.
    """
    if not items:
        return {}
    return _by_corpus(predict_clips(net, heads, items, reference), items, together=False)


def _by_corpus(
    out: dict[str, NDArray], items: Sequence[AnalysedClip], *, together: bool
) -> dict[str, dict[str, float]]:
    truth = np.array([EMOTIONS.index(item.clip.emotion) for item in items])
    proxies = np.array([item.clip.valence_arousal for item in items])
    groups = defaultdict(list)
    for index, item in enumerate(items):
        groups[item.clip.corpus].append(index)
    figures = {"all": regression_metrics(out["affect"], proxies)} if together else {}
    for name, part in groups.items():
        figures[name] = {
            "uar": uar(out["logits"][part], truth[part]),
            **regression_metrics(out["affect"][part], proxies[part]),
        }
    return figures
