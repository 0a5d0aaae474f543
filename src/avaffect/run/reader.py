"""Reading one recording after the other into files, by a model that is loaded once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from ..address import Place
from ..batch import attempt
from ..copies import fetched, written
from ..errors import AvaffectError, DataError, MediaError
from ..outputs import State, Target
from ..predict import Predictor, load
from ..predict.context import Context
from ..progress import Hook
from ..record import Record
from ..registry import load_plugins
from ..session import set_device, set_threads
from ..storage import each
from ..trace import Trace, read_trace
from ..trace.meta import models
from ..voice import NO_SPEECH, SpeechLevel
from .figures import figures
from .job import AskContexts, AskLevel, AskStates, Job, Known, Left, Outcome, Read
from .write import write

log = logging.getLogger(__name__)


class Reader:
    """Answers what a run asks of the process that holds the model; it has so many threads as the job says.

    Parameters
    ----------
    job : Job

    Raises
    ------
    AvaffectError
        If there is no such model, or an option is out of its range.
    """

    def __init__(self, job: Job) -> None:
        load_plugins(job.plugins)
        set_threads(job.threads)
        set_device(job.device)
        cv2.setNumThreads(job.threads)
        self.job = job
        self.predictor: Predictor = _make(job)(job.model, **job.options)

    def __call__(self, request: AskContexts | AskLevel | AskStates | Read, hook: Hook) -> Any:
        """The answer to a request; for a recording that fails an `AvaffectError` in its place.

        Raises
        ------
        AvaffectError
            If an option of `AskContexts` is not as described.
        """
        match request:
            case AskContexts():
                return self._contexts(request)
            case AskLevel(source):
                return attempt(self.predictor.level, source, source)
            case AskStates(targets, contexts):
                pairs = zip(targets, contexts, strict=True)
                return each(lambda pair: self._state(*pair), pairs, remote=any(t.is_remote for t in targets))
            case Read(target, context):
                return attempt(lambda one: self._read(one, context, hook), target, target.source)

    def _contexts(self, request: AskContexts) -> Known:
        unmeasured: list[Place] = []

        def level(path: Place) -> SpeechLevel:
            if request.levels is None:
                unmeasured.append(path)
            return (request.levels or {}).get(path, NO_SPEECH)

        return Known(
            self.predictor.contexts(request.paths, measure=level, **request.options), tuple(unmeasured)
        )

    def _settings(self, target: Target, context: Context) -> dict[str, Any]:
        """All that a recording's results depend on beside its content."""
        return self.predictor.settings_with(target.source, self.job.transcript) | context.settings

    def _state(self, target: Target, context: Context) -> Left:
        record = target.record
        try:
            state, left = target.state(self._settings(target, context))
        except (DataError, MediaError):  # it cannot be read: told when its turn comes
            return Left(State.NEW, target, None)
        return Left(state, left, None if record is None else record.figures)

    def _read(self, target: Target, context: Context, hook: Hook) -> Outcome:
        """Read one recording and write everything asked for; what can be written is there in any case."""
        settings = self._settings(target, context)
        _tell_replaced(target, settings)
        target, earlier = _stored(target, settings)
        known: dict[str, Any] = {} if context == Context() else {"context": context}
        if self.job.transcript is not None:
            known["transcript"] = self.job.transcript
        with (
            target.begun(settings, overwrite=self.job.overwrite) as record,
            fetched(target.source) as file,
        ):
            trace = earlier or self.predictor.process_file(target.source, hook, **known)
            summary = trace.summary()
            line = figures(summary)
            outputs = _written(trace, file, target, replace(record, figures=line), hook)
        return Outcome(summary, line, trace.describe(), outputs)


def _make(job: Job) -> Callable[..., Predictor]:
    """What makes the predictor of a job."""
    if "lag" not in job.options:
        return load
    from ..live import CausalPredictor  # few need it, and each process would load it

    return CausalPredictor


def _tell_replaced(target: Target, settings: Mapping[str, Any]) -> None:
    """Log that results of another model are replaced: once for a folder, however many recordings it has."""
    record = target.record
    if record is None or not any(record.is_finished(target.base.with_name(name)) for name in record.outputs):
        return
    made = models([record.settings, settings])
    if len(made) == 2:
        old, new = made
        log.warning("%s: results of %s are replaced by those of %s", target.base.parent, old, new)


def _stored(target: Target, settings: dict[str, Any]) -> tuple[Target, Trace | None]:
    """What is to be made, and the trace that a stopped run has finished; a damaged one is made again."""
    record, (table,) = target.record, target.paths("parquet")
    if record is None or "parquet" in target.kinds or not record.is_finished(table):
        return target, None
    state, _ = target.state(settings)
    if state is not State.UNFINISHED:
        return target, None
    try:
        with fetched(table) as file:
            return target, read_trace(file)
    except DataError:
        return replace(target, kinds=("parquet", *target.kinds)), None


def _written(trace: Trace, source: Path, target: Target, record: Record, hook: Hook) -> tuple[Place, ...]:
    """Write the results, each noted in the record once it is there."""
    done: list[Place] = []
    first: AvaffectError | None = None
    for kind in target.kinds:
        paths = target.paths(kind)
        if kind == "video" and trace.table["frame"].isna().all():
            record = record.with_absent(*paths)
        else:
            try:
                with written(paths) as files:
                    write(kind, trace, source, files[0], hook)
            except AvaffectError as error:  # what can be written is
                first = first or error
                continue
            record = record.with_finished(*paths)
            done.append(paths[0])
        record.write(target.record_path)
    if first is not None:
        raise first
    return tuple(done)
