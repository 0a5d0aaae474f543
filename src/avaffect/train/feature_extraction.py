"""Features of every face and clip from the trained encoders, intact and corrupted, for the feature pools."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .. import voice
from ..encoder import Encoder
from ..media.sound import SAMPLE_RATE
from ..progress import Hook
from .face import AlignedFaces, FaceHeads, augmented_crop
from .face_augmentation import STRONG, WEAK
from .feature_pool import ClipFeatures, FaceFeatures, VoiceFeatures
from .voice_augmentation import VoiceAugmentation, add_noise, random_crop
from .voice_clips import STRIDE, AnalysedClip, draw_level, voiced_ticks

MARGIN = 80  # frames of 10 ms around a clip, so that the edges of what the network sees fall outside it
WEAK_VOICE = VoiceAugmentation(speed=0.03, room=0.25, microphone=0.15, band_limit=0.1, noise=0.3, babble=0.0)
NOISY_VOICE = VoiceAugmentation(noise=1.0, babble=0.7)


@torch.inference_mode()
def extract_faces(
    net: Encoder, heads: FaceHeads, corpora: Sequence[AlignedFaces], *, views: int, seed: int, hook: Hook
) -> FaceFeatures:
    """Features of faces, weakly and strongly augmented; ratings are brought to the scale of the proxies.

    Parameters
    ----------
    net, heads : trained encoder and heads
    corpora : sequence of AlignedFaces
        All of one split.
    views : int
        Augmented crops of each face.
    seed : int
    hook : callable
        Called as ``hook("face features", completed, total)``, in faces.
    """
    rng = np.random.default_rng(seed)
    features: dict[str, list[NDArray]] = {"intact": [], "corrupted": []}
    affect = []
    total = sum(len(faces.corpus) for faces in corpora)
    done = 0
    for faces in corpora:
        known = torch.from_numpy(faces.corpus.valence_arousal)
        affect.append((heads.as_proxy(known) if faces.corpus.rated.all() else known).numpy())
        for start in range(0, len(faces.corpus), 128):
            items = range(start, min(start + 128, len(faces.corpus)))
            for name, augmentation in (("intact", WEAK), ("corrupted", STRONG)):
                crops = [augmented_crop(faces, i, rng, augmentation) for i in items for _ in range(views)]
                values = net(torch.from_numpy(np.stack(crops))).float()
                features[name].append(values.unflatten(0, (len(items), views)).numpy())
            done += len(items)
            hook("face features", done, total)
    return FaceFeatures(
        np.concatenate(features["intact"]),
        np.concatenate(features["corrupted"]),
        np.clip(np.concatenate(affect), -1, 1),
    )


def add_masking_noise(
    sound: NDArray[np.float32], voiced: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add steady noise, from 5 dB below to 10 dB above the voice, between white and pink.

    Parameters
    ----------
    sound : (n,) float32 numpy.ndarray
        At 16 kHz.
    voiced : (frames,) bool numpy.ndarray
        At 100 Hz; at least one is True, and frames * 160 = n.
    rng : np.random.Generator

    Returns
    -------
    (n,) float32 numpy.ndarray
    """
    frequency = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    shape = np.maximum(frequency, 30.0) ** (-rng.uniform(0, 1) / 2)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(sound))) * shape, len(sound))
    speech = np.mean(np.square(sound.reshape(len(voiced), -1)[voiced]))
    ratio = 10 ** rng.uniform(-0.5, 1.0)
    noise *= np.sqrt(ratio * speech / np.mean(np.square(noise)))
    return (sound + noise).astype(np.float32)


@torch.inference_mode()
def extract_voices(
    encoder_of: Callable[[AnalysedClip], nn.Module],
    logmel: voice.LogMel,
    items: Sequence[AnalysedClip],
    *,
    views: int,
    seed: int,
    hook: Hook,
) -> VoiceFeatures:
    """Features of clips as in a recording, and behind noise and other voices, by speaker.

    Parameters
    ----------
    encoder_of : callable
        The encoder for a clip: one that was trained without it.
    logmel : LogMel
        The spectrogram that the encoder takes.
    items : sequence of AnalysedClip
        All of one split.
    views : int
        Augmented versions of each clip.
    seed : int
    hook : callable
        Called as ``hook("voice features", completed, total)``, in clips.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[ClipFeatures]] = {}
    for done, item in enumerate(items):
        for _ in range(views):
            others = [items[i].clip.sound for i in rng.integers(len(items), size=3)]
            clip = _extract_clip(encoder_of(item), logmel, item, others, rng)
            found.setdefault(item.clip.speaker, []).append(clip)
        if done % 50 == 0 or done + 1 == len(items):
            hook("voice features", done + 1, len(items))
    return found


def _extract_clip(
    net: nn.Module,
    logmel: voice.LogMel,
    item: AnalysedClip,
    others: list[NDArray[np.float32]],
    rng: np.random.Generator,
) -> ClipFeatures:
    length = -(-(len(item.voiced) + MARGIN) // STRIDE) * STRIDE
    plain, voiced = random_crop(item.clip.sound, item.voiced, length, rng, WEAK_VOICE)
    plain = add_noise(plain, voiced, [], rng, WEAK_VOICE)
    noisy = add_masking_noise(add_noise(plain, voiced, others, rng, NOISY_VOICE), voiced, rng)
    frames = logmel(np.stack([plain, noisy]))
    reference = voice.speech_level(frames[0], voiced) - draw_level(item, rng)
    features = net(torch.from_numpy(voice.relative(frames, reference))).float().numpy()
    active = voiced_ticks(voiced)
    first, last = np.flatnonzero(active)[[0, -1]]
    kept = slice(first, last + 1)
    affect = np.array(item.clip.valence_arousal, np.float32)
    return ClipFeatures(features[0, kept], features[1, kept], active[kept], affect, item.clip.corpus)
