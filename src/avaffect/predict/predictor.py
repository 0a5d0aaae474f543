"""Prediction for whole recordings: files, folders, or frames and samples in memory."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from .. import __version__, media, model_folder
from ..address import Address, Place, place
from ..arguments import checks_types
from ..copies import fetched
from ..errors import AvaffectError, MediaError, ModelError
from ..face.track import DETECTION_INTERVAL
from ..files import as_text
from ..media import AudioBlock, Frame, SoundUsed
from ..progress import Hook, silent
from ..runtime import open_model
from ..session import give_back_if_long
from ..spec import TARGETS, VAGUE
from ..streams.assemble import PersonStreams, RecordingStreams, StreamReader
from ..streams.audio import measure_speech
from ..streams.person import Person
from ..streams.timing import Timing
from ..trace import Trace
from ..trace.meta import jsonable, recording
from ..trace.spans import check_within
from ..transcript import Transcript, read_transcript, transcript_beside
from ..voice import NO_SPEECH, SpeechLevel
from .context import Context, ContextOptions, contexts
from .frame_table import Reading
from .many import ManyFiles
from .recording_rows import recording_table, shares
from .signal import signal_blocks, signal_frames
from .together import Clip, slide_all

log = logging.getLogger(__name__)

PEOPLE = ("all", "main")

SHORTEST_VOICE = 0.5
"""Seconds: what is read from less of a voice has nothing to do with what is read from 3 s around it."""

_OF_THE_SPEC = ("streams", "tick_rate", "coverage", "meaning", "licence", "corpora")


@checks_types
class Predictor(ManyFiles):
    """Runs a trained model on recordings.

    Everyone in view shares the one sound track. A person whose mouth stays still during speech is predicted
    from the face only (`avaffect.streams.active_speaker`). A model of the voice alone looks for nobody: its
    rows belong to no track. A model of the face alone still reads the sound, to tell who speaks.

    Parameters
    ----------
    reference : str or Path
        Name of an embedded model (`avaffect.list_models`) or a model's folder.
    people : {"all", "main"}
        Report everyone who is seen, or only the most prominent person.
    detector : str
        Face detector: ``"mtcnn"``, ``"yunet"``, or another that `avaffect.face.create_detector` knows.
    detection_interval : float
        Seconds between two searches of the whole picture for faces (default 0.45). A newcomer is found at
        most so much later, and a tick, and then traced back through the half second before: with an interval
        of up to half a second the rows begin where the face does. Longer is quicker. Known faces are followed
        all the same; while nobody is in sight the search goes on every 0.12 s.
    min_face : float or None
        Smallest face with which a person is found, in pixels of the picture (longer side of the face's box),
        at least 12; once found, a person is followed when the face gets smaller. With MTCNN, half the size
        makes a search about four times as costly. None sets no limit: MTCNN then looks for faces from a
        sixteenth of the picture's shorter side on, and finds many of half that size.
    audio_track : int or None
        Number of the sound track to read, from 1. None: the default track, or, where that one is silent, the
        first that is not (`avaffect.media.audio_track`).
    audio_channel : int or None
        Number of the channel to read alone, from 1. None: the mean of all.

    Raises
    ------
    ModelError
        If there is no such model or detector, the model has no encoders to read recordings with, or its
        targets are others than valence and arousal.
    AvaffectError
        If an option is out of its range.

    Examples
    --------
    >>> import avaffect
    >>> predictor = avaffect.load("hgrjca.default")
    >>> predictor.spec.targets
    ('valence', 'arousal')
    """

    def __init__(
        self,
        reference: str | Path,
        *,
        people: str = "all",
        detector: str = "mtcnn",
        detection_interval: float = DETECTION_INTERVAL,
        min_face: float | None = None,
        audio_track: int | None = None,
        audio_channel: int | None = None,
    ) -> None:
        for name, number in (("audio_track", audio_track), ("audio_channel", audio_channel)):
            if number is not None and number < 1:
                raise AvaffectError(f"{name}={number}: expected a number from 1, or none for the default")
        if people not in PEOPLE:
            raise AvaffectError(f"people={people!r}: expected 'all' or 'main'")
        self.model = open_model(reference)
        self.spec = self.model.spec
        if set(self.spec.targets) != set(TARGETS):
            raise ModelError(
                f"{self.spec.name} predicts {', '.join(self.spec.targets)}; expected {' and '.join(TARGETS)}:"
                " give another model, or load this one's network by avaffect.checkpoint.load"
            )
        if vague := self.spec.vague:
            log.warning(
                "%s: its intervals of %s are %s; train it on more recordings",
                self.spec.name, " and ".join(vague), VAGUE,
            )  # fmt: skip
        self.people = people
        self.audio_track, self.audio_channel = audio_track, audio_channel
        self.reader = StreamReader(
            self.model, detector=detector, detection_interval=detection_interval, min_face=min_face
        )
        self.timeline = self.reader.timeline
        self._meta = {
            "model": self.spec.name,
            "weights_sha256": model_folder.weights_hash(reference),
            "avaffect": __version__,
            "streams": list(self.spec.streams),
            "tick_rate": self.spec.tick_rate,
            "coverage": self.spec.coverage,
            "people": people,
            "audio_track": audio_track,
            "audio_channel": audio_channel,
            "meaning": self.spec.meaning,
            "licence": self.spec.licence,
            "corpora": [asdict(corpus) for corpus in self.spec.corpora],
        }
        if self.reader.detector is not None:
            self._meta |= {
                "detector": detector,
                "detection_interval": detection_interval,
                "min_face": min_face,
            }

    @property
    def meta(self) -> dict[str, Any]:
        """What every trace says of the model and how it is used, as plain JSON."""
        return dict(self._meta)

    @property
    def settings(self) -> dict[str, Any]:
        """All that results depend on beside the recording, as plain JSON."""
        spec = self.spec.to_json().encode()
        told = {key: value for key, value in self._meta.items() if key not in _OF_THE_SPEC}
        return {**told, "spec_sha256": hashlib.sha256(spec).hexdigest()}

    def settings_with(self, path: str | Place, transcript: str | Path | Transcript | None) -> dict[str, Any]:
        """`settings`, and what is said in one recording for a model that reads it, see `process_file`."""
        found = self._transcript(path, transcript)
        return self.settings if found is None else {**self.settings, "transcript_sha256": found.digest}

    def contexts(
        self,
        paths: Sequence[str | Place],
        hook: Hook | None = None,
        measure: Callable[[Place], SpeechLevel] | None = None,
        **known: Unpack[ContextOptions],
    ) -> dict[Place, Context]:
        """What is known of recordings beside their content, for `process_file`.

        With ``same_setup`` the sound of every recording is read once for its level; pictures are not.

        Parameters
        ----------
        paths : sequence of path
        hook : callable, optional
            Called as ``hook("levels", completed, total)``.
        measure : callable, optional
            Gives the level of a recording's speech, where it is known already; by default `level`.
        **known
            `avaffect.predict.context.ContextOptions`.

        Raises
        ------
        DataError
            If an option is not as described.
        ModelError
            If the model reads no voice, of which levels could be shared.
        """
        if known.get("same_setup") and "audio" not in self.spec.streams:
            raise ModelError(f"{self.spec.name} reads no voice: same_setup changes nothing; leave it out")
        told, done = hook or silent, iter(range(len(paths)))

        def measured(path: Place) -> SpeechLevel:
            told("levels", next(done), len(paths))
            return (measure or self.level)(path)

        return contexts(paths, measured, **known)

    def level(self, path: str | Place) -> SpeechLevel:
        """How loud the speech of a recording is.

        Raises
        ------
        MediaError
            If its sound cannot be read.
        """
        with fetched(place(path)) as file:
            info = media.probe(file, self.audio_track)
            if not info.has_audio:
                return NO_SPEECH
            blocks = media.audio(file, track=info.audio_track, channel=self.audio_channel, used=SoundUsed())
            return measure_speech(blocks, self.spec)

    def process_file(
        self,
        path: str | Place,
        hook: Hook | None = None,
        context: Context | None = None,
        *,
        transcript: str | Path | Transcript | None = None,
    ) -> Trace:
        """Valence and arousal over one video or audio file.

        Parameters
        ----------
        path : path
            Anything FFmpeg decodes: mp4, mov, mkv, avi, mpg, wav, flac, mp3, ... Or the address of such a
            file, ``"s3://bucket/talk.mp4"`` (`avaffect.copies`, extra ``remote``).
        hook : callable, optional
            Called as ``hook(path, completed, total)`` in seconds of the recording; the total is None if it is
            not known.
        context : Context, optional
            One of `contexts`.
        transcript : path or Transcript, optional
            What is said, for a model with a text stream (`avaffect.transcript.read_transcript`). By default
            the transcript beside the recording, NAME.vtt beside NAME.mp4; without one the model goes without
            words.

        Returns
        -------
        Trace
            One row a video frame and person; one row a tick for sound alone, and for sound that goes on
            without pictures. ``trace.meta["sound"]`` says what of the sound was read,
            ``trace.meta["recording"]`` which file it was,
            ``trace.meta["transcript"]`` where the words are from.

        Raises
        ------
        MediaError
            If the file is missing, empty or not decodable.
        ModelError
            If there is a transcript and the model has no text stream.
        DataError
            If the transcript cannot be read, or a baseline lies outside of the recording, or holds nobody.
        """
        recorded, known = place(path), context or Context()
        words, name = self._transcript(recorded, transcript), as_text(recorded)
        used, audio = SoundUsed(), None
        with fetched(recorded) as file:
            info = media.probe(file, self.audio_track)
            if info.duration:
                check_within(known.baseline, info.duration, f"{name}: the baseline")
            if info.has_audio:
                audio = media.audio(file, track=info.audio_track, channel=self.audio_channel, used=used)
            trace = self._process(
                name,
                media.frames(file) if info.has_video else None,
                audio,
                info.duration,
                hook or silent,
                known.reference_level,
                words,
            )
            about = {"recording": recording(file)} | ({} if audio is None else {"sound": asdict(used)})
        trace.meta.update(jsonable(about))
        if audio is not None:
            self._say_if_short(name, trace)
        return trace.relative_to(known.baseline) if known.baseline else trace

    def _say_if_short(self, name: str, trace: Trace) -> None:
        """Warn of sound that is too short to tell anything."""
        seconds = trace.meta["duration"]
        if "audio" in self.spec.streams and seconds < SHORTEST_VOICE:
            log.warning(
                "%s: %.2f s of sound; from less than %g s of a voice hardly anything is read, whatever it"
                " says: give 1.5 s or more",
                name, seconds, SHORTEST_VOICE,
            )  # fmt: skip

    def _transcript(self, path: str | Place, given: str | Path | Transcript | None) -> Transcript | None:
        """What is said in a recording: as given, or from beside it."""
        if "text" not in self.spec.streams:
            if given is not None:
                raise ModelError(
                    f"{self.spec.name} has no text stream, it reads {' and '.join(self.spec.streams)}; leave"
                    " the transcript out, or give a model that was trained with one"
                )
            return None
        if isinstance(given, Transcript):
            return given
        if given is None:
            recorded = place(path)
            if isinstance(recorded, Address):
                raise ModelError(
                    f"{path}: {self.spec.name} reads what is said, and beside an address no transcript is"
                    " looked for; give it, or a model of face and voice"
                )
            given = transcript_beside(recorded)
        return None if given is None else read_transcript(given)

    def process_signal(
        self,
        frames: Iterable[np.ndarray] | None = None,
        times: Iterable[float] | None = None,
        samples: np.ndarray | None = None,
        sample_rate: float | None = None,
        *,
        name: str = "signal",
        hook: Hook | None = None,
    ) -> Trace:
        """Frames, samples or both, in memory, on one clock that starts at 0.

        Parameters
        ----------
        frames : iterable of (h, w, 3) np.ndarray, optional
            uint8 RGB, upright; read one at a time.
        times : iterable of float, optional
            Seconds, one a frame, from 0 on and increasing: ``np.arange(len(frames)) / 25`` at 25 frames per
            second. At most 48 hours, at most one hour between two, and not one frame in 8 s or less often,
            which is taken for milliseconds.
        samples : (n,) np.ndarray, optional
            Mono sound that starts at second 0: floats in [-1, 1], or int8, int16, int32 or uint8 as stored.
        sample_rate : float, optional
            Samples per second (Hz), a whole number.
        name : str
            Stands in the table's index for the file.
        hook : callable, optional
            Called as ``hook(name, completed, None)`` in seconds.

        Raises
        ------
        MediaError
            If nothing is given, frames come without times or samples without their rate (or the other way
            round), or one of them is not as described.

        Examples
        --------
        >>> import avaffect
        >>> samples = np.random.default_rng(0).normal(0, 0.01, 16000)
        >>> predictor = avaffect.load("hgrjca.default")
        >>> len(predictor.process_signal(samples=samples, sample_rate=16000))  # one row a tick
        13
        """
        pictures, blocks = signal_frames(frames, times), signal_blocks(samples, sample_rate)
        if pictures is None and blocks is None:
            raise MediaError("nothing given: expected frames= and times=, samples= and sample_rate=, or all")
        trace = self._process(name, pictures, blocks, None, hook or silent)
        if blocks is not None:
            self._say_if_short(name, trace)
        return trace

    def _process(
        self,
        name: str,
        frames: Iterator[Frame] | None,
        audio: Iterator[AudioBlock] | None,
        duration: float | None,
        hook: Hook,
        reference: float | None = None,
        transcript: Transcript | None = None,
    ) -> Trace:
        timing = Timing()
        recording = self.reader.read(
            frames, audio, timing, reference, transcript, told=lambda pts: hook(name, pts, duration)
        )
        if duration:
            hook(name, duration, duration)
        if not recording.ticks:
            raise MediaError(f"{name} holds neither frames nor sound")
        trace = self._trace(name, recording, timing)
        about: dict[str, Any] = {} if reference is None else {"reference_level": reference}
        if "text" in self.spec.streams:
            if transcript is None:
                log.warning("%s: no transcript; the model reads it without words", name)
            about["transcript"] = None if transcript is None else transcript.source
        trace.meta.update(jsonable(about))
        return trace

    def _trace(self, name: str, recording: RecordingStreams, timing: Timing) -> Trace:
        of = shares(recording, main_only=self.people == "main")
        with timing.measure("model"):
            readings = list(self._read(recording, [person for person, _ in of]))
        give_back_if_long(float(recording.ends[-1]))
        table = recording_table(name, recording, of, readings, self.spec, self.timeline)
        meta = {**self.meta, "duration": float(recording.ends[-1]), "seconds": timing.seconds}
        return Trace(table, meta=meta)

    def _read(self, recording: RecordingStreams, people: Sequence[Person | None]) -> Iterator[Reading]:
        """What the model says of each person; for None, of the voice that is nobody's."""
        waiting: deque[PersonStreams] = deque()

        def sequences() -> Iterator[Clip]:
            for person in people:
                span = None if person is None or self.people == "main" else recording.span(person)
                streams = recording.of(person, span)
                waiting.append(streams)
                yield Clip(streams.read, streams.masks, streams.first)

        for output in slide_all(self.model, sequences(), recording.ticks):
            streams = waiting.popleft()
            yield Reading(
                output.values, streams.masks, output.gates, streams.speaking, streams.first, streams.quality
            )
