"""What a run writes, decided before its work: which recordings are read, and where their results go.

No two recordings share a name, no result replaces an input or a file that this program did not write, and the
folders within an input folder are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from .address import Address, Place, absolute
from .errors import DataError, MediaError, in_short
from .files import remove_stale
from .record import ENDING, Record, Source
from .result_names import key, lone_name, longest_name, result_names
from .storage import each, exists, listed, remove

SUFFIXES: dict[str, tuple[str, ...]] = {
    "csv": (".csv",),
    "parquet": (".parquet",),
    "jsonl": (".jsonl",),
    "webvtt": (".vtt",),
    "abaw": (".txt",),
    "bids": ("_physio.tsv.gz", "_physio.json"),
    "plot": (".png",),
    "svg": (".svg",),
    "pdf": (".pdf",),
    "report": ("_report.html",),
    # Never NAME.mp4: with --out beside the input that would be the input itself.
    "video": ("_annotated.mp4",),
}
"""By kind of result, what follows a recording's name in its files' names; the main file is the first."""

_LONGEST = max(len(suffix) for suffix in (ENDING, *(s for kind in SUFFIXES.values() for s in kind)))


class State(StrEnum):
    """What an earlier run left of a recording."""

    NEW = "not read yet"
    FINISHED = "finished"
    UNFINISHED = "not all results there"
    OTHER_SETTINGS = "made under other settings"
    CHANGED = "the recording has changed"


@dataclass(frozen=True)
class Target:
    """Where the results of one recording go.

    Attributes
    ----------
    source, base : Path or Address
        The recording; folder and name of its results, without what follows the name.
    kinds : tuple of str
        Keys of `SUFFIXES`.
    """

    source: Place
    base: Place
    kinds: tuple[str, ...]

    def paths(self, kind: str) -> list[Place]:
        """The files of one kind of result, the main one first."""
        return [self.base.with_name(self.base.name + suffix) for suffix in SUFFIXES[kind]]

    @property
    def is_remote(self) -> bool:
        """Whether the recording or its results lie elsewhere."""
        return isinstance(self.source, Address) or isinstance(self.base, Address)

    @property
    def all_paths(self) -> list[Place]:
        """All files that are written: results and record."""
        return [*(path for kind in self.kinds for path in self.paths(kind)), self.record_path]

    @property
    def record_path(self) -> Place:
        """Where the record lies."""
        return self.base.with_name(self.base.name + ENDING)

    @property
    def record(self) -> Record | None:
        """The record as it is now."""
        return Record.read(self.record_path)

    def state(self, settings: Mapping[str, Any]) -> tuple[State, Target]:
        """What an earlier run left, and the target with those kinds only that are to be made."""
        record = self.record
        if record is None:
            return State.NEW, self
        if not record.source.is_same(Source.of(self.source)):
            return State.CHANGED, self
        if record.settings != settings:
            return State.OTHER_SETTINGS, self
        missing = [k for k in self.kinds if not all(record.is_finished(path) for path in self.paths(k))]
        return (State.UNFINISHED if missing else State.FINISHED), replace(self, kinds=tuple(missing))

    @contextmanager
    def begun(self, settings: Mapping[str, Any], *, overwrite: bool = False) -> Iterator[Record]:
        """Write the record of a recording that is to be read: from now on its results are known as ours.

        If the block fails before there is any result, the record is removed.

        Raises
        ------
        AvaffectError
            If the recording cannot be read, the record not be written, or another run has meanwhile begun to
            write the results of another recording under this name.
        """
        source, earlier = Source.of(self.source), self.record
        if earlier is not None and not overwrite:
            _check_source(self, earlier, source)
        same = earlier is not None and earlier.source.is_same(source) and earlier.settings == settings
        known = dict(earlier.outputs) if earlier is not None else {}
        outputs: dict[str, int | None] = {name: size if same else None for name, size in known.items()}
        outputs |= {path.name: None for kind in self.kinds for path in self.paths(kind)}
        absent = earlier.absent if earlier is not None and same else ()
        record = Record(source, settings, outputs, tuple(name for name in absent if name not in outputs))
        record.write(self.record_path)
        try:
            yield record
        finally:
            self.tidy()

    def tidy(self) -> None:
        """Remove what a killed process left half written, and a record without any result."""
        if isinstance(self.base, Path):
            remove_stale(self.base.parent)
        record = self.record
        if record is None or any(exists(self.base.with_name(name)) for name in record.outputs):
            return
        remove(self.record_path)


def plan(
    recordings: Sequence[tuple[Place, Place]],
    out: Place,
    kinds: Iterable[str],
    *,
    others: Iterable[Place] = (),
    overwrite: bool = False,
) -> list[Target]:
    """The results of each recording, under names that no other has.

    Parameters
    ----------
    recordings : sequence of (Path or Address, Path or Address)
        As `avaffect.inputs.find` gives them.
    out : Path or Address
        The result folder.
    kinds : iterable of str
        Keys of `SUFFIXES`.
    others : iterable of Path or Address
        What else is read: a transcript, a table.
    overwrite : bool
        Allow that files are replaced which are there and not known as results of the same recording.

    Raises
    ------
    DataError
        If a result would replace an input, a file that is none of ours, or the results of another recording.
    """
    kinds = tuple(dict.fromkeys(kinds))
    read = [*(file for _, file in recordings), *others]
    inputs = {absolute(path) for path in read}
    identities = {identity for path in read if (identity := _identity(path))}

    def problem(target: Target) -> str | None:
        try:
            _check(target, inputs, identities, overwrite)
        except DataError as error:
            return str(error)
        return None

    with listed(out):
        targets = [
            Target(file, out / name, kinds)
            for (_, file), name in zip(recordings, _names(recordings, out), strict=True)
        ]
        told = each(problem, targets, remote=isinstance(out, Address))
    if problems := [line for line in told if line]:
        raise DataError(in_short(problems))
    return targets


def _names(recordings: Sequence[tuple[Place, Place]], out: Place) -> list[Path]:
    """As `result_names`; a recording keeps the name that its results have from before it had a namesake."""
    longest = longest_name(out, _LONGEST)
    names = result_names(recordings, longest)
    taken = set(map(key, names))
    for k, (given, file) in enumerate(recordings):
        alone = lone_name(given, file, longest)
        if alone != names[k] and key(alone) not in taken and _is_of(out / alone, file):
            names[k] = alone
            taken.add(key(alone))
    return names


def _is_of(base: Place, file: Place) -> bool:
    """Whether the results of that name are those of a recording."""
    record = Record.read(base.with_name(base.name + ENDING))
    return record is not None and record.source.path == absolute(file)


def _check(target: Target, inputs: set[str], identities: set[tuple[int, int]], overwrite: bool) -> None:
    """Raise a `DataError` if a result of the target would replace what it may not."""
    record = target.record
    for path in target.all_paths:
        given = absolute(path) in inputs or _identity(path) in identities
        if given or _is_its_transcript(path, target):
            raise DataError(
                f"{path} is an input, and a result of {target.source} would replace it;"
                " give another folder with --out"
            )
    if overwrite:
        return
    if record is not None and record.source.path != absolute(target.source):
        with suppress(MediaError):  # a file that cannot be read is told of when its turn comes
            _check_source(target, record, Source.of(target.source))
    for path in target.all_paths:
        if not exists(path):
            continue
        if record is None or not (path == target.record_path or record.wrote(path)):
            known = record is not None and path.name in record.outputs
            what = "was changed after it was written" if known else "is there and is no result of ours"
            raise DataError(f"{path} {what}; give another folder with --out, or --overwrite to replace it")


def _is_its_transcript(path: Place, target: Target) -> bool:
    """Whether a file that is there would be read as the recording's transcript, and is none of ours."""
    if isinstance(path, Address) or isinstance(target.source, Address) or not path.is_file():
        return False  # at addresses, none is looked for
    from .transcript import ENDINGS, transcript_beside  # what few need is loaded for few

    if path.suffix.lower() not in ENDINGS:
        return False
    record = target.record
    if path == target.record_path or (record is not None and record.wrote(path)):
        return False
    try:
        beside = transcript_beside(target.source)
    except DataError:  # one of several
        return path.parent.samefile(target.source.parent)
    return beside is not None and path.samefile(beside)


def _check_source(target: Target, record: Record, source: Source) -> None:
    """The results of one recording do not replace those of another; those of its earlier content they may."""
    if record.source.is_another(source):
        raise DataError(
            f"{target.base}: holds the results of another recording of that name, {record.source.path};"
            f" give another folder with --out for {target.source}, or --overwrite to replace them"
        )


def _identity(path: Place) -> tuple[int, int] | None:
    if isinstance(path, Address):
        return None
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino
