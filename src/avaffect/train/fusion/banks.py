"""What the frozen encoders say of every face and clip, computed once: the stock of paired sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ... import voice as sound
from ...encoder.face import FaceNet
from ...encoder.voice import STRIDE, VoiceNet
from ..face.augment import HARSH, MILD, Damage, frame, spoil
from ..face.module import FaceHeads, Faces
from ..fit import Hook
from ..paired import FaceBank, VoiceBank, VoiceClip
from ..voice.augment import Damage as SoundDamage
from ..voice.augment import add_noise, cut
from ..voice.clips import Heard, loudness, ticks

ROOM = 80  # frames of 10 ms around a clip, so that the edges of what the network sees fall outside it
PLAIN_SOUND = SoundDamage(speed=0.03, room=0.25, microphone=0.15, band=0.1, noise=0.3, babble=0.0)
NOISY_SOUND = SoundDamage(noise=1.0, babble=0.7)


@torch.inference_mode()
def face_bank(
    net: FaceNet, heads: FaceHeads, corpora: Sequence[Faces], *, views: int, seed: int, hook: Hook
) -> FaceBank:
    """Features of faces as video shows them, and damaged; ratings are brought to the proxies' scale."""
    rng = np.random.default_rng(seed)
    features: dict[str, list[NDArray]] = {"mild": [], "harsh": []}
    affect = []
    total = sum(len(faces.corpus) for faces in corpora)
    done = 0
    for faces in corpora:
        known = torch.from_numpy(faces.corpus.valence_arousal)
        affect.append((heads.as_proxy(known) if faces.corpus.rated.all() else known).numpy())
        for start in range(0, len(faces.corpus), 128):
            items = range(start, min(start + 128, len(faces.corpus)))
            for name, damage in (("mild", MILD), ("harsh", HARSH)):
                crops = [_seen(faces, i, rng, damage) for i in items for _ in range(views)]
                values = net(torch.from_numpy(np.stack(crops))).float()
                features[name].append(values.unflatten(0, (len(items), views)).numpy())
            done += len(items)
            hook("face features", done, total)
    return FaceBank(
        np.concatenate(features["mild"]),
        np.concatenate(features["harsh"]),
        np.clip(np.concatenate(affect), -1, 1),
    )


def _seen(faces: Faces, item: int, rng: np.random.Generator, damage: Damage) -> NDArray[np.uint8]:
    image = frame(faces.corpus.images[item], faces.matrices[item], rng, damage=damage)
    return spoil(image, rng, damage)


def drown(
    sound: NDArray[np.float32], voiced: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Steady noise from 5 dB below to 10 dB above the voice, between white and pink: (n,) to (n,)."""
    frequency = np.fft.rfftfreq(len(sound), 1 / 16000)
    shape = np.maximum(frequency, 30.0) ** (-rng.uniform(0, 1) / 2)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(sound))) * shape, len(sound))
    speech = np.mean(np.square(sound.reshape(len(voiced), -1)[voiced]))
    ratio = 10 ** rng.uniform(-0.5, 1.0)
    noise *= np.sqrt(ratio * speech / np.mean(np.square(noise)))
    return (sound + noise).astype(np.float32)


@torch.inference_mode()
def voice_bank(net: VoiceNet, items: Sequence[Heard], *, views: int, seed: int, hook: Hook) -> VoiceBank:
    """Features of clips as a recording might hold them, and behind noise and other talk, by speaker."""
    rng = np.random.default_rng(seed)
    logmel = sound.LogMel()
    bank: dict[str, list[VoiceClip]] = {}
    for done, item in enumerate(items):
        for _ in range(views):
            others = [items[i].clip.sound for i in rng.integers(len(items), size=3)]
            clip = _heard(net, logmel, item, others, rng)
            bank.setdefault(item.clip.speaker, []).append(clip)
        if done % 50 == 0 or done + 1 == len(items):
            hook("voice features", done + 1, len(items))
    return bank


def _heard(
    net: VoiceNet,
    logmel: sound.LogMel,
    item: Heard,
    others: list[NDArray[np.float32]],
    rng: np.random.Generator,
) -> VoiceClip:
    length = -(-(len(item.voiced) + ROOM) // STRIDE) * STRIDE
    plain, voiced = cut(item.clip.sound, item.voiced, length, rng, PLAIN_SOUND)
    plain = add_noise(plain, voiced, [], rng, PLAIN_SOUND)
    noisy = drown(add_noise(plain, voiced, others, rng, NOISY_SOUND), voiced, rng)
    frames = logmel(torch.from_numpy(np.stack([plain, noisy]))).numpy()
    reference = sound.speech_level(frames[0], voiced) - loudness(item, rng)
    features = net(torch.from_numpy(sound.relative(frames, reference))).float().numpy()
    active = ticks(voiced)
    first, last = np.flatnonzero(active)[[0, -1]]
    kept = slice(first, last + 1)
    affect = np.array(item.clip.valence_arousal, np.float32)
    return VoiceClip(features[0, kept], features[1, kept], active[kept], affect)
