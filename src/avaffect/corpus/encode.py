"""One recording through faces, voice and a model's frozen encoders: what prediction does before it fuses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from .. import checkpoint, media
from ..errors import DataError
from ..face import FaceTracker, create_detector
from ..face.align import SIZE
from ..model import AffectModel
from ..streams.audio import Voice, listen
from ..streams.timeline import Timeline, fill_short_gaps
from ..streams.timing import Stages
from ..streams.visual import BATCH, FACE_GAP, Watcher, main_person
from .affwild2 import need_video
from .base import Features, Recording
from .ratings import ticks_of

Seen = tuple[dict[int, NDArray[np.float32]], float]
"""Embeddings by tick, and the end of the pictures in seconds."""


class Encoders:
    """The encoders of a model, on whole recordings.

    Parameters
    ----------
    model : str or Path
        Name of an embedded model or a model's folder.
    detector : str
        Face detector, for recordings whose faces are not cut yet.

    Attributes
    ----------
    timeline : Timeline
        The model's ticks.
    hash : str
        SHA-256 over the encoders' weights and preprocessing and the detector: what makes features comparable.

    Raises
    ------
    ModelError
        If there is no such model or detector.
    """

    def __init__(self, model: str | Path, *, detector: str = "mtcnn") -> None:
        self.model = checkpoint.load(model)
        self.timeline = Timeline(self.model.spec.tick_rate)
        self.hash = encoders_hash(self.model, detector)
        self._detector = create_detector(detector)

    def __call__(self, recording: Recording) -> Features:
        """The recording's streams at the model's ticks.

        Of several people in a video whose faces are not cut, the most prominent one is taken. Gaps in the
        face of at most a quarter of a second are closed, as they are in prediction.

        Raises
        ------
        MediaError, DataError
            If something of the recording cannot be read.
        """
        spec = self.model.spec
        unknown = set(spec.streams) - {"audio", "visual"}
        if unknown:
            raise DataError(f"{spec.name} has the stream {min(unknown)!r}, which is not extracted from media")
        seen: Seen = ({}, 0.0)
        if "visual" in spec.streams:
            seen = self._cut_faces(recording) if recording.faces is not None else self._watch(recording)
        voice = self._listen(recording) if "audio" in spec.streams else None
        ticks = self.timeline.count(max(seen[1], voice.duration if voice else 0.0))
        if not ticks:
            raise DataError(f"{recording.name}: neither pictures nor sound in it")
        streams, masks = {}, {}
        for name, stream in spec.streams.items():
            if name == "visual":
                values, mask = self._visual(seen[0], ticks, stream.dim)
            elif voice is not None:
                values, mask = voice.stream(ticks)
            else:
                values, mask = np.zeros((ticks, stream.dim), np.float32), np.zeros(ticks, bool)
            streams[name], masks[name] = np.where(mask[:, None], values, 0), mask
        return Features(streams, masks)

    def _visual(
        self, features: dict[int, NDArray[np.float32]], ticks: int, dim: int
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        values, mask = np.zeros((ticks, dim), np.float32), np.zeros(ticks, bool)
        for tick, feature in features.items():
            if tick < ticks:
                values[tick], mask[tick] = feature, True
        return values, fill_short_gaps(values, mask, round(FACE_GAP * self.timeline.tick_rate))

    def _watch(self, recording: Recording) -> Seen:
        """The most prominent person of a whole video."""
        if recording.video is None:
            return {}, 0.0
        watcher = Watcher(FaceTracker(self._detector), self._embed, self.timeline)
        for frame in media.frames(recording.video):
            watcher.add(frame)
        people = watcher.finish()
        end = _end(np.asarray(watcher.pts))
        if not people:
            return {}, end
        return main_person(people).features, end

    def _cut_faces(self, recording: Recording) -> Seen:
        """Of each tick the cut face nearest to its centre, whose frame lies in the tick."""
        times = media.frame_times(need_video(recording))
        folder = recording.faces
        if folder is None or not folder.is_dir():
            raise DataError(
                f"{folder}: no such folder; expected the cut faces of {recording.name}, 00001.jpg ..."
            )
        faces = cut_faces(folder)
        frames = np.array([number - 1 for number in faces if number <= len(times)], np.int64)
        ticks = ticks_of(times[frames], self.timeline)
        distance = np.abs(times[frames] - (ticks + 0.5) / self.timeline.tick_rate)
        features: dict[int, NDArray[np.float32]] = {}
        waiting: dict[int, NDArray[np.uint8]] = {}
        for i in np.lexsort((distance, ticks)).tolist():  # tick by tick, the nearest to its centre first
            tick = int(ticks[i])
            if tick in features or tick in waiting:
                continue
            crop = read_face(faces[int(frames[i]) + 1])
            if crop is not None:
                waiting[tick] = crop
            if len(waiting) == BATCH:
                features |= self._embed_all(waiting)
                waiting.clear()
        features |= self._embed_all(waiting)
        return features, _end(times)

    def _listen(self, recording: Recording) -> Voice | None:
        if recording.audio is None:
            return None
        return listen(media.audio(recording.audio), self.model, self.timeline, Stages())

    def _embed_all(self, crops: dict[int, NDArray[np.uint8]]) -> dict[int, NDArray[np.float32]]:
        """Embeddings by tick of crops by tick."""
        if not crops:
            return {}
        return dict(zip(crops, self._embed(np.stack(list(crops.values()))), strict=True))

    @torch.inference_mode()
    def _embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.model.encode("visual", torch.from_numpy(crops)).numpy()


def encoders_hash(model: AffectModel, detector: str) -> str:
    """SHA-256 over what features depend on: encoders, their weights, preprocessing, rate, face detector.

    Training the fusion anew leaves it as it is.
    """
    spec = model.spec
    what = {
        name: [asdict(stream.encoder), dict(stream.preprocessing), stream.dim]
        for name, stream in spec.streams.items()
        if stream.encoder is not None
    }
    digest = hashlib.sha256(
        json.dumps([spec.tick_rate, what, detector], sort_keys=True, default=str).encode()
    )
    for name, value in sorted(model.encoders.state_dict().items()):
        digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()


def cut_faces(folder: Path) -> dict[int, Path]:
    """The cut faces in a folder by number, from 1; other files are passed over."""
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


def _end(times: NDArray[np.float64]) -> float:
    """When the last of some frames ends, in seconds; 0 without frames."""
    if not len(times):
        return 0.0
    return float(times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 0.0))
