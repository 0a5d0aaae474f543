"""Views of clips: each clip as it is, and augmented a few times, as the network's own input.

What comes before the part that is trained is the same in every epoch and in every fold of the cross-fitting:
augmentation, spectrogram, and the frozen blocks of an encoder that has some. So it is done once, and kept.

Axes: ``n`` vectors of network input (`Encoder.preprocess`), ``d`` their size, ``t`` ticks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .. import voice
from ..corpus.speech import EMOTIONS
from ..encoder import Encoder
from ..errors import DataError
from ..files import replacing
from ..npz import Expected, read_npz
from ..progress import Hook
from .batches import Batch, Batches
from .voice_augmentation import VoiceAugmentation, add_noise, random_crop
from .voice_clips import STRIDE, AnalysedClip, draw_level, voiced_ticks

MARGIN = 40
"""Frames of 10 ms that an augmented clip is longer, so that something of its room follows it."""

CORPUS_SHARES: Mapping[str, float] = {
    "ravdess": 0.35, "emodb4_full": 0.18, "nemo": 0.17, "tess": 0.08, "emogator": 0.06, "acted": 0.16,
}  # fmt: skip
"""Share of the draws that each corpus gets: between even and proportional to its size."""

_FILE = {
    "clip": Expected("U", ("clips",)),
    "length": Expected("i", ("views",)),
    "ticks": Expected("i", ("views",)),
    "inputs": Expected("f", ("vectors", "d")),
    "active": Expected("b", ("all ticks",)),
}


@dataclass(frozen=True, eq=False)
class View:
    """One version of a clip.

    Attributes
    ----------
    inputs : (n, d) float16 numpy.ndarray
    active : (t,) bool numpy.ndarray
        True where there is speech, somewhere at least.
    """

    inputs: NDArray[np.float16]
    active: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClipViews:
    """A clip and its versions.

    Attributes
    ----------
    item : AnalysedClip
    plain : View
        The clip as if it were a whole recording.
    augmented : tuple of View
    """

    item: AnalysedClip
    plain: View
    augmented: tuple[View, ...]


def read_views(
    cache: Path, encoder: Encoder, items: Sequence[AnalysedClip], *, count: int, seed: int, hook: Hook
) -> list[ClipViews]:
    """Views of clips, made where they are not kept in a file yet.

    Parameters
    ----------
    cache : Path
    encoder : Encoder
        Its `preprocess` is used, and nothing that is trained.
    items : sequence of AnalysedClip
    count : int
        Augmented views of each.
    seed : int
    hook : callable
        Called as ``hook("voice views", completed, total)``, in clips.

    Raises
    ------
    DataError
        If the file is of other clips.
    """
    names = [f"{item.clip.corpus}/{item.clip.name}" for item in items]
    if not cache.is_file():
        _save(cache, names, encoder, items, count, seed, hook)
    data = read_npz(cache, _FILE)
    if list(data["clip"]) != names or len(data["length"]) != len(names) * (count + 1):
        raise DataError(f"{cache} is of other clips or views; remove it, and they are made again")
    if (data["length"].sum(), data["ticks"].sum()) != (len(data["inputs"]), len(data["active"])):
        raise DataError(f"{cache} is damaged; remove it, and they are made again")
    inputs = np.split(data["inputs"], np.cumsum(data["length"])[:-1])
    active = np.split(data["active"], np.cumsum(data["ticks"])[:-1])
    views = [View(*pair) for pair in zip(inputs, active, strict=True)]
    own = [views[start : start + count + 1] for start in range(0, len(views), count + 1)]
    return [ClipViews(item, of[0], tuple(of[1:])) for item, of in zip(items, own, strict=True)]


def _save(
    cache: Path,
    names: list[str],
    encoder: Encoder,
    items: Sequence[AnalysedClip],
    count: int,
    seed: int,
    hook: Hook,
) -> None:
    views = list(_make(encoder, items, count, seed, hook))
    cache.parent.mkdir(parents=True, exist_ok=True)
    with replacing(cache) as part, part.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            clip=np.array(names),
            length=np.array([len(view.inputs) for view in views], np.int64),
            ticks=np.array([len(view.active) for view in views], np.int64),
            inputs=np.concatenate([view.inputs for view in views]),
            active=np.concatenate([view.active for view in views]),
        )


@torch.inference_mode()
def _make(
    encoder: Encoder, items: Sequence[AnalysedClip], count: int, seed: int, hook: Hook
) -> Iterator[View]:
    rng, augmentation = np.random.default_rng(seed), VoiceAugmentation()
    encoder.eval()
    logmel = voice.LogMel(voice.preset(encoder.preprocessing["logmel"]))
    corpora: dict[str, list[AnalysedClip]] = {}
    for item in items:
        corpora.setdefault(item.clip.corpus, []).append(item)
    for done, item in enumerate(items):
        yield view_of(encoder, *plain_input(item, logmel))
        for _ in range(count):
            length = -(-(len(item.voiced) + MARGIN) // STRIDE) * STRIDE
            sound, voiced = random_crop(item.clip.sound, item.voiced, length, rng, augmentation)
            beside = corpora[item.clip.corpus]
            others = [beside[i].clip.sound for i in rng.integers(len(beside), size=rng.integers(3, 6))]
            sound = add_noise(sound, voiced, others, rng, augmentation)
            frames = logmel(sound[None])[0]
            reference = voice.speech_level(frames, voiced) - draw_level(item, rng)
            yield view_of(encoder, voice.relative(frames, reference), voiced)
        hook("voice views", done + 1, len(items))


def plain_input(
    item: AnalysedClip, logmel: voice.LogMel, level: float | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The log-mel of a clip relative to a reference level, and its voiced frames; whole ticks.

    Parameters
    ----------
    level : float, optional
        The reference level in bels; by default that of the clip as a recording by itself.
    """
    length = -(-len(item.voiced) // STRIDE) * STRIDE
    voiced = np.pad(item.voiced, (0, length - len(item.voiced)))
    sound = item.clip.sound[: length * logmel.settings.hop]
    sound = np.pad(sound, (0, length * logmel.settings.hop - len(sound)))
    frames = logmel(sound[None])[0]
    reference = voice.reference_level(frames, voiced) if level is None else level
    return voice.relative(frames, reference), voiced


def view_of(encoder: Encoder, frames: NDArray[np.float32], voiced: NDArray[np.bool_]) -> View:
    """The network's input for relative log-mel frames."""
    inputs = encoder.preprocess(torch.from_numpy(frames)[None])[0].numpy()
    return View(inputs.astype(np.float16), voiced_ticks(voiced))


class ViewBatches(Batches):
    """Augmented views of several corpora; corpora by `CORPUS_SHARES`, emotions of a corpus evenly.

    Parameters
    ----------
    clips : sequence of ClipViews
    draws : int
        Views of an epoch.
    batch : int
    seed : int
    """

    def __init__(self, clips: Sequence[ClipViews], *, draws: int, batch: int, seed: int) -> None:
        self.steps, self.batch, self.seed = max(1, draws // batch), batch, seed
        self.groups: dict[str, dict[str, list[ClipViews]]] = {}
        for views in clips:
            clip = views.item.clip
            self.groups.setdefault(clip.corpus, {}).setdefault(clip.emotion, []).append(views)
        shares = np.array([CORPUS_SHARES[name] for name in self.groups])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return self.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        rng = np.random.default_rng((self.seed, number))
        for _ in range(self.steps):
            chosen = [self._draw(rng) for _ in range(self.batch)]
            views = [clip.augmented[rng.integers(len(clip.augmented))] for clip in chosen]
            items = [clip.item.clip for clip in chosen]
            yield {
                **collate_views(views),
                "emotion": torch.tensor([EMOTIONS.index(item.emotion) for item in items]),
                "known": torch.tensor([self._known_emotions(item.corpus) for item in items]),
                "affect": torch.tensor([item.valence_arousal for item in items]),
            }

    def _draw(self, rng: np.random.Generator) -> ClipViews:
        corpus = list(self.groups.values())[rng.choice(len(self.groups), p=self.shares)]
        emotion = list(corpus.values())[rng.integers(len(corpus))]
        return emotion[rng.integers(len(emotion))]

    def _known_emotions(self, corpus: str) -> list[bool]:
        return [emotion in self.groups[corpus] for emotion in EMOTIONS]


def collate_views(views: Sequence[View]) -> Batch:
    """Views as one batch: ``inputs`` (b, n, d) and ``mask`` (b, t), False where a view has ended.

    A shorter view is filled up with its last vector: its background goes on. Zero would be as loud as speech.
    """
    longest = max(len(view.active) for view in views)
    per_tick = len(views[0].inputs) // len(views[0].active)
    inputs = np.zeros((len(views), longest * per_tick, views[0].inputs.shape[1]), np.float32)
    mask = np.zeros((len(views), longest), bool)
    for row, view in enumerate(views):
        inputs[row, : len(view.inputs)] = view.inputs
        inputs[row, len(view.inputs) :] = view.inputs[-1]
        mask[row, : len(view.active)] = view.active
    return {"inputs": torch.from_numpy(inputs), "mask": torch.from_numpy(mask)}
