"""Causal reading: what a model says of a tick from what was seen and heard until then.

A tick is read as the last one of a recording of the latest half minute. So masks, speakers and gates follow
the same rules as in whole recordings; but nothing that comes later is known. With a ``lag`` a tick is given
so many ticks later, and what came in between counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..errors import AvaffectError, ModelError
from ..face import FaceTracker
from ..media import Frame
from ..predict import Predictor
from ..predict.frame_table import Reading, person_rows
from ..predict.together import Clip, slide_all
from ..streams.assemble import PersonStreams, RecordingStreams
from ..streams.person import Person
from ..trace.columns import GATES
from .faces import FaceReader, View
from .people import People
from .sound import SoundReader, boundary, spectrum
from .tick import PersonTick
from .usual_level import UsualLevel

PAST = 24.0
"""Seconds that are kept in detail, at least; of what was before, looks and the level of the voice count."""

STEP = 4.0
"""Seconds that are let go of at once: a whole number of ticks, samples, frames and chunks of speech alike."""


LAG = 0.0
"""Seconds by which ticks are read later than they could be, unless asked for."""

LONGEST_LAG = 5.0
"""Seconds; with more, reading the recording afterwards serves better."""


class Heard(NamedTuple):
    """The sound of a tick: its samples at 16 kHz, and whether there was any."""

    samples: np.ndarray
    present: bool


@dataclass(frozen=True)
class Read:
    """What was read at one tick: people, the probability of speech, and the number of the picture."""

    index: int
    people: tuple[PersonTick, ...]
    speech: float
    frame: int | None


class CausalReader:
    """Reads a recording tick by tick.

    Parameters
    ----------
    predictor : Predictor
        Its model, its face detector and its options are used.
    lag : float
        Seconds, rounded to ticks.
    reference : float, optional
        Level in bels to which the voice is taken relative; by default that of the speech so far.

    Raises
    ------
    ModelError
        If the model reads words, or its ticks do not fit into `STEP` seconds.
    AvaffectError
        If the lag is out of its range.
    """

    def __init__(self, predictor: Predictor, *, lag: float = LAG, reference: float | None = None) -> None:
        spec, reader = predictor.spec, predictor.reader
        if not 0 <= lag <= LONGEST_LAG:
            raise AvaffectError(f"lag={lag}: expected seconds from 0 to {LONGEST_LAG:g}")
        if "text" in spec.streams:
            raise ModelError(
                f"{spec.name} reads words, which are not there at once; give a model of face and voice"
            )
        self._step = round(STEP * spec.tick_rate)
        if abs(self._step - STEP * spec.tick_rate) > 1e-9:
            raise ModelError(
                f"{spec.name} has {spec.tick_rate:g} ticks a second; expected a whole number in {STEP:g} s"
            )
        self._predictor, self._spec, self._timeline = predictor, spec, predictor.timeline
        self._lag, self._reference = round(lag * spec.tick_rate), reference
        self._window = round(spec.window * spec.tick_rate)
        self._most = round(PAST * spec.tick_rate) + self._step
        tracker = None
        if reader.detector is not None:
            tracker = FaceTracker(reader.detector, detection_interval=reader.detection_interval)
        self._faces = FaceReader(tracker, predictor.model.encode_faces, self._timeline)
        self._people = People(self._timeline)
        self._sound: SoundReader | None = None
        self._level: UsualLevel | None = None  # of the speech before a pause
        self._lead = spectrum(spec).padding
        self._frames: list[int | None] = []  # number of the picture by tick since `People.first`
        self._ticks = 0

    def look(self, frame: Frame) -> View:
        """The faces of a picture; pictures come in the order of their times, at most one a tick."""
        return self._faces.look(frame)

    def boundary(self, tick: int) -> int:
        """Samples of the recording that the sound of all ticks up to this one takes."""
        return boundary(tick, self._timeline, self._lead)

    def step(self, view: View | None, heard: Heard | None, *, give: bool = True) -> Read | None:
        """Take what was seen and heard at the next tick, and read the tick that is ``lag`` ticks back.

        Parameters
        ----------
        view : View or None
            None without a picture.
        heard : Heard or None
            None as long as the recording has no sound at all; after that there always is some.
        give : bool
            False takes it only, which costs less: nothing is read.

        Returns
        -------
        Read or None
            None for the first ``lag`` ticks, and where nothing is to be given.
        """
        self._people.add(self._ticks, view)
        self._frames.append(None if view is None else view.number)
        if heard is not None:
            self._listen(heard)
        self._ticks += 1
        read = self._read(self._ticks - 1 - self._lag) if give else None
        if self._ticks - self._people.first >= self._most:
            self._people.forget(self._step)
            del self._frames[: self._step]
            if self._sound is not None:
                self._sound.forget(self._step)
        return read

    def finish(self) -> Iterator[Read]:
        """The last ``lag`` ticks, with less that comes after them."""
        for index in range(max(0, self._ticks - self._lag), self._ticks):
            read = self._read(index)
            if read is not None:
                yield read

    def restart(self, tick: int) -> None:
        """Go on at a later tick, after a pause for which nothing is read."""
        if self._sound is not None:
            self._sound.forget(len(self._sound))
            self._level = self._sound.level
            self._sound = None
        self._people.restart(tick)
        self._frames.clear()
        self._ticks = tick

    def _listen(self, heard: Heard) -> None:
        if self._sound is None:
            self._sound = SoundReader(self._predictor.model, self._timeline, self._reference, self._level)
            before = self._ticks - self._people.first
            if before:  # silence up to here
                count = self.boundary(before - 1)
                self._sound.push(np.zeros(count, np.float32), np.zeros(before, bool))
        self._sound.push(heard.samples, np.array([heard.present]))

    def _read(self, index: int) -> Read | None:
        """What is known of a tick by now."""
        first, ticks = self._people.first, self._ticks - self._people.first
        at = index - first
        if at < 0:
            return None
        audio = None if self._sound is None else self._sound.stream()
        recording = RecordingStreams(self._people.stream(ticks), audio, self._spec)
        begin = max(0, ticks - self._window)
        there: list[tuple[Person | None, PersonStreams]] = []
        for person in self._reported(recording, at):
            streams = recording.of(person, (begin, ticks))
            if person is not None or any(mask[at - begin] for mask in streams.masks.values()):
                there.append((person, streams))
        speech = None if audio is None else audio.speech_at(ticks)
        people = tuple(self._run(there, at, ticks - begin, speech))
        said = float("nan") if speech is None else float(speech[at])
        return Read(index, people, said, self._frames[at])

    def _reported(self, recording: RecordingStreams, at: int) -> list[Person | None]:
        """Who is in view at a tick, and last nobody."""
        people = []
        for person in recording.people:
            first, stop = recording.span(person)
            if first <= at < stop:
                people.append(person)
        if self._predictor.people == "main":
            people = [person for person in people if person is self._people.main]
        return [*sorted(people, key=lambda person: person.track), None]

    def _run(
        self,
        there: list[tuple[Person | None, PersonStreams]],
        at: int,
        ticks: int,
        speech: np.ndarray | None,
    ) -> Iterator[PersonTick]:
        """The network over everybody's window of ``ticks`` ticks at once."""
        clips = [Clip(streams.read, streams.masks) for _, streams in there]
        time = np.array([self._timeline.centre(at)])
        for (person, streams), out in zip(there, slide_all(self._predictor.model, clips, ticks), strict=True):
            box, confidence = (None, np.nan) if person is None else self._people.face(person, at)
            reading = Reading(
                out.values, streams.masks, out.gates, streams.speaking, streams.first, streams.quality
            )
            row = person_rows(
                reading,
                self._spec,
                self._timeline,
                time,
                speech,
                np.array([box is not None]),
            )
            yield _person_tick(person, row, box, confidence)


def _person_tick(
    person: Person | None, row: dict[str, np.ndarray], box: np.ndarray | None, confidence: float
) -> PersonTick:
    values = {
        f"{target}{end}": float(row[f"{target}{end}"][0])
        for target in ("valence", "arousal")
        for end in ("", "_lo", "_hi")
    }
    x1, y1, x2, y2 = (float(value) for value in (box if box is not None else (0, 0, 0, 0)))
    return PersonTick(
        None if person is None else person.track,
        **values,
        source=row["source"][0],
        confidence=float(confidence),
        box=None if box is None else (x1, y1, x2, y2),
        speaking=float(row["speaking"][0]),
        gates={name: float(row[name][0]) for name in GATES},
    )
