"""The feature store: a folder with one file for each recording, written once, read by every training run.

A file NAME.safetensors holds, at ticks: ``features.STREAM`` (t, d) float16 or float32, 0 where masked;
``mask.STREAM`` (t,) bool; ``labels`` (t, targets) float32, NaN where unrated, each target by itself;
``labelled`` (t,) bool, True where every target is known. Its metadata (`Meta`) names the recording and what
the features were made by. A file is complete or it is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from ..errors import DataError, nearest
from ..files import replacing
from ..schema import TickRate, from_json, short
from ..text import read_bytes
from .base import Features
from .splits import Fold, leave_one_out, rolling_folds

ENDING = ".safetensors"
FORMAT: Final = 2


@dataclass(frozen=True)
class Meta:
    """Metadata of a file of the store.

    Attributes
    ----------
    name, subject, split : str
        As `avaffect.corpus.base.Recording`.
    corpus : str
    targets : tuple of str
        Columns of the labels.
    tick_rate : float
        Ticks per second (Hz).
    encoders : str
        SHA-256 over the encoders' weights and preprocessing and the face detector; "" for the features of a
        `FeatureCorpus`.
    ratings : str
        SHA-256 over the files that the ratings were read from; "" without ratings.
    options : mapping
        The corpus's options, such as annotation delays.
    media : str
        SHA-256 over size and beginning of the files that the features were made from; for the features of a
        `FeatureCorpus` over the corpus's path.
    format : int
        Version of this layout.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    subject: str
    split: Annotated[str, Field(pattern="^(train|val|test)?$")]
    corpus: str
    targets: Annotated[tuple[str, ...], Field(min_length=1)]
    tick_rate: TickRate
    encoders: str = ""
    ratings: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    media: str = ""
    format: Literal[2] = FORMAT

    def to_json(self) -> str:
        """As JSON with sorted keys, so that equal metadata give equal text."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Stored:
    """A recording in the store.

    Attributes
    ----------
    meta : Meta
    path : Path
    ticks : int
    dims : dict of str to int
        Feature size by stream.
    """

    meta: Meta
    path: Path
    ticks: int
    dims: dict[str, int]

    @property
    def name(self) -> str:
        """The recording's name."""
        return self.meta.name

    @property
    def subject(self) -> str:
        """The recording's subject."""
        return self.meta.subject

    @property
    def split(self) -> str:
        """The official split, or ""."""
        return self.meta.split

    def read(self) -> dict[str, Tensor]:
        """All tensors of the file by name, as the module describes them.

        Raises
        ------
        DataError
            If the file cannot be read any more, or an available tick has features that are no numbers.
        """
        try:
            with safe_open(self.path, framework="pt") as file:
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        except (SafetensorError, OSError) as error:
            raise DataError(f"{self.path}: cannot be read ({error}); extract again") from error
        for name in self.dims:
            if not tensors[f"features.{name}"][tensors[f"mask.{name}"]].isfinite().all():
                raise DataError(
                    f"{self.path}: features.{name} are no finite numbers at ticks where mask.{name} says that"
                    " they are there; delete it and extract again"
                )
        return tensors

    def features(self) -> Features:
        """The streams and their masks, features as float32."""
        tensors = {key: value.numpy() for key, value in self.read().items()}
        return Features(
            {name: tensors[f"features.{name}"].astype(np.float32) for name in self.dims},
            {name: tensors[f"mask.{name}"] for name in self.dims},
        )


class FeatureStore:
    """A folder of extracted recordings.

    Parameters
    ----------
    path : path

    Attributes
    ----------
    recordings : tuple of Stored
        In order of name.
    tick_rate : float
        Ticks per second (Hz).
    targets : tuple of str
    dims : dict of str to int
        Feature size by stream.

    Raises
    ------
    DataError
        If there are no files, or they differ in what they were made from.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        found = sorted(self.path.glob(f"*{ENDING}")) if self.path.is_dir() else []
        files = [path for path in found if not path.name.startswith(".")]  # what a killed run left half
        if not files:
            raise DataError(
                f"{self.path}: no extracted recordings; "
                f"make them with `avaffect extract CORPUS PATH {self.path}`"
            )
        self.recordings = tuple(inspect(file) for file in files)
        first = self.recordings[0]
        for other in self.recordings:
            if _kind(other) != _kind(first):
                raise DataError(
                    f"{self.path}: {other.path.name} and {first.path.name} differ in corpus, options, "
                    "targets, streams or encoders; extract into an empty folder"
                )
        self.tick_rate, self.targets, self.dims = first.meta.tick_rate, first.meta.targets, first.dims
        self._by_name = {stored.name: stored for stored in self.recordings}
        if len(self._by_name) < len(self.recordings):
            names = [stored.name for stored in self.recordings]
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"{self.path}: two files hold the recording {twice!r}; remove one of them")

    def __len__(self) -> int:
        return len(self.recordings)

    def __iter__(self) -> Iterator[Stored]:
        return iter(self.recordings)

    def __getitem__(self, name: str) -> Stored:
        """The recording of that name."""
        if name not in self._by_name:
            raise DataError(f"{self.path} has no recording {name!r}; {nearest(name, self._by_name)}")
        return self._by_name[name]

    def split(self, split: str) -> list[Stored]:
        """The recordings of an official split, "train", "val" or "test"."""
        return [stored for stored in self.recordings if stored.split == split]

    def folds(self, k: int | None = None) -> list[Fold[Stored]]:
        """`rolling_folds` with ``k``, `leave_one_out` (by subject) without."""
        return leave_one_out(self.recordings) if k is None else rolling_folds(self.recordings, k)


def write(
    folder: Path,
    meta: Meta,
    features: Features,
    labels: NDArray[np.float32],
    labelled: NDArray[np.bool_],
    *,
    half: bool,
) -> Path:
    """Write one recording's file.

    Parameters
    ----------
    labels : (t, targets) float32 np.ndarray
        NaN where unrated; as many ticks as the features.
    labelled : (t,) np.ndarray of bool
        True where every target is known.
    half : bool
        Store features as float16 if they fit its range.

    Raises
    ------
    DataError
        If the folder cannot be written to.
    """
    tensors = {"labels": labels, "labelled": labelled}
    for name, values in features.streams.items():
        fits = half and np.abs(values).max(initial=0) < np.finfo(np.float16).max
        tensors[f"features.{name}"] = values.astype(np.float16 if fits else np.float32)
        tensors[f"mask.{name}"] = features.masks[name]
    target = file_of(folder, meta.name)
    whole = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    with replacing(target, make_folder=True) as part:
        # Not `save_file`, whose files only their owner may read.
        part.write_bytes(save(whole, metadata={"meta": meta.to_json()}))
    return target


def file_of(folder: Path, name: str) -> Path:
    """The file of the recording of that name."""
    return folder / f"{name}{ENDING}"


def is_foreign(path: Path) -> bool:
    """Whether a file is of something else, such as a model's weights: a damaged file of a store is ours."""
    head = read_bytes(path, head=64)
    return not head[8:].startswith(b'{"__metadata__":{"meta":')


def inspect(path: Path) -> Stored:
    """Read a file's metadata and sizes, without its features.

    Raises
    ------
    DataError
        If it is not a file of this format.
    """
    try:
        if path.exists() and not path.is_file():
            raise _foreign(path, "it is not a regular file")
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get("meta")
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
            found = {key: (each.get_dtype(), tuple(each.get_shape())) for key, each in slices.items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise _foreign(path, " ".join(str(error).split())[:200]) from error
    if text is None:
        raise _foreign(path, "it has no metadata 'meta'")
    meta = from_json(Meta, text, DataError, f"{path}: its metadata")
    if "labelled" not in found or len(found["labelled"][1]) != 1:
        raise _foreign(path, "no array 'labelled' of one axis")
    (ticks,) = found["labelled"][1]
    dims = {
        key.removeprefix("features."): shape[-1]
        for key, (_, shape) in found.items()
        if key.startswith("features.") and shape
    }
    if fault := _misfit(found, _arrays(ticks, len(meta.targets), dims)):
        raise _foreign(path, fault)
    return Stored(meta, path, ticks, dims)


def _arrays(ticks: int, targets: int, dims: dict[str, int]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Arrays of a file: their kinds, as safetensors names them, and shapes."""
    arrays: dict[str, tuple[str, tuple[int, ...]]] = {
        "labels": ("F32", (ticks, targets)),
        "labelled": ("BOOL", (ticks,)),
    }
    for name, dim in dims.items():
        arrays[f"features.{name}"] = "F16 F32", (ticks, dim)
        arrays[f"mask.{name}"] = "BOOL", (ticks,)
    return arrays


def _misfit(
    found: dict[str, tuple[str, tuple[int, ...]]], expected: dict[str, tuple[str, tuple[int, ...]]]
) -> str:
    """Which array is not as expected; "" where all are."""
    for key, (kinds, shape) in expected.items():
        if key not in found:
            return f"{key} is missing"
        if found[key][0] not in kinds.split() or found[key][1] != shape or 0 in shape[1:]:
            return f"{key} is {found[key][0]} of shape {found[key][1]}; expected {kinds} of shape {shape}"
    unknown = sorted(set(found) - set(expected))
    return f"{short(unknown[0])} does not belong there" if unknown else ""


def _foreign(path: Path, reason: str) -> DataError:
    return DataError(f"{path}: not a file of a feature store ({reason}); delete it and extract again")


def _kind(stored: Stored) -> Sequence[object]:
    meta = stored.meta
    return meta.tick_rate, meta.targets, meta.encoders, meta.corpus, meta.options, stored.dims, meta.format
