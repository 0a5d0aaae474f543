"""One way from a recording to what a model reads: features and masks of each person, on one timeline.

Prediction and the extraction of training features both go this way, so that a model is trained on exactly
what it is given later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..ahead import ahead, alongside
from ..errors import AvaffectError, ModelError
from ..face import FaceTracker, create_detector
from ..face.track import DETECTION_INTERVAL
from ..media import AudioBlock, Frame
from ..runtime import Runtime
from ..session import give_back_if_long
from ..spec import Spec
from ..transcript import Transcript
from .audio import AudioStream, audio_stream
from .cut_faces import cut_face_stream
from .person import FACE_GAP, Person, person_span
from .quality import DETAIL, SNR
from .recording_rows import recording_rows
from .text import TextStream, text_stream
from .timeline import Stretch, Timeline, fill_short_gaps
from .timing import Timing
from .visual import VisualStream, VisualStreamReader
from .voice_owner import Voices

VERSION = 3
"""Raised when the same recording and encoders give other streams: stored features are then made again.

Since version 2 a person who listens has no voice. Since version 3 sound is read to its end, also where the
pictures end before it, and its channels are mixed another way; a person who is out of view has no voice, and
faces that return keep their person."""

# Frames that wait between two threads: with their pictures; and when they are looked at, enough for the time
# in which a batch of faces is encoded.
_SHOWN, _ROOM = 8, 64
_AT_ONCE = 4  # of them

_PIECE = 4096
"""Ticks whose features are in memory at once while masks are made."""

SMALLEST_FACE = 12
"""Pixels: below this no detector here finds faces."""


@dataclass(frozen=True, eq=False)
class PersonStreams:
    """What the model reads of one person.

    Attributes
    ----------
    read : callable
        Features by stream, (stop - start, d) float32, of ticks ``start`` to ``stop`` counted from the first;
        0 where masked.
    masks : dict of str to (t,) np.ndarray of bool
        True where the stream is there for this person.
    speaking : (t,) np.ndarray or None
        Probability that this person speaks, NaN where unknown; None for nobody or without sound.
    first : int
        Tick of the recording at which all of them begin.
    quality : dict of str to (t,) np.ndarray
        How clear face and voice are, by the measures of `avaffect.streams.quality`; NaN where unknown.
    """

    read: Callable[[int, int], dict[str, np.ndarray]]
    masks: dict[str, np.ndarray]
    speaking: np.ndarray | None
    first: int = 0
    quality: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def features(self) -> dict[str, np.ndarray]:
        """All that ``read`` gives, (t, d) each; of a long recording it is much."""
        return self.read(0, len(next(iter(self.masks.values()))))


class RecordingStreams:
    """The streams of a recording, and who speaks.

    Parameters
    ----------
    visual : VisualStream
        Without frames for sound alone.
    audio : AudioStream or None
        None without sound.
    spec : Spec
        Its streams are assembled.
    text : TextStream, optional
        What is said.

    Attributes
    ----------
    times, ends : (n,) np.ndarray
        Begin and end of each row in seconds, see `recording_rows`: of each picture, and of each tick where
        sound goes on without one.
    pictures : (n,) np.ndarray of int
        Position of each row's picture in the list of all pictures; -1 where it has none.
    ticks : int
        Length of all streams: to the end of the last row.
    """

    def __init__(
        self, visual: VisualStream, audio: AudioStream | None, spec: Spec, text: TextStream | None = None
    ) -> None:
        self.visual, self.audio, self.spec, self.text = visual, audio, spec, text
        self.timeline = Timeline(spec.tick_rate)
        sound = None if audio is None else audio.present
        if sound is not None and not len(visual.times):
            sound = np.ones_like(sound)  # alone it has a row in its gaps too
        rows = recording_rows(visual.times, visual.ends(self.timeline), sound, self.timeline)
        self.times, self.ends, self.pictures = rows.times, rows.ends, rows.pictures
        self.ticks = self.timeline.count(float(self.ends[-1])) if len(self.ends) else 0
        self._voices: Voices | None = None
        if audio is not None:
            self._voices = Voices(visual, audio.active_at(self.ticks), self.frame_ends, self.timeline)

    @property
    def frame_ends(self) -> np.ndarray:
        """(p,) seconds: end of each picture's row, in the order of the pictures."""
        ends = np.empty(len(self.visual.times))
        shown = self.pictures >= 0
        ends[self.pictures[shown]] = self.ends[shown]
        return ends

    @property
    def numbers(self) -> np.ndarray:
        """(n,) int: number of each row's picture in the file; -1 where it has none."""
        return np.append(self.visual.numbers, -1)[self.pictures]

    @property
    def people(self) -> list[Person]:
        """Everyone who is seen, in order of appearance."""
        return self.visual.people

    @property
    def main_person(self) -> Person | None:
        """The most prominent person; None where nobody is seen."""
        return self.visual.main_person

    def span(self, person: Person) -> tuple[int, int]:
        """First tick, and one past the last, between a person's first and last sight."""
        return person_span(person, self.visual.times, self.frame_ends, self.timeline)

    def of(self, person: Person | None, span: tuple[int, int] | None = None) -> PersonStreams:
        """Features and masks of one person; for None, of the voice that belongs to nobody in view.

        In view, everyone has the voice that is heard, except while they are known to listen. Who is out of
        view has none, but for a moment after they turn away while they speak (`voice_owner`).

        Parameters
        ----------
        person : Person or None
        span : tuple of int, optional
            First tick, and one past the last; by default the whole recording.
        """
        first, stop = (0, self.ticks) if span is None else span

        def read(start: int, end: int) -> dict[str, np.ndarray]:
            place = first + start, first + end
            return {name: self._stream(name, person, *place)[0] for name in self.spec.streams}

        edges = [*range(first, stop, _PIECE), stop]
        masks = {}
        for name in self.spec.streams:
            parts = [self._stream(name, person, *edge)[1] for edge in pairwise(edges)]
            masks[name] = np.concatenate([np.zeros(0, dtype=bool), *parts])
        speaking = None
        if person is not None and self._voices is not None:
            speaking = self._voices.of(person).speaking.between(first, stop, np.nan)
        return PersonStreams(read, masks, speaking, first, self._quality(person, first, stop))

    def _stream(
        self, name: str, person: Person | None, first: int, stop: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """One of the model's streams of a person: features (t, d), 0 where masked, and mask (t,)."""
        values = np.zeros((stop - first, self.spec.streams[name].dim), dtype=np.float32)
        mask = np.zeros(stop - first, dtype=bool)
        if name == "visual" and person is not None and len(person.features):
            values, mask = self._face(person, first, stop)
        elif name == "audio" and self.audio is not None:
            values, mask = self.audio.stream(stop - first, first)
        elif name == "text" and self.text is not None:
            values, mask = self.text.stream(stop - first, first)
            if self._voices is None and person is None and self.people:
                mask[:] = False
        if name != "visual" and self._voices is not None:
            own = self._voices.unclaimed if person is None else self._voices.of(person).own
            mask &= own.between(first, stop, False)
        values[~mask] = 0
        return values, mask

    def _quality(self, person: Person | None, first: int, stop: int) -> dict[str, np.ndarray]:
        found = {}
        if person is not None and len(person.detail.ticks):
            begin, end = self.span(person)
            known = person.detail.between(begin, end)
            found[DETAIL] = Stretch(begin, _filled(known)).between(first, stop, np.nan)
        if self.audio is not None:
            found[SNR] = self.audio.snr_at(stop - first, first)
        return found

    def _face(self, person: Person, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Features of the face and where they are known, short gaps closed; ticks ``first`` to ``stop``."""
        longest = round(FACE_GAP * self.spec.tick_rate)
        begin, end = first - longest - 1, stop + longest + 1  # with both sides of a gap at either end
        values, seen = person.features.between(begin, end)
        mask = fill_short_gaps(values, seen, longest)
        part = slice(first - begin, stop - begin)
        return values[part], mask[part]


def _filled(values: np.ndarray) -> np.ndarray:
    """What is not known, by interpolation of what is."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known]) if len(known) else values


class StreamReader:
    """Reads recordings with a model's encoders.

    Parameters
    ----------
    model : Runtime
        With an encoder for each of its streams, which are among ``audio``, ``visual`` and ``text``.
    detector : str
        Face detector, see `avaffect.face.create_detector`; not used by a model without ``visual``.
    detection_interval : float
        Seconds between two searches of the whole picture for faces, while those that are known are in sight.
    min_face : float or None
        Smallest face with which a person is found, in pixels. None: what the detector does by default.

    Raises
    ------
    ModelError
        If the model cannot read recordings, or there is no such detector.
    AvaffectError
        If an option is out of its range.
    """

    def __init__(
        self,
        model: Runtime,
        *,
        detector: str = "mtcnn",
        detection_interval: float = DETECTION_INTERVAL,
        min_face: float | None = None,
    ) -> None:
        _check_model(model.spec)
        _check_tracking(detection_interval, min_face)
        self.model, self.spec = model, model.spec
        self.timeline = Timeline(model.spec.tick_rate)
        self.detection_interval = detection_interval
        options = {} if min_face is None else {"min_face": min_face}
        self.detector = create_detector(detector, **options) if "visual" in model.spec.streams else None

    def read(
        self,
        frames: Iterator[Frame] | None,
        audio: Iterator[AudioBlock] | None,
        timing: Timing | None = None,
        reference: float | None = None,
        transcript: Transcript | None = None,
        told: Callable[[float], None] | None = None,
    ) -> RecordingStreams:
        """The streams of a recording.

        Frames go through four threads: they are decoded; their cuts are found, and searches for faces
        begun; faces are followed; and encoded. The sound is read in a fifth.

        Parameters
        ----------
        frames : iterator of Frame or None
            In order of time.
        audio : iterator of AudioBlock or None
            16 kHz mono, in order of time, on the same clock.
        timing : Timing, optional
            Gets the seconds of "decode", "face", "encode", "voice" and "text".
        reference : float, optional
            Level in bels to which the voice is taken relative; by default the recording's own.
        transcript : Transcript, optional
            What is said; passed over by a model without a text stream.
        told : callable, optional
            Called with the time of each frame, in seconds, once it is done.
        """
        timing = timing or Timing()
        tracker = None
        if self.detector is not None:
            tracker = FaceTracker(self.detector, detection_interval=self.detection_interval)
        reader = VisualStreamReader(tracker, self.model.encode_faces, self.timeline)
        with alongside(lambda: self._read_audio(audio, timing, reference)) as voice:
            with (
                ahead(timing.each("decode", frames or ()), _SHOWN, _AT_ONCE) as decoded,
                ahead(timing.each("face", reader.shown(decoded)), _SHOWN, _AT_ONCE) as shown,
                ahead(timing.each("face", reader.follow(shown)), _ROOM, _AT_ONCE) as looks,
            ):
                for pts, found in looks:
                    with timing.measure("encode"):
                        reader.take(found)
                    if told is not None:
                        told(pts)
            with timing.measure("encode"):
                visual = reader.finish()
            heard = voice()
        streams = RecordingStreams(visual, heard, self.spec, self._read_text(transcript, timing))
        give_back_if_long(streams.ticks / self.spec.tick_rate)
        return streams

    def read_cut_faces(
        self,
        times: np.ndarray,
        with_face: Sequence[int],
        read: Callable[[int], np.ndarray | None],
        audio: Iterator[AudioBlock] | None,
        transcript: Transcript | None = None,
    ) -> RecordingStreams:
        """The streams of one person whose faces are cut already; see `cut_face_stream`."""
        visual = cut_face_stream(times, with_face, read, self.model.encode_faces, self.timeline)
        heard = self._read_audio(audio, Timing())
        return RecordingStreams(visual, heard, self.spec, self._read_text(transcript, Timing()))

    def _read_audio(
        self, blocks: Iterator[AudioBlock] | None, timing: Timing, reference: float | None = None
    ) -> AudioStream | None:
        if blocks is None:
            return None
        heard = audio_stream(blocks, self.model, self.timeline, timing, reference)
        if heard is not None:
            give_back_if_long(heard.duration)
        return heard

    def _read_text(self, transcript: Transcript | None, timing: Timing) -> TextStream | None:
        if transcript is None or "text" not in self.spec.streams:
            return None
        with timing.measure("text"):
            return text_stream(transcript, self.model, self.timeline)


def _check_model(spec: Spec) -> None:
    unknown = set(spec.streams) - {"audio", "visual", "text"}
    if unknown:
        raise ModelError(
            f"{spec.name} has the stream {min(unknown)!r}, which cannot be read from a recording; "
            "expected a model with streams among audio, visual and text"
        )
    if not spec.reads_media:
        missing = next(name for name, stream in spec.streams.items() if stream.encoder is None)
        raise ModelError(
            f"{spec.name} has no encoder for the stream {missing!r}: it was trained on stored features and "
            "cannot read recordings; train it again with encoders=MODEL, the model that made the store"
        )


def _check_tracking(detection_interval: float, min_face: float | None) -> None:
    if not 0 < detection_interval < float("inf"):
        raise AvaffectError(
            f"detection_interval={detection_interval}: expected seconds above 0, "
            f"such as {DETECTION_INTERVAL} (the default)"
        )
    if min_face is not None and not SMALLEST_FACE <= min_face < float("inf"):
        raise AvaffectError(
            f"min_face={min_face}: expected pixels, at least {SMALLEST_FACE}; leave it out for the default"
        )
