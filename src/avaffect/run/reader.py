"""Reading one recording after the other into files, by a model that is loaded once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ..errors import AvaffectError
from ..outputs import State, Target
from ..predict import load
from ..predict.context import Context
from ..progress import Hook
from ..record import Record
from ..trace import Trace, read_trace
from .job import Job, Outcome
from .write import write


class Reader:
    """Reads recordings and writes all that is asked for of each.

    Parameters
    ----------
    job : Job

    Raises
    ------
    AvaffectError
        If there is no such model, or an option is out of its range.
    """

    def __init__(self, job: Job) -> None:
        torch.set_num_threads(job.threads)
        self.job = job
        self.predictor = load(job.model, **job.options)

    def settings(self, target: Target, context: Context) -> dict[str, Any]:
        """All that a recording's results depend on beside its content."""
        return self.predictor.settings_with(target.source, self.job.transcript) | context.settings

    def __call__(self, target: Target, context: Context, hook: Hook) -> Outcome:
        """Read one recording and write everything asked for.

        Raises
        ------
        AvaffectError
            If it cannot be read, or a result not be written. What can be written is there all the same.
        """
        settings = self.settings(target, context)
        earlier = _stored(target, settings)
        with target.begun(settings, overwrite=self.job.overwrite) as record:
            trace = earlier or self.predictor.process_file(
                target.source, hook, context, transcript=self.job.transcript
            )
            outputs = _written(trace, target, record, hook)
        return Outcome(trace.summary(), trace.describe(), outputs)


def _stored(target: Target, settings: dict[str, Any]) -> Trace | None:
    """The trace that a stopped run has finished: then only the rest is to be made."""
    record, (table,) = target.record, target.paths("parquet")
    if record is None or "parquet" in target.kinds or not record.is_finished(table):
        return None
    state, _ = target.state(settings)
    return read_trace(table) if state is State.UNFINISHED else None


def _written(trace: Trace, target: Target, record: Record, hook: Hook) -> tuple[Path, ...]:
    """Write the results, each noted in the record once it is there."""
    written: list[Path] = []
    first: AvaffectError | None = None
    for kind in target.kinds:
        paths = target.paths(kind)
        if kind == "video" and trace.table["frame"].isna().all():
            record = record.with_absent(*paths)
        else:
            try:
                write(kind, trace, target.source, paths[0], hook)
            except AvaffectError as error:  # what can be written is
                first = first or error
                continue
            record = record.with_finished(*paths)
            written.append(paths[0])
        record.write(target.record_path)
    if first is not None:
        raise first
    return tuple(written)
