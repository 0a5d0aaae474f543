"""The causal reading of whole recordings: what a stream of the same pictures and sound gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ..address import Place
from ..arguments import checks_types
from ..errors import DataError, MediaError
from ..face.track import DETECTION_INTERVAL
from ..media import AudioBlock, Frame
from ..predict import Predictor
from ..predict.context import Context, ContextOptions
from ..progress import Hook
from ..spec import TARGETS
from ..streams.recording_rows import recording_rows
from ..streams.timing import Timing
from ..streams.visual import VisualStream
from ..trace import Trace
from ..transcript import Transcript
from ..voice import SpeechLevel
from .faces import View
from .intake import Intake, Moment
from .reader import LAG, CausalReader, Read
from .record import Recorder
from .tick import Tick

RELATIVE = [f"{target}_rel" for target in TARGETS]


@checks_types
class CausalPredictor(Predictor):
    """Reads recordings as a `StreamingPredictor` would: each tick from what was seen and heard until then.

    Use it to learn what a stream would have given, or to compare causal values with those that know what
    comes. A picture's row has what was read at its tick.

    Parameters
    ----------
    reference, people, detector, detection_interval, min_face, audio_track, audio_channel
        As for `Predictor`.
    lag : float
        As for `StreamingPredictor`.

    Raises
    ------
    ModelError
        As for `Predictor`.
    AvaffectError
        If an option is out of its range.
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
        lag: float = LAG,
    ) -> None:
        super().__init__(
            reference,
            people=people,
            detector=detector,
            detection_interval=detection_interval,
            min_face=min_face,
            audio_track=audio_track,
            audio_channel=audio_channel,
        )
        CausalReader(self, lag=lag)  # says what does not go
        self.lag = lag
        self._meta |= {"causal": True, "lag": lag}

    def contexts(
        self,
        paths: Sequence[str | Place],
        hook: Hook | None = None,
        measure: Callable[[Place], SpeechLevel] | None = None,
        **known: Unpack[ContextOptions],
    ) -> dict[Place, Context]:
        """As of `Predictor`; without ``same_setup``, which reads whole recordings before.

        Raises
        ------
        DataError
            As of `Predictor`, or if ``same_setup`` is given.
        """
        if known.get("same_setup"):
            raise DataError(
                "same_setup measures the voice over whole recordings, causal reading knows no more than what"
                " was; leave one of them out"
            )
        return super().contexts(paths, hook, measure, **known)

    def process_file(
        self,
        path: str | Place,
        hook: Hook | None = None,
        context: Context | None = None,
        *,
        transcript: str | Path | Transcript | None = None,
    ) -> Trace:
        """As of `Predictor`; values relative to a baseline are there from its end on."""
        trace = super().process_file(path, hook, context, transcript=transcript)
        table = trace.table
        for span in () if context is None else context.baseline:
            early = table.index.get_level_values("start") < span.end
            if span.track is not None:
                early &= (table["track"] == span.track).to_numpy(dtype=bool, na_value=False)
            table.loc[early, RELATIVE] = np.nan
        return Trace(table, meta=trace.meta)

    def _process(
        self,
        name: str,
        frames: Iterator[Frame] | None,
        audio: Iterator[AudioBlock] | None,
        duration: float | None,
        hook: Hook,
        reference: float | None = None,
        transcript: Transcript | None = None,
        timing: Timing | None = None,
    ) -> Trace:
        reading = _Reading(self, reference, timing or Timing())
        for time in reading.read(frames, audio):
            hook(name, time, duration)
        if duration:
            hook(name, duration, duration)
        table = reading.table(name)
        if table.empty:
            raise MediaError(f"{name} holds neither frames nor sound")
        end = float(table.index.get_level_values("end").max())
        about: dict[str, Any] = {} if reference is None else {"reference_level": reference}
        seconds = reading.timing.seconds
        return Trace(table, meta={**self.meta, "duration": end, "seconds": seconds, **about})


class _Reading:
    """One recording that is read tick by tick."""

    def __init__(self, predictor: CausalPredictor, reference: float | None, timing: Timing) -> None:
        self.timing = timing
        self._timeline = predictor.timeline
        self._reader = CausalReader(predictor, lag=predictor.lag, reference=reference)
        self._intake = Intake(predictor.timeline, self._look, self._reader.boundary, patience=float("inf"))
        self._record = Recorder(predictor.timeline)
        self._times: list[float] = []
        self._numbers: list[int] = []
        self._duration = 0.0  # of the latest picture
        self._heard: list[bool] = []  # by tick

    def read(self, frames: Iterator[Frame] | None, audio: Iterator[AudioBlock] | None) -> Iterator[float]:
        """Read all; gives the seconds up to which that is done."""
        pictures, blocks = self.timing.each("decode", frames or ()), self.timing.each("decode", audio or ())
        frame, block = next(pictures, None), next(blocks, None)
        while frame is not None or block is not None:
            if frame is None:
                self._intake.end_frames()
            if block is None:
                self._intake.end_samples()
            if frame is not None and (block is None or frame.pts <= block.start):
                self._times.append(frame.pts)
                self._numbers.append(frame.index)
                self._duration = frame.duration
                self._take(self._intake.frame(frame.image, frame.pts, 0.0))
                frame = next(pictures, None)
            elif block is not None:
                self._take(self._intake.samples(block.samples, block.start, 0.0))
                block = next(blocks, None)
            yield self._intake.tick / self._timeline.tick_rate
        self._take(self._intake.finish())
        for read in self._reader.finish():
            self._keep(read)

    def table(self, name: str) -> pd.DataFrame:
        """One row a picture and person, and one a tick where sound goes on without pictures."""
        times, numbers = np.asarray(self._times, dtype=float), np.asarray(self._numbers, dtype=int)
        ends = VisualStream(times, numbers, [], self._duration).ends(self._timeline)
        heard = np.asarray(self._heard, dtype=bool)
        if not len(times):
            heard[:] = heard.any()  # alone it has a row in its gaps too
        rows = recording_rows(times, ends, heard, self._timeline)
        return self._record.rows(name, rows.times, rows.ends, np.append(numbers, -1)[rows.pictures])

    def _look(self, frame: Frame) -> View:
        with self.timing.measure("face"):
            return self._reader.look(frame)

    def _take(self, moments: Iterator[Moment]) -> None:
        for moment in moments:
            self._heard.append(moment.heard is not None and moment.heard.present)
            with self.timing.measure("model"):
                read = self._reader.step(moment.view, moment.heard)
            if read is not None:
                self._keep(read)

    def _keep(self, read: Read) -> None:
        rate = self._timeline.tick_rate
        self._record.add(
            Tick(read.index, read.index / rate, (read.index + 1) / rate, read.people, read.speech)
        )
