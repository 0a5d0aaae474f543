"""Sequences of a face and a voice that belong together only by what they express.

No open corpus has faces, voices and continuous ratings together. So a smooth path of valence and arousal is
drawn, and at each moment a face and a voice clip near the path are shown: one speaker throughout, faces of
several people (the face corpora name no one). The label is what was shown, by the proxies of the chosen
items; it is a *proxy of a proxy*, and a model's figures on such sequences say how well it combines its
encoders, not how well it reads people.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rendered import Shown, fade_between, held, smooth

RATE = 12.5
Array = NDArray[np.float32]
Offset = tuple[float, float] | NDArray[np.floating]  # in valence and arousal


@dataclass(frozen=True)
class FaceBank:
    """Features of the faces of one split.

    Attributes
    ----------
    features : (n, views, d) float32 numpy.ndarray
        The same face as the aligner's errors and the camera change it a little.
    damaged : (n, views, d) float32 numpy.ndarray
        Blurred, dark, occluded, tiny.
    affect : (n, 2) float32 numpy.ndarray
        Valence and arousal, proxies or ratings brought to their scale.
    """

    features: Array
    damaged: Array
    affect: Array


@dataclass(frozen=True)
class VoiceClip:
    """One view of one clip: its features, plain and damaged by noise and other talk.

    Attributes
    ----------
    features, damaged : (t, d) float32 numpy.ndarray
    active : (t,) bool numpy.ndarray
        Where speech goes on.
    affect : (2,) float32 numpy.ndarray
    """

    features: Array
    damaged: Array
    active: NDArray[np.bool_]
    affect: Array


SHARES: Mapping[str, tuple[float, float]] = {"audio": (0.3, 0.6), "visual": (0.7, 0.4)}
"""By what raters who see and hear go in valence and in arousal (ours). The voice leads on arousal and
the face on valence in the baselines of AVEC 2016 (Valstar et al. 2016), on spontaneous talk."""

VoiceBank = Mapping[str, Sequence[VoiceClip]]
"""Clips of one split by speaker."""


@dataclass(frozen=True)
class Stock:
    """Faces and voices of one split, and how far its encoders' readings stray from those of strangers.

    An encoder knows the faces and voices of its own training too well; who learns to combine encoders
    from these alone trusts them too much. A slip makes up for it: what is shown is not the item whose proxy
    counts but another one, whose valence and arousal are off by a normal error. A stranger is misread in the
    same way all along, so the error is drawn once a sequence: no waiting averages it out.

    Attributes
    ----------
    face_slip, voice_slip : tuple of float
        Standard deviation of the error in valence and arousal.
    """

    faces: FaceBank
    voices: VoiceBank
    face_slip: tuple[float, float] = (0.0, 0.0)
    voice_slip: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Wear:
    """How often sequences are damaged, as shares of sequences; `CLEAN` has none but pauses of speech."""

    damaged: float = 0.6
    absent: float = 0.12  # the whole modality
    missing: float = 0.35  # spans of it
    worn: float = 0.45  # spans blurred, dark, occluded; noisy
    other: float = 0.08  # the modality follows a path of its own


CLEAN = Wear(0.0)
WORN = Wear(1.0, 0.0, 0.4, 0.7, 0.0)


@dataclass(frozen=True)
class PairedSequence:
    """One paired sequence.

    Attributes
    ----------
    audio, visual : (t, d) float32
        Zero where masked.
    audio_mask, visual_mask : (t,) bool
    audio_worn, visual_worn : (t,) bool
        Where the modality is there but damaged or off the path.
    affect : (t, 2) float32
        The label.
    labelled : (t,) bool
    """

    audio: Array
    visual: Array
    audio_mask: NDArray[np.bool_]
    visual_mask: NDArray[np.bool_]
    audio_worn: NDArray[np.bool_]
    visual_worn: NDArray[np.bool_]
    affect: Array
    labelled: NDArray[np.bool_]


def path(ticks: int, rng: np.random.Generator, *, anchor: Array) -> Array:
    """A smooth course of valence and arousal: Ornstein-Uhlenbeck processes about an anchor.

    Time constants are drawn from 4 to 40 s for valence and from 2 to 20 s for arousal, spreads from 0.03 to
    0.45: from someone in one mood to lively talk.

    Parameters
    ----------
    anchor : (2,) where the course wanders about.

    Returns
    -------
    (ticks, 2) float32 in [-1, 1]
    """
    slowness = np.exp(rng.uniform(np.log([4.0, 2.0]), np.log([40.0, 20.0])))
    spread = rng.uniform(0.03, 0.45, 2)
    keep = np.exp(-1 / (slowness * RATE))
    kicks = rng.standard_normal((ticks, 2)) * spread * np.sqrt(1 - keep**2)
    course = np.empty((ticks, 2))
    state = rng.standard_normal(2) * spread
    for tick in range(ticks):
        state = keep * state + kicks[tick]
        course[tick] = state
    return np.clip(anchor + course, -1, 1).astype(np.float32)


def show_faces(
    bank: FaceBank,
    course: Array,
    worn: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    slip: Offset = (0.0, 0.0),
) -> Shown:
    """Faces near a path: each held for 0.3 to 4 s, two to three ticks of cross-fade between them.

    A held face is seen in its views, changing every few ticks, as a face that moves a little. What is seen
    is off by `slip` from what is labelled.
    """
    ticks, views = len(course), bank.features.shape[1]
    spans = held(ticks, 0.3, 4.0, rng)
    features = np.empty((ticks, bank.features.shape[2]), np.float32)
    affect = np.empty((ticks, 2), np.float32)
    for begin, end in spans:
        item = _nearest(bank.affect, course[(begin + end) // 2], 64, rng)
        seen = _slipped(bank.affect, item, slip, 64, rng)
        view = rng.integers(views, size=end - begin)
        changes = rng.random(end - begin) < 0.4
        view = view[np.maximum.accumulate(np.where(changes, np.arange(end - begin), 0))]
        plain, bad = bank.features[seen, view], bank.damaged[seen, view]
        features[begin:end] = np.where(worn[begin:end, None], bad, plain)
        affect[begin:end] = bank.affect[item]
    return Shown(fade_between(features, spans, 2), affect, np.ones(ticks, bool))


def say(
    clips: Sequence[VoiceClip],
    course: Array,
    worn: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    slip: Offset = (0.0, 0.0),
) -> Shown:
    """One speaker's clips near a path, with masked pauses of 0.1 to 2.5 s between; `slip` as for faces."""
    ticks, dim = len(course), clips[0].features.shape[1]
    features = np.zeros((ticks, dim), np.float32)
    affect = np.full((ticks, 2), np.nan, np.float32)
    mask = np.zeros(ticks, bool)
    known = np.stack([clip.affect for clip in clips])
    at = -int(rng.integers(0, 12))  # the recording may begin in the middle of a clip
    while at < ticks:
        middle = min(max(at + 12, 0), ticks - 1)
        item = _nearest(known, course[middle], 10, rng)
        clip = clips[_slipped(known, item, slip, 10, rng)]
        begin, end = max(at, 0), min(at + len(clip.active), ticks)
        if end > begin:
            own = slice(begin - at, end - at)
            plain, bad = clip.features[own], clip.damaged[own]
            features[begin:end] = np.where(worn[begin:end, None], bad, plain)
            mask[begin:end] = clip.active[own]
            affect[begin:end] = known[item]
        at += len(clip.active) + round(np.exp(rng.uniform(np.log(0.1), np.log(2.5))) * RATE)
    return Shown(features, affect, mask)


def compose(stock: Stock, ticks: int, rng: np.random.Generator, *, wear: Wear) -> PairedSequence:
    """One sequence of so many ticks; see the module for what it is."""
    faces, voices = stock.faces, stock.voices
    # Speakers with few clips are heard less often, but not as seldom as they have few.
    amount = np.sqrt([len(clips) for clips in voices.values()])
    clips = list(voices.values())[int(rng.choice(len(amount), p=amount / amount.sum()))]
    course = path(ticks, rng, anchor=_anchor(faces, clips, rng))
    harmed = rng.random() < wear.damaged
    worn = {m: _spans(ticks, rng) & (harmed and rng.random() < wear.worn) for m in ("a", "v")}
    other = {m: harmed and rng.random() < wear.other for m in ("a", "v")}
    if other["a"] and other["v"]:
        other[str(rng.choice(["a", "v"]))] = False
    away = path(ticks, rng, anchor=_anchor(faces, clips, rng))
    seen, heard = (away if other[m] else course for m in ("v", "a"))
    face = show_faces(faces, seen, worn["v"], rng, slip=rng.normal(0, stock.face_slip))
    voice = say(clips, heard, worn["a"], rng, slip=rng.normal(0, stock.voice_slip))
    there = {m: np.ones(ticks, bool) for m in ("a", "v")}
    if harmed:
        for m in there:
            there[m] &= ~(_spans(ticks, rng) & (rng.random() < wear.missing))
        draw = rng.random()
        if draw < 2 * wear.absent:
            there["a" if draw < wear.absent else "v"][:] = False
    audio_mask, visual_mask = voice.mask & there["a"], face.mask & there["v"]
    off = {m: worn[m] | other[m] for m in ("a", "v")}
    affect, labelled = _label(voice, face, audio_mask, visual_mask, off["a"], off["v"])
    return PairedSequence(
        audio=np.where(audio_mask[:, None], voice.features, 0),
        visual=np.where(visual_mask[:, None], face.features, 0),
        audio_mask=audio_mask,
        visual_mask=visual_mask,
        audio_worn=off["a"] & audio_mask,
        visual_worn=off["v"] & visual_mask,
        affect=affect,
        labelled=labelled,
    )


def _label(
    voice: Shown,
    face: Shown,
    audio_mask: NDArray[np.bool_],
    visual_mask: NDArray[np.bool_],
    audio_off: NDArray[np.bool_],
    visual_off: NDArray[np.bool_],
) -> tuple[Array, NDArray[np.bool_]]:
    """Mean of what the modalities show, by `SHARES`; a damaged one counts only where nothing else does.

    What was said still counts in the pauses of speech, less and less (half after a second), as it does for a
    listener; likewise a face that has just turned away.
    """
    sums = np.zeros((len(audio_mask), 2))
    weights = np.zeros((len(audio_mask), 2))
    streams = {"audio": (voice, audio_mask, audio_off), "visual": (face, visual_mask, visual_off)}
    for name, (shown, mask, off) in streams.items():
        value, weight = smooth(shown.affect, mask, half_life=1.0, rate=RATE)
        share = (np.where(off, 1e-3, 1.0) * weight)[:, None] * np.array(SHARES[name])
        sums += share * value
        weights += share
    labelled = audio_mask | visual_mask
    affect = np.where(labelled[:, None], sums / np.maximum(weights, 1e-9), 0)
    return affect.astype(np.float32), labelled


def _anchor(faces: FaceBank, clips: Sequence[VoiceClip], rng: np.random.Generator) -> Array:
    """A face's place, a clip's place or any place of the disc, a third each."""
    kind = rng.integers(3)
    if kind == 0:
        return faces.affect[rng.integers(len(faces.affect))]
    if kind == 1:
        return clips[int(rng.integers(len(clips)))].affect
    angle, radius = rng.uniform(0, 2 * np.pi), 0.8 * np.sqrt(rng.random())
    return np.array([radius * np.cos(angle), radius * np.sin(angle)], np.float32)


def _nearest(affect: Array, place: Array, among: int, rng: np.random.Generator) -> int:
    """The nearest to a place among a few items drawn at random."""
    drawn = rng.integers(len(affect), size=among)
    return int(drawn[np.square(affect[drawn] - place).sum(1).argmin()])


def _slipped(affect: Array, item: int, slip: Offset, among: int, rng: np.random.Generator) -> int:
    """The item that an encoder which is off by so much takes an item for."""
    if not np.any(slip):
        return item
    return _nearest(affect, affect[item] + np.asarray(slip), among, rng)


def _spans(ticks: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """One to three stretches of 0.3 s to all of the sequence."""
    mask = np.zeros(ticks, bool)
    for _ in range(rng.integers(1, 4)):
        length = round(np.exp(rng.uniform(np.log(4), np.log(max(5, ticks)))))
        begin = int(rng.integers(-length // 2, ticks))
        mask[max(0, begin) : max(0, begin + length)] = True
    return mask
