"""Paired sequences: a face and a voice put together because they express the same.

No open corpus has faces, voices and continuous ratings together. So a smooth course of valence and arousal is
drawn. At each moment a face and a voice clip near the course are rendered. The voice is that of one speaker
throughout. The faces are of several people, because the face corpora do not name people. The label comes from
the proxies of the rendered items, so it is a *proxy of a proxy*. A model's figures on such sequences say how
well it combines its encoders, not how well it reads people.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .feature_pool import ClipFeatures, FaceFeatures, FeaturePool
from .rendered import TICK_RATE, RenderedStream, cross_fade, random_spans, smooth

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Offset = tuple[float, float] | NDArray[np.floating]  # in valence and arousal

LABEL_SHARES: Mapping[str, tuple[float, float]] = {"audio": (0.21, 0.39), "visual": (0.79, 0.61)}
"""Share of each modality in the label, for valence and arousal: how people weigh them.

From the votes on CREMA-D (Cao et al. 2014), 7,442 clips rated from the voice alone, the face alone, and both:
the valence of both is 0.23 voice + 0.86 face, the arousal 0.39 voice + 0.61 face (least squares on the votes'
coordinates; ``benchmarks/rated_shares.py``), scaled to a sum of 1."""


@dataclass(frozen=True)
class SequenceCorruption:
    """How often sequences are corrupted.

    Attributes
    ----------
    sequences : float
        Share of the sequences that may be corrupted at all. The others have only the pauses of speech.

    The other attributes are shares of those sequences:

    absent : float
        A whole modality is missing, for each modality.
    missing : float
        Spans of a modality are missing.
    corrupted : float
        Spans of a modality are corrupted: blurred, dark, occluded; noisy.
    unrelated : float
        A modality follows a course of its own.
    """

    sequences: float = 0.6
    absent: float = 0.12
    missing: float = 0.35
    corrupted: float = 0.45
    unrelated: float = 0.08


CLEAN = SequenceCorruption(0.0)
CORRUPTED = SequenceCorruption(1.0, 0.0, 0.4, 0.7, 0.0)


@dataclass(frozen=True)
class PairedSequence:
    """One paired sequence.

    Attributes
    ----------
    audio, visual : (t, d) float32 numpy.ndarray
        Zero where masked.
    audio_mask, visual_mask : (t,) bool numpy.ndarray
        True where the modality is available.
    audio_corrupted, visual_corrupted : (t,) bool numpy.ndarray
        True where the modality is available, but corrupted or unrelated to the label.
    affect : (t, 2) float32 numpy.ndarray
        The label: valence and arousal.
    labelled : (t,) bool numpy.ndarray
        True where at least one modality is available.
    """

    audio: Array
    visual: Array
    audio_mask: Mask
    visual_mask: Mask
    audio_corrupted: Mask
    visual_corrupted: Mask
    affect: Array
    labelled: Mask


def affect_course(ticks: int, rng: np.random.Generator, *, anchor: Array) -> Array:
    """A smooth course of valence and arousal: Ornstein-Uhlenbeck processes about an anchor.

    Time constants are drawn from 4 to 40 s for valence and from 2 to 20 s for arousal, standard deviations
    from 0.03 to 0.45: from a steady mood to lively speech.

    Parameters
    ----------
    ticks : int
    rng : np.random.Generator
    anchor : (2,) float32 numpy.ndarray
        Mean of the course.

    Returns
    -------
    (ticks, 2) float32 numpy.ndarray
        In [-1, 1].
    """
    time_constant = np.exp(rng.uniform(np.log([4.0, 2.0]), np.log([40.0, 20.0])))
    spread = rng.uniform(0.03, 0.45, 2)
    keep = np.exp(-1 / (time_constant * TICK_RATE))
    steps = rng.standard_normal((ticks, 2)) * spread * np.sqrt(1 - keep**2)
    course = np.empty((ticks, 2))
    state = rng.standard_normal(2) * spread
    for tick in range(ticks):
        state = keep * state + steps[tick]
        course[tick] = state
    return np.clip(anchor + course, -1, 1).astype(np.float32)


def render_faces(
    faces: FaceFeatures,
    course: Array,
    corrupted: Mask,
    rng: np.random.Generator,
    *,
    offset: Offset = (0.0, 0.0),
) -> RenderedStream:
    """Render faces near a course: each for 0.3 to 4 s, with a cross-fade of two ticks between them.

    The view of a face changes every few ticks, like a face that moves a little.

    Parameters
    ----------
    faces : FaceFeatures
    course : (t, 2) float32 numpy.ndarray
        Valence and arousal.
    corrupted : (t,) bool numpy.ndarray
        True where corrupted features are taken.
    rng : np.random.Generator
    offset : (2,)
        The features are those of a face whose valence and arousal differ by this much from the label.
    """
    ticks, views = len(course), faces.intact.shape[1]
    spans = random_spans(ticks, 0.3, 4.0, rng)
    features = np.empty((ticks, faces.intact.shape[2]), np.float32)
    affect = np.empty((ticks, 2), np.float32)
    for begin, end in spans:
        item = _nearest(faces.affect, course[(begin + end) // 2], 64, rng)
        rendered = _nearest_to_offset(faces.affect, item, offset, 64, rng)
        view = rng.integers(views, size=end - begin)
        changes = rng.random(end - begin) < 0.4
        view = view[np.maximum.accumulate(np.where(changes, np.arange(end - begin), 0))]
        intact, bad = faces.intact[rendered, view], faces.corrupted[rendered, view]
        features[begin:end] = np.where(corrupted[begin:end, None], bad, intact)
        affect[begin:end] = faces.affect[item]
    return RenderedStream(cross_fade(features, spans, 2), affect, np.ones(ticks, bool))


def render_voice(
    clips: Sequence[ClipFeatures],
    course: Array,
    corrupted: Mask,
    rng: np.random.Generator,
    *,
    offset: Offset = (0.0, 0.0),
) -> RenderedStream:
    """Render one speaker's clips near a course, with masked pauses of 0.1 to 2.5 s between them.

    The parameters are those of `render_faces`.
    """
    ticks, dim = len(course), clips[0].intact.shape[1]
    features = np.zeros((ticks, dim), np.float32)
    affect = np.full((ticks, 2), np.nan, np.float32)
    mask = np.zeros(ticks, bool)
    known = np.stack([clip.affect for clip in clips])
    at = -int(rng.integers(0, 12))  # the recording may begin in the middle of a clip
    while at < ticks:
        middle = min(max(at + 12, 0), ticks - 1)
        item = _nearest(known, course[middle], 10, rng)
        clip = clips[_nearest_to_offset(known, item, offset, 10, rng)]
        begin, end = max(at, 0), min(at + len(clip.active), ticks)
        if end > begin:
            own = slice(begin - at, end - at)
            features[begin:end] = np.where(corrupted[begin:end, None], clip.corrupted[own], clip.intact[own])
            mask[begin:end] = clip.active[own]
            affect[begin:end] = known[item]
        at += len(clip.active) + round(np.exp(rng.uniform(np.log(0.1), np.log(2.5))) * TICK_RATE)
    return RenderedStream(features, affect, mask)


def compose(
    pool: FeaturePool, ticks: int, rng: np.random.Generator, *, corruption: SequenceCorruption
) -> PairedSequence:
    """Draw one sequence of so many ticks from a feature pool."""
    faces, voices = pool.faces, pool.voices
    # Speakers with few clips are drawn less often, but not in proportion.
    amount = np.sqrt([len(clips) for clips in voices.values()])
    clips = list(voices.values())[int(rng.choice(len(amount), p=amount / amount.sum()))]
    course = affect_course(ticks, rng, anchor=_anchor(faces, clips, rng))
    corrupts = rng.random() < corruption.sequences
    corrupted = {
        m: corrupted_spans(ticks, rng) & (corrupts and rng.random() < corruption.corrupted)
        for m in ("audio", "visual")
    }
    unrelated = {m: corrupts and rng.random() < corruption.unrelated for m in ("audio", "visual")}
    if unrelated["audio"] and unrelated["visual"]:
        unrelated[str(rng.choice(["audio", "visual"]))] = False
    other = affect_course(ticks, rng, anchor=_anchor(faces, clips, rng))
    face_course, voice_course = (other if unrelated[m] else course for m in ("visual", "audio"))
    face_offset = rng.normal(0, pool.face_generalisation_error)
    face = render_faces(faces, face_course, corrupted["visual"], rng, offset=face_offset)
    voice_offset = rng.normal(0, pool.voice_generalisation_error)
    voice = render_voice(clips, voice_course, corrupted["audio"], rng, offset=voice_offset)
    off = {m: corrupted[m] | unrelated[m] for m in corrupted}
    return assemble(voice, face, off, available_ticks(ticks, corruption, rng, corrupts=corrupts))


def assemble(
    voice: RenderedStream, face: RenderedStream, off: Mapping[str, Mask], available: Mapping[str, Mask]
) -> PairedSequence:
    """Put two streams together, with the label that follows from them.

    Parameters
    ----------
    off : mapping of str to (t,) bool numpy.ndarray
        By modality: True where it is corrupted or unrelated.
    available : mapping of str to (t,) bool numpy.ndarray
        By modality: False where it is missing.
    """
    streams = {"audio": voice, "visual": face}
    masks = {m: stream.mask & available[m] for m, stream in streams.items()}
    affect, labelled = _label(streams, masks, off)
    return PairedSequence(
        audio=np.where(masks["audio"][:, None], voice.features, 0),
        visual=np.where(masks["visual"][:, None], face.features, 0),
        audio_mask=masks["audio"],
        visual_mask=masks["visual"],
        audio_corrupted=off["audio"] & masks["audio"],
        visual_corrupted=off["visual"] & masks["visual"],
        affect=affect,
        labelled=labelled,
    )


def available_ticks(
    ticks: int, corruption: SequenceCorruption, rng: np.random.Generator, *, corrupts: bool
) -> dict[str, Mask]:
    """Ticks at which each modality is not missing."""
    available = {m: np.ones(ticks, bool) for m in ("audio", "visual")}
    if corrupts:
        for m in available:
            available[m] &= ~(corrupted_spans(ticks, rng) & (rng.random() < corruption.missing))
        draw = rng.random()
        if draw < 2 * corruption.absent:
            available["audio" if draw < corruption.absent else "visual"][:] = False
    return available


def _label(
    streams: Mapping[str, RenderedStream], masks: Mapping[str, Mask], off: Mapping[str, Mask]
) -> tuple[Array, Mask]:
    """Mean of the modalities by `LABEL_SHARES`; a corrupted one counts only where there is nothing else.

    In the pauses of speech the last words still count, less and less (half after a second), as they do for a
    listener. The same holds for a face that has just turned away.
    """
    ticks = len(masks["audio"])
    sums, weights = np.zeros((ticks, 2)), np.zeros((ticks, 2))
    for name, stream in streams.items():
        value, weight = smooth(stream.affect, masks[name], half_life=1.0, tick_rate=TICK_RATE)
        share = (np.where(off[name], 1e-3, 1.0) * weight)[:, None] * np.array(LABEL_SHARES[name])
        sums += share * value
        weights += share
    labelled = masks["audio"] | masks["visual"]
    affect = np.where(labelled[:, None], sums / np.maximum(weights, 1e-9), 0)
    return affect.astype(np.float32), labelled


def _anchor(faces: FaceFeatures, clips: Sequence[ClipFeatures], rng: np.random.Generator) -> Array:
    """Valence and arousal of a face, of a clip, or of any place in the disc, a third each."""
    kind = rng.integers(3)
    if kind == 0:
        return faces.affect[rng.integers(len(faces.affect))]
    if kind == 1:
        return clips[int(rng.integers(len(clips)))].affect
    angle, radius = rng.uniform(0, 2 * np.pi), 0.8 * np.sqrt(rng.random())
    return np.array([radius * np.cos(angle), radius * np.sin(angle)], np.float32)


def _nearest(affect: Array, target: Array, candidates: int, rng: np.random.Generator) -> int:
    """The nearest to a valence and arousal among a few items drawn at random."""
    drawn = rng.integers(len(affect), size=candidates)
    return int(drawn[np.square(affect[drawn] - target).sum(1).argmin()])


def _nearest_to_offset(
    affect: Array, item: int, offset: Offset, candidates: int, rng: np.random.Generator
) -> int:
    """The item that is rendered in place of another, so that an encoder misreads it by an offset."""
    if not np.any(offset):
        return item
    return _nearest(affect, affect[item] + np.asarray(offset), candidates, rng)


def corrupted_spans(ticks: int, rng: np.random.Generator) -> Mask:
    """One to three spans of 0.3 s to all of the sequence."""
    mask = np.zeros(ticks, bool)
    for _ in range(rng.integers(1, 4)):
        length = round(np.exp(rng.uniform(np.log(4), np.log(max(5, ticks)))))
        begin = int(rng.integers(-length // 2, ticks))
        mask[max(0, begin) : max(0, begin + length)] = True
    return mask
