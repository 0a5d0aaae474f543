"""Feature extraction: run the encoders over every recording of a corpus and write a feature store."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AvaffectError, DataError
from ..files import replacing
from ..progress import Hook, silent
from ..registry import load_plugins, loaded_plugins
from ..streams.timeline import Timeline
from . import open_corpus
from .base import FeatureCorpus, Features, Recording
from .ratings import check_fit, label_ticks
from .splits import shared_subjects
from .store import Meta, file_of, inspect, write

if TYPE_CHECKING:
    from .encode import Encoders

ERRORS = "errors.csv"


@dataclass(frozen=True)
class Job:
    """The arguments of `extract`, as a worker process needs them."""

    corpus: str
    path: Path
    out: Path
    model: str
    detector: str = "mtcnn"
    options: dict[str, Any] = field(default_factory=dict)
    plugins: tuple[str, ...] = field(default_factory=loaded_plugins)


@dataclass
class Report:
    """The outcome for each recording.

    Attributes
    ----------
    done, skipped : list of str
        Names of the recordings extracted now, and of those that were there already.
    errors : dict of str to str
        By name, why a recording failed.
    labelled : dict of str to float
        By name, the share of the ticks of a recording extracted now in which any target is labelled.
    notes : list of str
        What a reader of the store should know, one line each.
    """

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    labelled: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def extract(
    corpus: str,
    path: str | Path,
    out: str | Path,
    *,
    model: str | Path = "hgrjca.default",
    workers: int = 1,
    detector: str = "mtcnn",
    hook: Hook = silent,
    **options: Any,
) -> Report:
    """Extract features and labels of all recordings of a corpus.

    A recording is skipped if its file was made from the same ratings, options and encoders, so a stopped job
    continues where it was. If only ratings, options or splits have changed, its features are kept and its
    labels are made again. A recording that fails does not stop the others; it is listed in
    ``OUT/errors.csv``, which every run writes anew.

    Parameters
    ----------
    corpus : str
        One of `avaffect.corpus.list_corpora()`.
    path, out : path
        The corpus, and the folder of the feature store.
    model : str or Path
        Name or folder of the model whose encoders are used. Not used for corpora that hold features.
    workers : int
        Number of processes, each with one thread. With 1, the calling process does all the work.
    detector : str
        Face detector.
    hook : callable
        Called after each recording with its name, the number of recordings done, and the number in all
        (`avaffect.progress.Hook`).
    **options
        Keyword arguments of the corpus's class.

    Raises
    ------
    AvaffectError
        If the corpus or the model is not there, or the folder cannot be written to.
    """
    if workers < 1:
        raise DataError(f"workers={workers}: expected at least 1")
    job = Job(corpus, Path(path), Path(out), str(model), detector, options)
    worker = _Worker(job)  # a wrong corpus or model is an error before any work
    names = [recording.name for recording in worker.corpus.recordings]
    report = Report(skipped=[name for name in names if worker.is_done(name)])
    report.notes += shared_subjects(worker.corpus.recordings)
    finished = set(report.skipped)
    with _executor(job, workers) as executor:
        run = worker if workers == 1 else _run
        futures = {executor.submit(run, name): name for name in names if name not in finished}
        for number, future in enumerate(as_completed(futures), start=len(finished) + 1):
            name = futures[future]
            error = future.exception()
            if error is None:
                report.done.append(name)
                report.labelled[name], note = future.result()
                report.notes += [note] if note else []
            else:
                report.errors[name] = _one_line(error)
            hook(name, number, len(names))
    _write_errors(job.out, report.errors)
    return report


class _Worker:
    """The corpus and the encoders, opened once in each process; called with a recording's name."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.corpus = open_corpus(job.corpus, job.path, **job.options)
        self.encoders: Encoders | None = None
        if not isinstance(self.corpus, FeatureCorpus):
            from .encode import Encoders

            self.encoders = Encoders(job.model, detector=job.detector)

    def meta(self, name: str) -> Meta:
        """The metadata that the recording's file is to have."""
        recording = self.corpus[name]
        return Meta(
            name=name,
            subject=recording.subject,
            split=recording.split,
            corpus=self.corpus.name,
            targets=self.corpus.targets,
            tick_rate=self.timeline.tick_rate,
            encoders=self.encoders.hash if self.encoders else "",
            ratings=_digest(self.corpus.rating_files(recording)),
            options=self.job.options,
        )

    @property
    def timeline(self) -> Timeline:
        """The model's ticks, or those of a corpus that holds features."""
        if isinstance(self.corpus, FeatureCorpus):
            return Timeline(self.corpus.tick_rate)
        assert self.encoders is not None
        return self.encoders.timeline

    def is_done(self, name: str) -> bool:
        """Whether the recording's file is there, with the metadata that it would get now."""
        path = file_of(self.job.out, name)
        try:
            return path.is_file() and inspect(path).meta.to_json() == self.meta(name).to_json()
        except DataError:
            return False

    def __call__(self, name: str) -> tuple[float, str | None]:
        """Write the recording's file; the share of its ticks that are labelled, and a note."""
        recording = self.corpus[name]
        ratings = self.corpus.ratings(recording)  # first: wrong labels cost no encoding
        features = self._stored(name) or self._encoded(recording)
        note = check_fit(ratings, len(features) / self.timeline.tick_rate, f"labels of {name}")
        labels, labelled = label_ticks(ratings, self.corpus.targets, self.timeline, len(features))
        # Encoders' outputs are of order one. A corpus's own features may have any scale: they stay float32.
        half = self.encoders is not None
        write(self.job.out, self.meta(name), features, labels, labelled, half=half)
        return float(np.isfinite(labels).any(axis=1).mean()) if len(labels) else 0.0, note

    def _encoded(self, recording: Recording) -> Features:
        if isinstance(self.corpus, FeatureCorpus):
            return self.corpus.features(recording)
        assert self.encoders is not None
        return self.encoders(recording)

    def _stored(self, name: str) -> Features | None:
        """Features of an earlier run, if the encoders are still the same; None otherwise."""
        path = file_of(self.job.out, name)
        if self.encoders is None or not path.is_file():
            return None
        try:
            stored = inspect(path)
        except DataError:
            return None
        return stored.features() if stored.meta.encoders == self.encoders.hash else None


_worker: _Worker | None = None


def _start(job: Job) -> None:
    """Start a worker process. It uses one thread, since there may be as many processes as cores."""
    global _worker
    import cv2
    import torch

    load_plugins(job.plugins)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _worker = _Worker(job)


def _run(name: str) -> tuple[float, str | None]:
    assert _worker is not None
    return _worker(name)


@contextmanager
def _executor(job: Job, workers: int) -> Iterator[Executor]:
    """One thread of this process, or several spawned processes; on exit, work not begun is cancelled."""
    executor: Executor
    if workers == 1:
        executor = ThreadPoolExecutor(1)
    else:
        context = get_context("spawn")
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(job,))
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _one_line(error: BaseException) -> str:
    if isinstance(error, AvaffectError):
        return str(error)
    if isinstance(error, BrokenProcessPool):
        return "a worker process ended abruptly (out of memory?); run the command again with fewer workers"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _digest(paths: list[Path]) -> str:
    """SHA-256 over the contents of files; "" without any."""
    if not paths:
        return ""
    parts = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
        parts.append(_file_digest(path, stat.st_mtime_ns, stat.st_size))
    return hashlib.sha256(b"".join(parts)).hexdigest()


@lru_cache(maxsize=256)  # one csv, or one npz, may hold the ratings of all recordings
def _file_digest(path: Path, _changed: int, _size: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _write_errors(out: Path, errors: dict[str, str]) -> None:
    path = out / ERRORS
    if not errors:
        path.unlink(missing_ok=True)
        return
    out.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("recording", "error"), *errors.items()])
