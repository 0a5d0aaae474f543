"""The features of one recording of a corpus: the streams that prediction would hand to the model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .. import checkpoint, media
from ..errors import DataError
from ..face.align import SIZE
from ..model import AffectModel
from ..runtime.torch import TorchRuntime
from ..streams.assemble import VERSION, RecordingStreams, StreamReader
from ..transcript import read_transcript, transcript_beside
from .affwild2 import need_video
from .base import Features, Recording
from .with_text import with_text


class Encoders:
    """The encoders of a model, on whole recordings.

    Parameters
    ----------
    model : str or Path
        Name of an embedded model or a model's folder.
    detector : str
        Face detector, for recordings whose faces are not cut yet.
    text : bool
        Add the pretrained text encoder (`avaffect.streams.text.with_text`).

    Attributes
    ----------
    timeline : Timeline
        The model's ticks.
    hash : str
        SHA-256 over what features depend on, see `encoders_hash`: equal hashes, comparable features.

    Raises
    ------
    ModelError
        If there is no such model or detector, or the model has no encoders.
    """

    def __init__(self, model: str | Path, *, detector: str = "mtcnn", text: bool = False) -> None:
        loaded = checkpoint.load(model)
        self.model = with_text(loaded) if text and "text" not in loaded.spec.streams else loaded
        self.reader = StreamReader(TorchRuntime(self.model), detector=detector)
        self.timeline = self.reader.timeline
        self.hash = encoders_hash(self.model, detector)

    def __call__(self, recording: Recording) -> Features:
        """The recording's streams at the model's ticks, as prediction reads them.

        Of several people in a video whose faces are not cut, the most prominent one is taken. While that
        person is known to listen, or is out of view, the voice is masked. The streams end with the last
        picture, or with the sound where it goes on for more than half a second.

        Raises
        ------
        MediaError, DataError
            If something of the recording cannot be read.
        """
        found = self._read(recording)
        if not found.ticks:
            raise DataError(f"{recording.name}: neither pictures nor sound in it")
        streams = found.of(found.main_person)
        return Features(streams.features, streams.masks)

    def _read(self, recording: Recording) -> RecordingStreams:
        audio = None
        if recording.audio is not None and "audio" in self.model.spec.streams:
            audio = media.audio(recording.audio)
        place = self.transcript_of(recording)
        words = None if place is None else read_transcript(place)
        if recording.faces is None or "visual" not in self.model.spec.streams:
            frames = media.frames(recording.video) if recording.video is not None else None
            return self.reader.read(frames, audio, transcript=words)
        times = media.frame_times(need_video(recording))
        folder = recording.faces
        if not folder.is_dir():
            raise DataError(
                f"{folder}: no such folder; expected the cut faces of {recording.name}, 00001.jpg ..."
            )
        faces = {number - 1: path for number, path in cut_faces(folder).items() if number <= len(times)}
        return self.reader.read_cut_faces(
            times, list(faces), lambda frame: read_face(faces[frame]), audio, words
        )

    def transcript_of(self, recording: Recording) -> Path | None:
        """The transcript beside a recording, for a model with a text stream."""
        file = recording.video or recording.audio
        return transcript_beside(file) if file is not None and "text" in self.model.spec.streams else None


def encoders_hash(model: AffectModel, detector: str) -> str:
    """SHA-256 over what features depend on.

    That is the encoders, their weights and preprocessing, the tick rate, the face detector, and the version
    of the way from recordings to streams. Training what stands behind the encoders does not change it.
    """
    spec = model.spec
    what = {
        name: [asdict(stream.encoder), dict(stream.preprocessing), stream.dim]
        for name, stream in spec.streams.items()
        if stream.encoder is not None
    }
    digest = hashlib.sha256(
        json.dumps([VERSION, spec.tick_rate, what, detector], sort_keys=True, default=str).encode()
    )
    for name, value in sorted(model.encoders.state_dict().items()):
        digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()


def cut_faces(folder: Path) -> dict[int, Path]:
    """The cut faces in a folder by number, from 1; other files are left out."""
    images = (path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    found = {int(path.stem): path for path in images if path.stem.isdigit()}
    return {number: found[number] for number in sorted(found) if number > 0}


def read_face(path: Path) -> NDArray[np.uint8] | None:
    """A cut face, (112, 112, 3) uint8 RGB, scaled to that; None if it is unreadable."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        return None
    if image.shape[:2] != (SIZE, SIZE):
        shrinks = min(image.shape[:2]) > SIZE
        image = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(image[..., ::-1], np.uint8)
