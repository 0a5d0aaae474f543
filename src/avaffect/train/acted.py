"""Videos of actors as training sees them: their aligned faces by tick, and their sound.

Reading them takes as long as predicting them, so what was read is kept in ``work/acted``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .. import media
from ..corpus.acted import ActedClip, read_acted
from ..corpus.speech import EMOTIONS, Utterance
from ..encoder.face import to_gray
from ..errors import DataError
from ..face import FaceTracker, create_detector
from ..files import replacing
from ..media.sound import SAMPLE_RATE
from ..npz import Expected, read_npz
from ..progress import Hook
from ..streams.by_tick import Features
from ..streams.timeline import Timeline
from ..streams.visual import VisualStreamReader
from .claims import claim
from .recipe import CorpusRecipe
from .rendered import TICK_RATE
from .voice_clips import AnalysedClip, analyse_clips

CORPUS = "acted"
"""What the sound of acted videos is called among the speech corpora."""

SIDE = 112  # pixels of an aligned face

_FILE = {
    "name": Expected("U", ("clips",)),
    "samples": Expected("i", ("clips",)),
    "faces": Expected("u", ("faces", SIDE, SIDE)),
    "place": Expected("i", ("faces", 2)),
    "sound": Expected("i", ("length",)),
}


@dataclass(frozen=True, eq=False)
class ActedRecording:
    """What was seen and heard in one clip.

    Attributes
    ----------
    clip : ActedClip
    faces : (n, 112, 112) uint8 numpy.ndarray
        Gray aligned faces of the most prominent person.
    ticks : (n,) int numpy.ndarray
        The tick of each, rising.
    voice : AnalysedClip
        The sound, with the actor as speaker.
    """

    clip: ActedClip
    faces: NDArray[np.uint8]
    ticks: NDArray[np.int64]
    voice: AnalysedClip

    @property
    def affect(self) -> NDArray[np.float32]:
        """Valence and arousal, the proxy: (2,)."""
        return np.array(self.voice.clip.valence_arousal, np.float32)


def read_recordings(settings: CorpusRecipe, hook: Hook) -> list[ActedRecording]:
    """The recipe's videos of actors; an empty list where it has none.

    Clips without a face, without sound, or with an emotion that speech is not taught (`EMOTIONS` of
    `avaffect.corpus.speech`) are left out.

    Parameters
    ----------
    hook : callable
        Called as ``hook("videos of actors", completed, total)``, in clips.

    Raises
    ------
    DataError
        If the videos or what was kept of them cannot be read, or fewer than two actors are seen and heard.
    """
    if settings.acted is None:
        return []
    clips = read_acted(settings.data / settings.acted.folder)
    claim(settings, "acted")
    cache = settings.folder("acted") / "recordings.npz"
    if not cache.is_file():
        _save(cache, clips, hook)
    data = read_npz(cache, _FILE)
    if list(data["name"]) != [clip.path.name for clip in clips]:
        raise DataError(f"{cache} is of other videos; remove it, and they are read again")
    ends = np.cumsum(data["samples"])
    sounds = [data["sound"][end - n : end] for end, n in zip(ends, data["samples"], strict=True)]
    voices = _analysed(clips, sounds)
    recordings = []
    for number, clip in enumerate(clips):
        own = data["place"][:, 0] == number
        if own.any() and number in voices:
            faces, ticks = data["faces"][own], data["place"][own, 1]
            recordings.append(ActedRecording(clip, faces, ticks, voices[number]))
    if len({recording.clip.actor for recording in recordings}) < 2:
        raise DataError(
            f"{settings.data / settings.acted.folder}: expected clips with a face and a voice of two actors "
            "or more, to leave out one at a time"
        )
    return recordings


def _analysed(clips: Sequence[ActedClip], sounds: Sequence[NDArray[np.int16]]) -> dict[int, AnalysedClip]:
    heard = [n for n, (clip, sound) in enumerate(zip(clips, sounds, strict=True)) if _usable(clip, sound)]
    found = analyse_clips([_utterance(clips[n], sounds[n]) for n in heard])
    return dict(zip(heard, found, strict=True))


def _usable(clip: ActedClip, sound: NDArray[np.int16]) -> bool:
    return clip.emotion in EMOTIONS and len(sound) >= SAMPLE_RATE // 4 and bool(sound.any())


def _utterance(clip: ActedClip, sound: NDArray[np.int16]) -> Utterance:
    return Utterance(
        corpus=CORPUS,
        name=clip.path.name,
        speaker=f"{CORPUS}_{clip.actor}",
        gender="",
        language="",
        emotion=clip.emotion,
        intensity="",
        split="train",
        samples=sound,
    )


def _save(cache: Path, clips: Sequence[ActedClip], hook: Hook) -> None:
    """Read all videos and keep what was found."""
    detector, timeline = create_detector(), Timeline(TICK_RATE)
    faces: list[NDArray[np.uint8]] = []
    places: list[tuple[int, int]] = []
    sounds: list[NDArray[np.int16]] = []
    for number, clip in enumerate(clips):
        reader = VisualStreamReader(FaceTracker(detector), _pixels, timeline)
        for frame in media.frames(clip.path):
            reader.add(frame)
        person = reader.finish().main_person
        features = Features() if person is None else person.features
        for tick in features.ticks.tolist():
            (pixels,), _ = features.between(tick, tick + 1)
            faces.append(pixels.reshape(SIDE, SIDE).astype(np.uint8))
            places.append((number, tick))
        sounds.append(_sound(clip.path))
        hook("videos of actors", number + 1, len(clips))
    cache.parent.mkdir(parents=True, exist_ok=True)
    with replacing(cache) as part, part.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            name=np.array([clip.path.name for clip in clips]),
            samples=np.array([len(sound) for sound in sounds], np.int64),
            faces=np.array(faces, np.uint8).reshape(-1, SIDE, SIDE),
            place=np.array(places, np.int64).reshape(-1, 2),
            sound=np.concatenate(sounds) if sounds else np.zeros(0, np.int16),
        )


def _sound(path: Path) -> NDArray[np.int16]:
    """The sound from second 0 of the recording: (n,) at 16 kHz; empty without any."""
    samples, start, _ = media.read_audio(path)
    if not len(samples):
        return np.zeros(0, np.int16)
    first = round(start * SAMPLE_RATE)
    heard = np.clip(np.rint(samples[max(0, -first) :] * 32768), -32768, 32767).astype(np.int16)
    return np.concatenate([np.zeros(max(0, first), np.int16), heard])


def _pixels(crops: np.ndarray) -> np.ndarray:
    """Gray pixels of aligned faces in the place of features: (n, 112, 112, 3) to (n, 112 * 112)."""
    return to_gray(torch.from_numpy(crops)).round().flatten(1).numpy()
