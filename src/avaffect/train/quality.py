"""What a poor picture or sound adds to the intervals, learnt from degraded copies of the actors' clips.

A reading of a degraded copy differs from that of the clear clip. How far, at each value of a measure of
quality, is what the half-width has to hold beside the error that clear clips have. It is not learnt from
the labels: a network that hardly sees stays near the mean, which is not far from many labels, and would seem
sure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .. import voice
from ..progress import Hook, silent
from ..spec import TARGETS
from ..streams.quality import DETAIL, SNR, face_detail, voice_snr
from .acted import CORPUS, SIDE, ActedRecording, read_recordings
from .calibrate import conditions
from .feature_cache import cross_fitted_faces, cross_fitted_voices, log_mel_of
from .folds import fold_of, folds_of
from .left_out import LeftOut, LeftOutClip
from .recipe import CorpusRecipe
from .rendered import TICK_RATE
from .voice import read_clips
from .voice_augmentation import add_noise_below
from .voice_clips import STRIDE, AnalysedClip

HEIGHTS = (12, 16, 24, 40, 64)
"""Heights in pixels of the box of a face that is made small."""

BLURS = (2.0, 4.0, 8.0)
"""Standard deviations in pixels of an aligned face that is blurred."""

SNRS = (30, 20, 10, 5, 0, -5)
"""dB of the voice above the noise that is added, whose colour is drawn between white and brown."""

BOX = 107.0
"""Height in pixels of the box of a face that fills an aligned crop of 112x112 at its own resolution (mean of
four recordings, MTCNN's boxes)."""

EVERY = 5
"""Clips of an actor of which one is taken: a thousand ticks say enough, and encoding takes long."""

KNOTS = 8
FEWEST = 100
"""Ticks without which nothing is said about a range of a measure."""

Curve = list[tuple[float, float]]
Widening = dict[str, dict[str, dict[str, Curve]]]
Copy = tuple[LeftOutClip, NDArray[np.floating]]
"""A clip, and at each tick the measure of its quality, NaN where there is none."""


@torch.inference_mode()
def measure_widening(recipe: CorpusRecipe, found: LeftOut, streams: Sequence[str], hook: Hook) -> Widening:
    """`avaffect.spec.Spec.widening` of a model, from actors whom neither encoder nor network has seen.

    At each of some values of a measure: the distance to the reading of the clear clip that a share
    ``calibration.coverage`` of the ticks stays within. It never falls as the measure falls.
    """
    recordings = read_recordings(recipe, hook)
    acted = [clip for clip in found.clips if clip.corpus == CORPUS]
    pairs = list(zip(_by_actor(recordings), acted, strict=True))[::EVERY]
    widening: Widening = {}
    for stream, measure, copies in (
        ("visual", DETAIL, partial(_faces, recipe, recordings)),
        ("audio", SNR, partial(_voices, recipe, recordings)),
    ):
        if stream in streams:
            clear, *degraded = _told(copies(pairs), measure, hook)
            for condition, names in conditions(streams).items():
                if stream in names:
                    hidden = [name for name in streams if name not in names]
                    curves = _curves(found, clear, degraded, hidden, recipe.calibration.coverage)
                    widening.setdefault(condition, {})[measure] = curves
    return widening


def _told(copies: Iterator[list[Copy]], measure: str, hook: Hook) -> Iterator[list[Copy]]:
    total = 1 + (len(HEIGHTS) + len(BLURS) if measure == DETAIL else len(SNRS))
    for done, copy in enumerate(copies, start=1):
        yield copy
        hook(f"degraded copies: {measure}", done, total)


def _curves(
    found: LeftOut, clear: list[Copy], degraded: list[list[Copy]], hidden: list[str], coverage: float
) -> dict[str, Curve]:
    """By target, what is added at each value of the measure."""
    base = LeftOut([clip for clip, _ in clear], found.networks).predict(hidden)
    measures, shifts = [], []
    for copies in degraded:
        there = LeftOut([clip for clip, _ in copies], found.networks).predict(hidden)
        for (_, measure), before, after in zip(copies, base, there, strict=True):
            known = np.logical_and.reduce([mask for name, mask in after.masks.items() if name not in hidden])
            known = known & np.isfinite(measure)
            measures.append(measure[known])
            shifts.append(np.abs(after.values - before.values)[known])
    usual = np.concatenate([measure[np.isfinite(measure)] for _, measure in clear])
    return added_by_measure(
        np.concatenate(measures), np.concatenate(shifts), float(np.median(usual)), coverage=coverage
    )


def added_by_measure(
    measures: NDArray[np.floating], shifts: NDArray[np.floating], clear: float, *, coverage: float
) -> dict[str, Curve]:
    """By target, pairs of a measure and what is added there; 0 from the measure of clear clips on.

    Parameters
    ----------
    measures : (n,) numpy.ndarray
        Of degraded ticks.
    shifts : (n, targets) numpy.ndarray
        Distance of each to the reading of the clear clip.
    clear : float
        Measure of a clear clip.
    coverage : float
        Share of shifts that stay within what is added.
    """
    edges = np.linspace(np.quantile(measures, 0.02), clear, KNOTS + 1)
    places, rows = [], []
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (measures >= low) & (measures < high)
        if inside.sum() >= FEWEST:
            places.append(float(measures[inside].mean()))
            rows.append(np.quantile(shifts[inside], coverage, axis=0))
    rising = np.maximum.accumulate(rows[::-1])[::-1] if rows else np.zeros((0, len(TARGETS)))
    return {
        target: [
            *((round(place, 3), round(float(row[k]), 3)) for place, row in zip(places, rising, strict=True)),
            (round(clear, 3), 0.0),
        ]
        for k, target in enumerate(TARGETS)
    }


def _by_actor(recordings: Sequence[ActedRecording]) -> list[ActedRecording]:
    """Recordings in the order of the clips left out: actor by actor, as each of them first appears."""
    order = {actor: k for k, actor in enumerate(dict.fromkeys(r.voice.clip.speaker for r in recordings))}
    return sorted(recordings, key=lambda recording: order[recording.voice.clip.speaker])


Pairs = Sequence[tuple[ActedRecording, LeftOutClip]]


def _faces(recipe: CorpusRecipe, recordings: Sequence[ActedRecording], pairs: Pairs) -> Iterator[list[Copy]]:
    """Clips with clear faces, then with ever worse ones."""
    encoder_of = _encoder_of(recipe, recordings, cross_fitted_faces(recipe, recordings))
    kinds: list[Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = [lambda face: face]
    kinds += [partial(_small, height) for height in HEIGHTS]
    kinds += [partial(_blurred, sigma) for sigma in BLURS]
    for degrade in kinds:
        yield [_seen(recording, clip, encoder_of(recording), degrade) for recording, clip in pairs]


def _voices(recipe: CorpusRecipe, recordings: Sequence[ActedRecording], pairs: Pairs) -> Iterator[list[Copy]]:
    """Clips with clear voices, then with more and more noise."""
    encoder_of = _encoder_of(recipe, recordings, cross_fitted_voices(recipe, read_clips(recipe, silent)))
    logmel = log_mel_of(recipe)
    for snr in (None, *SNRS):
        rng = np.random.default_rng(recipe.seed)
        yield [_heard(recording, clip, encoder_of(recording), logmel, snr, rng) for recording, clip in pairs]


def _encoder_of(
    recipe: CorpusRecipe, recordings: Sequence[ActedRecording], encoders: Mapping[str, nn.Module]
) -> Callable[[ActedRecording], nn.Module]:
    folds = folds_of(recipe, [recording.voice.clip.speaker for recording in recordings])

    def find(recording: ActedRecording) -> nn.Module:
        fold = fold_of(recording.voice.clip.speaker, folds)
        assert fold is not None  # every actor is in one
        return encoders[fold.name]

    return find


def _seen(
    recording: ActedRecording,
    clip: LeftOutClip,
    encoder: nn.Module,
    degrade: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> Copy:
    faces = np.stack([degrade(face) for face in recording.faces])
    features = encoder(torch.from_numpy(faces)).float().numpy()
    ticks = len(clip.masks["visual"])
    kept = recording.ticks < ticks
    visual = np.zeros((ticks, features.shape[1]), np.float32)
    visual[recording.ticks[kept]] = features[kept]
    detail = np.full(ticks, np.nan)
    detail[recording.ticks[kept]] = face_detail(faces)[kept]
    return replace(clip, streams={**clip.streams, "visual": visual}), detail


def _small(height: int, face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A face that is as small in the picture as a box of so many pixels."""
    side = min(SIDE, max(4, round(height * SIDE / BOX)))
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _blurred(sigma: float, face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(face, (0, 0), sigma)  # type: ignore[return-value]


def _heard(
    recording: ActedRecording,
    clip: LeftOutClip,
    encoder: nn.Module,
    logmel: voice.LogMel,
    snr: float | None,
    rng: np.random.Generator,
) -> Copy:
    item: AnalysedClip = recording.voice
    active = clip.masks["audio"]
    length = len(active) * STRIDE
    voiced, sound = item.voiced[:length], item.clip.sound[: length * logmel.settings.hop]
    if snr is not None:
        sound = add_noise_below(sound, voiced, snr / 10, rng)
    frames = logmel(sound[None])[0]
    reference = voice.reference_level(frames, voiced, frame_rate=logmel.settings.frame_rate)
    view = torch.from_numpy(voice.relative(frames, reference))[None]
    features = encoder(view).float().numpy()[0]
    audio = np.where(active[:, None], features, 0).astype(np.float32)
    measure = voice_snr(voice.frame_level(frames), logmel.settings.frame_rate, len(active), TICK_RATE)
    return replace(clip, streams={**clip.streams, "audio": audio}), measure
