"""Prediction for whole recordings: files, folders, or frames and samples in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from .. import __version__, checkpoint, media
from ..errors import AvaffectError, MediaError
from ..face import FaceTracker, create_detector
from ..media import AudioBlock, Frame
from ..media.sound import resample
from ..sliding import slide
from ..streams.active_speaker import SPEAKS, speaking
from ..streams.audio import Voice, listen
from ..streams.timeline import Timeline, fill_short_gaps
from ..streams.timing import Stages
from ..streams.visual import FACE_GAP, Person, Watcher, main_person
from ..trace import Trace
from .frame_table import Reading, face_rows, person_rows, table

Hook = Callable[[float, float | None], None]

PEOPLE = ("all", "main")


class Predictor:
    """Runs a trained model on recordings.

    Everyone in a picture is read with the voice that is heard, except while their mouth shows that
    they only listen (see `avaffect.streams.active_speaker`). A model of the voice alone looks for nobody: its
    rows belong to no track. A model of the face alone still listens for speech, to tell who speaks.

    Parameters
    ----------
    reference : str or Path
        Name of an embedded model or a model's folder.
    people : {"all", "main"}
        Report everyone who is seen, or only the most prominent person.
    detector : str
        Face detector, ``"mtcnn"`` or ``"yunet"``.

    Raises
    ------
    ModelError
        If there is no such model or detector.

    Examples
    --------
    >>> import avaffect
    >>> predictor = avaffect.load("hgrjca.default")
    >>> predictor.spec.targets
    ('valence', 'arousal')
    """

    def __init__(self, reference: str | Path, *, people: str = "all", detector: str = "mtcnn") -> None:
        if people not in PEOPLE:
            raise AvaffectError(f"people={people!r}: expected 'all' or 'main'")
        self.model = checkpoint.load(reference)
        self.spec = self.model.spec
        self.people = people
        self.detector = create_detector(detector) if "visual" in self.spec.streams else None
        self.timeline = Timeline(self.spec.tick_rate)
        self._hash = checkpoint.weights_hash(reference)

    def process_file(self, path: str | Path, hook: Hook | None = None) -> Trace:
        """Valence and arousal over one video or audio file.

        Parameters
        ----------
        path : path
            Anything FFmpeg decodes: mp4, mov, mkv, avi, mpg, wav, flac, mp3, ...
        hook : callable, optional
            Called with seconds done and seconds in all (None if unknown).

        Returns
        -------
        Trace
            One row a video frame and person; for sound alone, one row a tick.

        Raises
        ------
        MediaError
            If the file is missing, empty or not decodable.
        """
        info = media.probe(path)
        frames = media.frames(path) if info.has_video else None
        audio = media.audio(path) if info.has_audio else None
        return self._process(str(path), frames, audio, info.duration, hook)

    def process_files(self, paths: Sequence[str | Path], hook: Hook | None = None) -> Trace:
        """Many files; one that cannot be read is left out and named in ``trace.meta["errors"]``.

        ``hook`` is called with files done and files in all.
        """
        traces, errors = [], []
        for done, path in enumerate(paths):
            if hook:
                hook(done, len(paths))
            try:
                traces.append(self.process_file(path))
            except MediaError as error:
                errors.append({"file": str(path), "error": str(error)})
        if hook:
            hook(len(paths), len(paths))
        if not traces:
            raise MediaError(f"none of {len(paths)} files could be read; first: {errors[0]['error']}")
        whole = Trace.concat(traces)
        return Trace(whole.table, meta={**whole.meta, "errors": errors})

    def process_folder(
        self, folder: str | Path, *, recursive: bool = False, hook: Hook | None = None
    ) -> Trace:
        """All media files of a folder, in order of name.

        Raises
        ------
        MediaError
            If the folder is missing or holds no media files.
        """
        return self.process_files(media.list_media(folder, recursive=recursive), hook)

    def process_signal(
        self,
        frames: Iterable[np.ndarray] | None,
        times: Iterable[float] | None,
        samples: np.ndarray | None,
        rate: float | None,
        *,
        name: str = "signal",
        hook: Hook | None = None,
    ) -> Trace:
        """Frames and samples in memory, on one clock that starts at 0.

        Parameters
        ----------
        frames : iterable of (h, w, 3) np.ndarray, or None
            uint8 RGB, upright.
        times : iterable of float, or None
            Seconds, one a frame, increasing.
        samples : (n,) np.ndarray, or None
            Mono sound in [-1, 1] that starts at second 0.
        rate : float, or None
            Samples per second.

        Raises
        ------
        MediaError
            If there are neither frames nor samples, or one comes without its times or rate.
        """
        if (frames is None) != (times is None) or (samples is None) != (rate is None):
            raise MediaError("frames come with their times in seconds, samples with their rate in Hz")
        if frames is None and samples is None:
            raise MediaError("nothing given: expected frames with times, or samples with a rate")
        pictures = _frames(frames, times) if frames is not None and times is not None else None
        blocks = None
        if samples is not None and rate is not None:
            blocks = iter([AudioBlock(0.0, resample(samples, rate))])
        return self._process(name, pictures, blocks, None, hook)

    def _process(
        self,
        name: str,
        frames: Iterator[Frame] | None,
        audio: Iterator[AudioBlock] | None,
        duration: float | None,
        hook: Hook | None,
    ) -> Trace:
        stages = Stages()
        tracker = FaceTracker(self.detector) if self.detector else None
        watcher = Watcher(tracker, self._embed, self.timeline)
        for frame in stages.each("decode", frames or ()):
            with stages.time("face"):
                watcher.add(frame)
            if hook:
                hook(frame.pts, duration)
        with stages.time("face"):
            people = watcher.finish()
        voice = None
        if audio is not None:
            voice = listen(audio, self.model, self.timeline, stages)
        if hook and duration:
            hook(duration, duration)
        return self._trace(name, watcher, people, voice, stages)

    def _chosen(self, people: list[Person]) -> list[Person]:
        if self.people == "main" and people:
            return [main_person(people)]
        return people

    def _trace(
        self,
        name: str,
        watcher: Watcher,
        people: list[Person],
        voice: Voice | None,
        stages: Stages,
    ) -> Trace:
        pts, index, ends = self._frame_times(watcher, voice)
        if not len(pts):
            raise MediaError(f"{name} holds neither frames nor sound")
        ticks = self.timeline.count(float(ends[-1]))
        speech = voice.speech_at(ticks) if voice is not None else None
        if voice is not None:
            self._tell_speakers(people, voice, ticks)
        parts = []
        for person, positions in self._shares(self._chosen(people), len(pts)):
            with stages.time("model"):
                reading = self._read(person, voice, ticks)
            columns: dict[str, Any] = {
                "position": positions,
                "track": pd.array([person.track if person else None] * len(positions), dtype="Int64"),
                "frame": pd.array(
                    index[positions] if watcher.pts else [None] * len(positions), dtype="Int64"
                ),
                "pts": pts[positions],
            }
            columns |= person_rows(reading, self.spec, self.timeline, pts[positions], speech)
            columns |= face_rows(person, positions)
            parts.append(pd.DataFrame(columns))
        return Trace(table(name, parts, ends), meta=self._meta(name, float(ends[-1]), stages))

    def _frame_times(
        self, watcher: Watcher, voice: Voice | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Start (n,), index (n,) and end (n,) of every row's frame; ticks stand in for frames where
        there is no picture."""
        if watcher.pts:
            pts = np.asarray(watcher.pts)
            step = float(np.median(np.diff(pts))) if len(pts) > 1 else 1.0 / self.timeline.tick_rate
            return pts, np.asarray(watcher.index), np.append(pts[1:], pts[-1] + step)
        count = self.timeline.count(voice.duration) if voice else 0
        edges = np.arange(count + 1) / self.timeline.tick_rate
        return edges[:-1], np.arange(count), edges[1:]

    def _shares(self, people: list[Person], frames: int) -> Iterator[tuple[Person | None, np.ndarray]]:
        """Which frames are whose: everyone's from first to last sight, nobody's the rest.

        With ``people="main"`` all frames are the main person's.
        """
        everything = np.arange(frames)
        if self.people == "main" and people:
            yield people[0], everything
            return
        free = np.ones(frames, dtype=bool)
        for person in people:
            positions = np.arange(person.frames[0], person.frames[-1] + 1)
            free[positions] = False
            yield person, positions
        if free.any():
            yield None, everything[free]

    def _tell_speakers(self, people: list[Person], voice: Voice, ticks: int) -> None:
        """Set everyone's ``talks``; see `speaking`."""
        motion = [person.mouth_motion(ticks) for person in people]
        found = speaking(motion, voice.active_at(ticks), self.timeline.tick_rate)
        for person, talks in zip(people, found, strict=True):
            person.talks = talks

    def _read(self, person: Person | None, voice: Voice | None, ticks: int) -> Reading:
        """What the model says of a person; their voice is the one heard, less where they only listen."""
        streams: dict[str, torch.Tensor] = {}
        masks: dict[str, np.ndarray] = {}
        for name, stream in self.spec.streams.items():
            values = np.zeros((ticks, stream.dim), dtype=np.float32)
            masks[name] = np.zeros(ticks, dtype=bool)
            if name == "visual" and person is not None and person.features:
                values, seen = person.stream(ticks)
                masks[name] = fill_short_gaps(values, seen, round(FACE_GAP * self.spec.tick_rate))
            elif name == "audio" and voice is not None:
                values, masks[name] = voice.stream(ticks)
                if person is not None and person.talks is not None:
                    masks[name] &= ~(person.talks < SPEAKS)
            streams[name] = torch.from_numpy(values)
        tensors = {name: torch.from_numpy(mask) for name, mask in masks.items()}
        window = round(self.model.spec.window * self.model.spec.tick_rate)
        predicted, gates = slide(
            self.model.network, streams, tensors, window=window, hop=max(1, window // 2), taper=True
        )
        return Reading(predicted, masks, gates, person.talks if person is not None else None)

    @torch.inference_mode()
    def _embed(self, crops: np.ndarray) -> np.ndarray:
        return self.model.encode("visual", torch.from_numpy(crops)).numpy()

    def _meta(self, name: str, duration: float, stages: Stages) -> dict[str, Any]:
        return {
            "model": self.spec.name,
            "weights_sha256": self._hash,
            "avaffect": __version__,
            "streams": list(self.spec.streams),
            "rate": self.spec.tick_rate,
            "coverage": self.spec.coverage,
            "people": self.people,
            "meaning": self.spec.meaning,
            "licence": self.spec.licence,
            "corpora": [asdict(corpus) for corpus in self.spec.corpora],
            "duration": duration,
            "seconds": stages.seconds,
        }


def _frames(images: Iterable[np.ndarray], times: Iterable[float]) -> Iterator[Frame]:
    last = -np.inf
    for index, (image, time) in enumerate(zip(images, times, strict=True)):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise MediaError(f"frame {index} is {image.dtype} {image.shape}: expected (h, w, 3) uint8 RGB")
        if not time > last:
            raise MediaError(f"frame {index} is at {time} s, not after {last} s: times must increase")
        last = time
        yield Frame(index, float(time), image)
