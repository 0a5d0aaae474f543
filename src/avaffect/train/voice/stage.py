"""The voice stage of a run: read the corpora, train the encoder, measure it on held-out speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from ... import voice
from ...corpus.speech import EMOTIONS, read_speech
from ...corpus.splits import SPLITS
from ...encoder.voice import VoiceNet
from ..agreement import agreement, recall
from ..fit import EpochData, EveryEpochs, Hook, fit
from ..recipe import Recipe
from ..result import is_done, load_result, save_result
from .augment import Damage
from .clips import Heard, VoiceBatches, hear, ticks
from .module import VoiceHeads, VoiceModule

Known = Literal["clip", "speaker"]


def train_voice(settings: Recipe, hook: Hook) -> None:
    """Train the encoder unless ``work/voice`` holds the result."""
    folder = settings.work / "voice"
    if is_done(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    plan = settings.voice.fit
    items = hear(read_speech(settings.data / settings.voice.speech, settings.voice.corpora))
    batches = VoiceBatches(
        [item for item in items if item.clip.split == "train"],
        draws=settings.voice.draws,
        batch=plan.batch,
        seed=settings.seed,
        damage=Damage(),
    )
    module = VoiceModule(
        encoder=VoiceNet(**settings.voice.options),
        plan=plan,
        steps=plan.epochs * len(batches),
    )
    net, heads = module.averaged()

    def measure(split: str = "val") -> dict[str, float]:
        held_out = [item for item in items if item.clip.split == split]
        return evaluate(net, heads, held_out)

    fit(
        module,
        EpochData(batches),
        stage="voice",
        folder=folder,
        plan=plan,
        seed=settings.seed,
        hook=hook,
        callbacks=(EveryEpochs(measure, every=4),),
    )
    unseen = hear(read_speech(settings.data / settings.voice.speech, settings.voice.unseen))
    figures = {
        **{split: measure(split) for split in SPLITS[1:]},
        "unseen": per_corpus(net, heads, unseen),
    }
    save_result(folder, {"encoder": net, "heads": heads}, figures)
    (folder / "last.ckpt").unlink(missing_ok=True)


def load_voice(settings: Recipe) -> tuple[VoiceNet, VoiceHeads]:
    """The trained encoder and its heads, in evaluation mode."""
    net = VoiceNet(**settings.voice.options)
    heads = VoiceHeads(net.dim)
    load_result(settings.work / "voice", {"encoder": net, "heads": heads})
    return net, heads


def view(item: Heard, known: Known = "clip") -> torch.Tensor:
    """What the encoder is given of a clip: (1, frames, 64), whole ticks.

    Parameters
    ----------
    known : str
        What the reference level is estimated from: the "clip" alone, as if it were the whole recording,
        or all of the "speaker"'s clips where the corpus kept their levels.
    """
    logmel = voice.log_mel(item.clip.sound)
    if known == "speaker" and not np.isnan(item.usual):
        reference = item.usual
    else:
        reference = voice.reference_level(logmel, item.voiced)
    return torch.from_numpy(voice.relative(logmel, reference))[None]


@torch.inference_mode()
def read_voices(
    net: VoiceNet, heads: VoiceHeads, items: Sequence[Heard], known: Known = "clip"
) -> dict[str, np.ndarray]:
    """Whole clips through the network, one by one: `logits` (n, 8), `affect` (n, 2)."""
    net.eval()
    heads.eval()
    logits, affect = [], []
    for item in items:
        out = heads(net(view(item, known)), torch.from_numpy(ticks(item.voiced))[None])
        logits.append(out[0])
        affect.append(out[1])
    return {"logits": torch.cat(logits).numpy(), "affect": torch.cat(affect).numpy()}


def evaluate(
    net: VoiceNet, heads: VoiceHeads, items: Sequence[Heard], known: Known = "clip"
) -> dict[str, float]:
    """Held-out figures, as ``CORPUS/FIGURE``: those of `per_corpus`, and over ``all`` clips together.

    Nothing where there are no clips.
    """
    if not items:
        return {}
    out = read_voices(net, heads, items, known)
    return {
        f"{name}/{key}": value
        for name, figures in _by_corpus(out, items, together=True).items()
        for key, value in figures.items()
    }


def per_corpus(
    net: VoiceNet, heads: VoiceHeads, items: Sequence[Heard], known: Known = "clip"
) -> dict[str, dict[str, float]]:
    """Figures by corpus: ``uar``, ``ccc_`` and ``r_`` (Pearson) of valence and arousal with the proxies.

    The unweighted average recall, ``uar``, is among the emotions that the corpus has.
    """
    return _by_corpus(read_voices(net, heads, items, known), items, together=False) if items else {}


def _by_corpus(
    out: dict[str, np.ndarray], items: Sequence[Heard], *, together: bool
) -> dict[str, dict[str, float]]:
    truth = np.array([EMOTIONS.index(item.clip.emotion) for item in items])
    proxies = np.array([item.clip.valence_arousal for item in items])
    groups = defaultdict(list)
    for index, item in enumerate(items):
        groups[item.clip.corpus].append(index)
    figures = {"all": agreement(out["affect"], proxies)} if together else {}
    for name, part in groups.items():
        figures[name] = {
            "uar": recall(out["logits"][part], truth[part]),
            **agreement(out["affect"][part], proxies[part]),
        }
    return figures
