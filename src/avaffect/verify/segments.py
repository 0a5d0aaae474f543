"""A recording of a person to the face and voice embeddings of its segments, always the same ones.

The published code draws segments at random, in evaluation too, so that its error rates differ from run to
run. Here a recording is cut into eight equal parts. Of each, the sound around its middle is taken, and the
face nearest to its middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..errors import MediaError
from ..face import FaceDetector
from ..face.align import TEMPLATE
from ..media import frames, probe
from ..media.sound import SAMPLE_RATE, read_audio
from ..voice.speech import CHUNK_RATE, speech_probability
from . import face, voice

SEGMENTS = 8
TRIES = 3
"""Pictures of a part in which a face is looked for, if the first ones show none."""

_SPEECH = 0.5  # probability of speech that must be reached somewhere in a segment


@dataclass(frozen=True, eq=False)
class Segments:
    """What is known of a person from one recording.

    Attributes
    ----------
    faces : (8, 128) float32 np.ndarray
        Embedding of the face in each part; zero without one.
    voices : (8, 256) float32 np.ndarray
        Embedding of 1.6 s of sound around the middle of each part; zero without speech.
    has_face, has_voice : (8,) np.ndarray of bool
    most_faces : int
        The most faces that were seen in one picture. Of several the largest is taken.
    """

    faces: np.ndarray
    voices: np.ndarray
    has_face: np.ndarray
    has_voice: np.ndarray
    most_faces: int = 0

    @property
    def face(self) -> np.ndarray | None:
        """Mean embedding of the face, (128,), not of length 1; None without a face."""
        return self.faces[self.has_face].mean(axis=0) if self.has_face.any() else None

    @property
    def voice(self) -> np.ndarray | None:
        """Mean embedding of the voice, (256,), of length 1; None without speech."""
        if not self.has_voice.any():
            return None
        mean = self.voices[self.has_voice].mean(axis=0)
        return mean / np.linalg.norm(mean)


def from_parts(
    chips: Sequence[np.ndarray | None] | None, samples: np.ndarray | None, most_faces: int = 0
) -> Segments:
    """Embed what was read.

    Parameters
    ----------
    chips : sequence of (150, 150, 3) uint8 or None
        Eight faces from `face.chip`; None leaves the faces out.
    samples : (n,) float32 at 16 kHz, or None, which leaves the voice out.
    most_faces : int
    """
    chips = [None] * SEGMENTS if chips is None else chips
    has_face = np.array([chip is not None for chip in chips])
    faces = np.zeros((SEGMENTS, face.DIM), np.float32)
    faces[has_face] = face.embed_faces([chip for chip in chips if chip is not None])
    has_voice = np.zeros(SEGMENTS, bool)
    sounds: list[np.ndarray] = []
    if samples is not None and len(samples):
        sounds, has_voice = cut(samples)
    voices = np.zeros((SEGMENTS, voice.DIM), np.float32)
    voices[has_voice] = voice.embed_voices([s for s, there in zip(sounds, has_voice, strict=False) if there])
    return Segments(faces, voices, has_face, has_voice, most_faces)


def cut(samples: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Eight segments of 1.6 s, in the middle of each eighth where there is room, and which hold speech.

    Segments of a sound shorter than 12.8 s overlap. One shorter than 1.6 s begins with silence.

    Parameters
    ----------
    samples : (n,) float32 at 16 kHz.
    """
    samples = voice.raised(samples)
    short = voice.SEGMENT - len(samples)
    if short > 0:
        samples = np.concatenate([np.zeros(short, np.float32), samples])
    middles = (np.arange(SEGMENTS) + 0.5) * len(samples) / SEGMENTS
    starts = np.clip(middles - voice.SEGMENT / 2, 0, len(samples) - voice.SEGMENT).round().astype(int)
    probabilities, _ = speech_probability(samples)
    at = np.floor(starts * CHUNK_RATE / SAMPLE_RATE).astype(int)
    long = int(voice.SEGMENT * CHUNK_RATE / SAMPLE_RATE)
    spoken = np.array([probabilities[a : a + long].max(initial=0) >= _SPEECH for a in at])
    return [samples[start : start + voice.SEGMENT] for start in starts], spoken


def read_segments(path: Path, detector: FaceDetector | None, *, with_voice: bool = True) -> Segments:
    """The segments of a video or sound file that shows, and lets hear, one person.

    Parameters
    ----------
    path : Path
    detector : FaceDetector or None
        None leaves the face out.
    with_voice : bool
        False leaves the voice out.

    Raises
    ------
    MediaError
        If the file cannot be read, or neither a face nor speech is found in it.
    """
    samples = read_audio(path)[0] if with_voice else None
    chips, most = (None, 0) if detector is None else _chips(path, detector)
    found = from_parts(chips, samples, most)
    if not (found.has_face.any() or found.has_voice.any()):
        sought = " or ".join(["face"] * (detector is not None) + ["speech"] * with_voice)
        raise MediaError(
            f"{path}: no {sought} found in it; give a recording in which a person is clearly there"
        )
    return found


def _chips(path: Path, detector: FaceDetector) -> tuple[list[np.ndarray | None], int]:
    """The largest face in a picture of each part, and the most faces in any picture looked at."""
    info = probe(path)
    chips: list[np.ndarray | None] = [None] * SEGMENTS
    most = 0
    if not info.has_video:
        return chips, most
    with closing(frames(path)) as pictures:
        times = look_times(info.duration)
        wanted = next(times)
        for frame in pictures:
            part, time = wanted
            if frame.pts < time:
                continue
            if chips[part] is None:
                found = detector.detect(frame.image)
                most = max(most, len(found))
                if found:
                    largest = max(found, key=lambda each: float(each.box[3] - each.box[1]))
                    chips[part] = face.chip(frame.image, largest.landmarks)
            following = next(times, None)
            while following is not None and (following[1] <= frame.pts or chips[following[0]] is not None):
                following = next(times, None)
            if following is None:
                break
            wanted = following
    return chips, most


def look_times(duration: float | None) -> Iterator[tuple[int, float]]:
    """Part and time of the pictures to look at, in order: the middle of each part, then later in it."""
    length = (duration or 0.0) / SEGMENTS
    for part in range(SEGMENTS):
        for k in range(TRIES):
            yield part, length * (part + 0.5 + 0.5 * k / TRIES)


def from_files(sound: Path | None, pictures: Sequence[Path]) -> Segments:
    """The segments of a sound file and of pictures of aligned faces, in the order of time.

    Parameters
    ----------
    sound : Path or None
    pictures : sequence of Path
        Faces aligned to `avaffect.face.align.TEMPLATE`, of any size. One is taken of each eighth of them.
    """
    chips = None
    if pictures:
        at = ((np.arange(SEGMENTS) + 0.5) * len(pictures) / SEGMENTS).astype(int)
        chips = [_aligned(pictures[k]) for k in at]
    return from_parts(chips, None if sound is None else read_audio(sound)[0])


def _aligned(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise MediaError(f"{path}: not readable as a picture; expected an aligned face, such as a jpg")
    size = np.array(picture.shape[1::-1])
    return face.chip(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), (TEMPLATE + 0.5) * size / 112 - 0.5)
