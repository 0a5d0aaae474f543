"""Many recordings, one after the other: the part of `Predictor` that knows lists and folders."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Unpack

from .. import media
from ..address import Place, absolute, place
from ..arguments import checks_types
from ..batch import attempt_each
from ..errors import AvaffectError, DataError, MediaError
from ..progress import Hook, silent
from ..trace import Trace
from .context import Context, ContextOptions

log = logging.getLogger(__name__)


@checks_types
class ManyFiles(ABC):
    """Reads many recordings by what reads one."""

    @abstractmethod
    def process_file(
        self, path: str | Place, hook: Hook | None = None, context: Context | None = None
    ) -> Trace:
        """The trace of one recording."""

    @abstractmethod
    def contexts(
        self, paths: Sequence[str | Place], hook: Hook | None = None, **known: Unpack[ContextOptions]
    ) -> dict[Place, Context]:
        """What is known of each recording beside its content."""

    def iter_files(
        self,
        paths: Sequence[str | Place],
        hook: Hook | None = None,
        **known: Unpack[ContextOptions],
    ) -> Iterator[tuple[Place, Trace | AvaffectError]]:
        """Many files, one after the other; a file that fails stops no other, whatever the reason.

        Parameters
        ----------
        paths : sequence of path
        hook : callable, optional
            Called as ``hook("files", completed, total)`` before each file and at the end, and in between as
            by `process_file`; with ``same_setup`` before that as ``hook("levels", completed, total)``.
        **known
            `avaffect.predict.context.ContextOptions`.

        Yields
        ------
        path : Path or Address
            The file.
        result : Trace or AvaffectError
            Its trace, or why there is none: an `avaffect.errors.UnexpectedError` where the fault is ours.
        """
        told = hook or silent
        contexts = self.contexts(paths, told, **known)
        results = attempt_each(
            paths,
            lambda path: self.process_file(path, told, contexts[place(path)]),
            path=lambda path: path,
            hook=told,
        )
        for path, result in results:
            yield place(path), result

    def process_files(
        self,
        paths: Sequence[str | Place],
        hook: Hook | None = None,
        **known: Unpack[ContextOptions],
    ) -> Trace:
        """Many files as one trace.

        A file that cannot be read is left out. Each is logged as a warning and named in
        ``trace.meta["errors"]``, a list of ``{"file": ..., "error": ...}`` that is empty where all went well.

        Parameters
        ----------
        paths : sequence of path
            Each file once.
        hook : callable, optional
            As for `iter_files`.
        **known
            `avaffect.predict.context.ContextOptions`.

        Raises
        ------
        MediaError
            If there are no files, or none of them could be read.
        DataError
            If a file is given twice, or an option is not as described.
        """
        if isinstance(paths, str | Path):
            raise DataError(
                f"process_files takes a list of files: give [{str(paths)!r}], or use process_file"
            )
        count = Counter(absolute(path) for path in paths)
        for path in paths:
            if count[absolute(path)] > 1:
                raise DataError(f"{path} is given twice, so it is in two of the traces; give each file once")
        traces, errors = [], []
        for path, result in self.iter_files(paths, hook, **known):
            if isinstance(result, Trace):
                traces.append(result)
            else:
                log.warning("left out: %s", result)
                errors.append({"file": str(path), "error": str(result)})
        if not errors and not traces:
            raise MediaError("no files given: expected at least one video or audio file")
        if not traces:
            raise MediaError(f"none of {len(errors)} files could be read; first: {errors[0]['error']}")
        whole = Trace.concat(traces)
        return Trace(whole.table, meta={**whole.meta, "errors": errors})

    def process_folder(
        self,
        folder: str | Path,
        *,
        recursive: bool = False,
        hook: Hook | None = None,
        **known: Unpack[ContextOptions],
    ) -> Trace:
        """All video and audio files of a folder, in order of name, as by `process_files`.

        Parameters
        ----------
        folder : path
        recursive : bool
            Look into the folders within it too.
        hook : callable, optional
            As for `iter_files`.
        **known
            `avaffect.predict.context.ContextOptions`.

        Raises
        ------
        MediaError
            If the folder is missing, holds no media files, or none of them could be read.
        """
        paths = media.list_media(folder, recursive=recursive)
        if not paths:
            hint = "name another folder" if recursive else "give recursive=True to look into its folders"
            raise MediaError(f"{folder}: holds no video or audio files; {hint}")
        return self.process_files(paths, hook, **known)
