"""The extraction of one recording after the other: a corpus and the encoders, opened once in a process."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..record import Source
from ..registry import loaded_plugins
from ..streams.timeline import Timeline
from . import open_corpus
from .base import FeatureCorpus, Features, Recording
from .ratings import check_fit, label_ticks
from .store import Meta, file_of, inspect, is_foreign, write

if TYPE_CHECKING:
    from .encode import Encoders


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


@dataclass(frozen=True)
class Extracted:
    """A recording that is stored: the share of its ticks that are labelled, and a note."""

    labelled: float = 0.0
    note: str | None = None


class Worker:
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
            media=_media_digest(recording) if self.encoders else _path_digest(self.job.path),
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
        except Exception:  # noqa: BLE001 - what is wrong is said when its turn comes
            return False

    def __call__(self, name: str) -> Extracted:
        """Extract a recording and write its file.

        Raises
        ------
        Exception
            Whatever an odd recording brings to light.
        """
        recording, meta = self.corpus[name], self.meta(name)
        ratings = self.corpus.ratings(recording)  # first: wrong labels cost no encoding
        features = self._stored(meta) or self._encoded(recording)
        note = check_fit(ratings, len(features) / self.timeline.tick_rate, f"labels of {name}")
        labels, labelled = label_ticks(ratings, self.corpus.targets, self.timeline, len(features))
        # Encoders' outputs are of order one. A corpus's own features may have any scale: they stay float32.
        half = self.encoders is not None
        write(self.job.out, meta, features, labels, labelled, half=half)
        return Extracted(float(np.isfinite(labels).any(axis=1).mean()) if len(labels) else 0.0, note)

    def _encoded(self, recording: Recording) -> Features:
        if isinstance(self.corpus, FeatureCorpus):
            return self.corpus.features(recording)
        assert self.encoders is not None
        return self.encoders(recording)

    def _stored(self, meta: Meta) -> Features | None:
        """Features of an earlier run, if the encoders are still the same; None otherwise.

        Raises
        ------
        DataError
            If the file of that name was made from another recording, or is no file of a store.
        """
        path = file_of(self.job.out, meta.name)
        if not path.exists():
            return None
        if is_foreign(path):
            raise DataError(f"{path}: is there and is no file of a feature store; choose another folder")
        try:
            stored = inspect(path)
        except DataError:  # damaged, or of an earlier layout: made again
            return None
        if self._is_another(stored.meta, meta):
            raise DataError(
                f"{path}: holds another recording of that name, or the recording has changed;"
                " choose another folder, or delete this file"
            )
        same = self.encoders is not None and stored.meta.encoders == self.encoders.hash
        return stored.features() if same else None

    def _is_another(self, theirs: Meta, ours: Meta) -> bool:
        """Whether a file was made from a recording that only has the same name."""
        if theirs.corpus != ours.corpus or self.encoders is not None:
            return (theirs.corpus, theirs.media) != (ours.corpus, ours.media)
        # A corpus of features is another where it lies elsewhere and its content is not known to be the same.
        return theirs.media != ours.media and (theirs.ratings != ours.ratings or not ours.ratings)


def _media_digest(recording: Recording) -> str:
    """SHA-256 over size and beginning of the recording's media files; "" without any."""
    paths = {path for path in (recording.video, recording.audio) if path is not None}
    sources = [Source.of(path) for path in sorted(paths)]
    if not sources:
        return ""
    return hashlib.sha256(" ".join(f"{source.size} {source.head}" for source in sources).encode()).hexdigest()


def _path_digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()


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
