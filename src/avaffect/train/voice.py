"""The voice stage: train the voice encoder on emotions of acted speech, and on their valence and arousal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from lightning import seed_everything
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .. import voice
from ..construction import constructing
from ..corpus.speech import EMOTIONS, read_speech
from ..encoder import Encoder, check_encoder, create_encoder
from ..errors import DataError
from ..loss import CCCLoss
from ..metric import regression_metrics, uar
from ..progress import Hook
from .acted import CORPUS, read_recordings
from .batches import Batch
from .claims import claim, is_done
from .folds import ALL, Fold, folds_of
from .module import EncoderModule
from .recipe import CorpusRecipe, Fit
from .rendered import TICK_RATE
from .result import load_result, save_result
from .trainer import fit
from .voice_clips import AnalysedClip, analyse_clips, voiced_ticks
from .voice_views import ClipViews, ViewBatches, collate_views, plain_input, read_views

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

    def measure_scale(self, batches: ViewBatches) -> None:
        """Let the encoder measure the scale of its input on the first batch."""
        batch = next(batches.epoch(0))
        per_tick = batch["inputs"].shape[1] // batch["mask"].shape[1]
        rows = batch["inputs"][batch["mask"].repeat_interleave(per_tick, dim=1)]
        for net in {self.encoder, self.kept_parts()[0]}:
            net.measure_scale(rows)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch of `ViewBatches`."""
        features = self.encoder.features(batch["inputs"])
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


def read_items(settings: CorpusRecipe, names: Sequence[str]) -> list[AnalysedClip]:
    """The clips of some speech corpora."""
    return analyse_clips(read_speech(settings.data / settings.voice.speech, names))


def read_clips(settings: CorpusRecipe, hook: Hook) -> list[ClipViews]:
    """Views of all clips that a recipe's voices are trained on: speech corpora, and the sound of videos."""
    items = read_items(settings, settings.voice.corpora)
    items += [recording.voice for recording in read_recordings(settings, hook)]
    return read_views(
        settings.folder("voice") / "views.npz",
        _untrained(settings),
        items,
        count=settings.voice.views,
        seed=settings.seed,
        hook=hook,
    )


def train_voice(settings: CorpusRecipe, hook: Hook) -> None:
    """Train the encoder on all clips, and without those of each fold; measure it on those left out."""
    if claim(settings, "voice"):
        return
    clips = read_clips(settings, hook)
    folds = voice_folds(settings, clips)
    for fold in (*folds, Fold(ALL, frozenset())):
        train_without(settings, clips, fold, hook)
    save_result(settings.folder("voice"), {}, _figures(settings, folds, clips))


def train_without(settings: CorpusRecipe, clips: Sequence[ClipViews], fold: Fold, hook: Hook) -> None:
    """Train on all clips but those of a fold, unless its folder holds the result.

    Raises
    ------
    DataError
        If no clip is left.
    """
    folder, plan = settings.folder("voice") / fold.name, settings.voice.fit
    if is_done(folder):
        return
    seen = [clip for clip in clips if not left_out(clip.item, fold)]
    if not seen:
        raise DataError(
            f"voice.corpora: without {', '.join(sorted(fold.units))} no clip is left to train on; "
            "add a corpus, or speakers"
        )
    batches = ViewBatches(seen, draws=settings.voice.draws, batch=plan.batch, seed=settings.seed)
    seed_everything(settings.seed, verbose=False)  # the same first weights for every fold
    module = VoiceModule(_untrained(settings), plan)
    module.measure_scale(batches)
    fit(module, batches, folder=folder, stage=f"voice {fold.name}", seed=settings.seed, hook=hook)
    net, heads = module.kept_parts()
    save_result(folder, {"encoder": net, "heads": heads}, {})


def voice_folds(settings: CorpusRecipe, clips: Sequence[ClipViews]) -> list[Fold]:
    """The folds of a recipe, by its clips."""
    acted = {clip.item.clip.speaker for clip in clips if clip.item.clip.corpus == CORPUS}
    return folds_of(settings, acted, {clip.item.clip.speaker for clip in clips} - acted)


def left_out(item: AnalysedClip, fold: Fold) -> bool:
    """Whether a fold leaves out a clip: its corpus, or its speaker."""
    return item.clip.corpus in fold.units or item.clip.speaker in fold.units


def load_voice(settings: CorpusRecipe, fold: str = ALL) -> tuple[Encoder, VoiceHeads]:
    """The trained encoder and its heads, in evaluation mode: the one used in prediction, or that of a fold.

    Raises
    ------
    DataError
        If the stage is not done.
    """
    net = _create(settings)
    heads = VoiceHeads(net.dim)
    load_result(settings, "voice", {"encoder": net, "heads": heads}, part=fold)
    return net, heads


def _untrained(settings: CorpusRecipe) -> Encoder:
    """A new encoder; what it has of published weights is theirs."""
    encoder = _create(settings)
    if settings.voice.published is not None:
        encoder.load_published(settings.data / settings.voice.published)
    return encoder


def _create(settings: CorpusRecipe) -> Encoder:
    with constructing(f"recipe {settings.name}"):
        encoder = create_encoder(settings.voice.encoder.name, **settings.voice.encoder.options)
    check_encoder(encoder, stream="audio", dim=encoder.dim, tick_rate=TICK_RATE)
    return encoder


def _figures(settings: CorpusRecipe, folds: Sequence[Fold], clips: Sequence[ClipViews]) -> dict[str, Any]:
    """Figures by corpus: of clips that the encoder was trained without, and of corpora never trained on."""
    net, heads = load_voice(settings)
    unseen = read_items(settings, settings.voice.unseen)
    return {
        "left_out": figures_without(settings, folds, clips),
        "unseen": per_corpus(net, heads, unseen),
    }


def figures_without(
    settings: CorpusRecipe, folds: Sequence[Fold], clips: Sequence[ClipViews]
) -> dict[str, dict[str, float]]:
    """Figures by corpus, as of `per_corpus`: each clip read by the encoder of the fold that leaves it out."""
    outs: list[dict[str, NDArray]] = []
    items: list[AnalysedClip] = []
    for fold in folds:
        own = [clip for clip in clips if left_out(clip.item, fold)]
        if own:
            outs.append(predict_views(*load_voice(settings, fold.name), own))
            items += [clip.item for clip in own]
    out = {name: np.concatenate([one[name] for one in outs]) for name in outs[0]}
    return _by_corpus(out, items)


@torch.inference_mode()
def predict_views(net: Encoder, heads: VoiceHeads, clips: Sequence[ClipViews]) -> dict[str, NDArray]:
    """Plain clips through the network, one by one: `logits` (n, 8), `affect` (n, 2)."""
    found: dict[str, list[Tensor]] = {"logits": [], "affect": []}
    for clip in clips:  # in a batch, features at the end of a clip would depend on what fills it up
        batch = collate_views([clip.plain])
        logits, affect = heads(net.features(batch["inputs"]), batch["mask"])
        found["logits"].append(logits)
        found["affect"].append(affect)
    return {name: torch.cat(parts).numpy() for name, parts in found.items()}


@torch.inference_mode()
def predict_clips(
    net: Encoder, heads: VoiceHeads, items: Sequence[AnalysedClip], reference: Reference = "clip"
) -> dict[str, NDArray]:
    """Whole clips through the network, one by one: `logits` (n, 8), `affect` (n, 2).

    Parameters
    ----------
    reference : {"clip", "speaker"}
        The reference level is estimated from the "clip" alone, as if it were the whole recording, or from
        all clips of the "speaker" where the corpus kept their levels.
    """
    logmel = voice.LogMel(voice.preset(net.preprocessing["logmel"]))
    logits, affect = [], []
    for item in items:
        usual = reference == "speaker" and not np.isnan(item.usual_level)
        frames, voiced = plain_input(item, logmel, item.usual_level if usual else None)
        mask = torch.from_numpy(voiced_ticks(voiced))[None]
        out = heads(net(torch.from_numpy(frames)[None]), mask)
        logits.append(out[0])
        affect.append(out[1])
    return {"logits": torch.cat(logits).numpy(), "affect": torch.cat(affect).numpy()}


def per_corpus(
    net: Encoder, heads: VoiceHeads, items: Sequence[AnalysedClip], reference: Reference = "clip"
) -> dict[str, dict[str, float]]:
    """Figures by corpus: ``uar``, ``ccc_`` and ``r_`` (Pearson) of valence and arousal with the proxies.

    The unweighted average recall, ``uar``, is among the emotions that the corpus has.
    """
    return _by_corpus(predict_clips(net, heads, items, reference), items) if items else {}


def _by_corpus(out: dict[str, NDArray], items: Sequence[AnalysedClip]) -> dict[str, dict[str, float]]:
    truth = np.array([EMOTIONS.index(item.clip.emotion) for item in items])
    proxies = np.array([item.clip.valence_arousal for item in items])
    groups = defaultdict(list)
    for index, item in enumerate(items):
        groups[item.clip.corpus].append(index)
    return {
        name: {
            "clips": float(len(part)),
            "speakers": float(len({items[index].clip.speaker for index in part})),
            "uar": uar(out["logits"][part], truth[part]),
            **regression_metrics(out["affect"][part], proxies[part]),
        }
        for name, part in groups.items()
    }
