"""The whole table as CSV, Parquet or JSON lines, and back."""

from __future__ import annotations

import filecmp
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import DataError
from ..files import replacing
from .columns import COLUMNS, INDEX
from .csv_file import read_csv
from .meta import lasting

META_KEY = b"avaffect"  # key of the trace's meta, as JSON, in a Parquet file's schema metadata
_SMALL_ROWS, _SMALL_BYTES = 10_000, 2**26  # are read from the smallest file
_TEXTS = ("file", "source")  # columns that hold no numbers
_EXPANDED = 50  # bytes that a byte of a file may stand for
_ROWS = 2**11  # lines written at once
_MARK = b"PAR1"  # the first and the last bytes of a Parquet file
_GROUP = 2**14  # rows of a Parquet file that are written together
DECIMALS = 6  # of every number in a CSV file: microseconds, millionths of the scale


def write_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """One row a line, header first, numbers to 6 decimals, what is missing left empty.

    A CSV file holds no ``meta``.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for k, rows in enumerate(_pieces(table, _ROWS)):
            rows.reset_index().round(DECIMALS).to_csv(file, index=False, header=k == 0)
    return Path(path)


def write_jsonl(table: pd.DataFrame, path: str | Path) -> Path:
    """One JSON object a row with the CSV's keys, in full precision, what is missing null.

    A JSON lines file holds no ``meta``.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for rows in map(pd.DataFrame.reset_index, _pieces(table, _ROWS)):
            # Python's floats print so that they read back the same; pandas' own writer rounds.
            plain = {name: [_null(value) for value in rows[name].tolist()] for name in rows.columns}
            for values in zip(*plain.values(), strict=True):
                file.write(json.dumps(dict(zip(plain, values, strict=True)), allow_nan=False) + "\n")
    return Path(path)


def write_parquet(table: pd.DataFrame, meta: Mapping[str, Any], path: str | Path) -> Path:
    """The table exactly, ``meta`` as JSON under the schema metadata key ``avaffect``.

    ``pandas.read_parquet`` gives the table back with its index.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    schema = pa.Schema.from_pandas(table)
    entries = {**(schema.metadata or {}), META_KEY: json.dumps(lasting(meta)).encode()}
    schema = schema.with_metadata(entries)
    # Through Python's own files, here and below: pyarrow takes no path that is not UTF-8.
    with replacing(path) as temporary, temporary.open("wb") as file, pq.ParquetWriter(file, schema) as writer:
        for rows in _pieces(table, _GROUP):
            writer.write_table(pa.Table.from_pandas(rows, schema))
    return Path(path)


def _pieces(table: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    """The table in pieces, at least one: what is made of them takes more memory than they do."""
    return (table.iloc[first : first + size] for first in range(0, max(len(table), 1), size))


def read_table(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table and its ``meta`` as a file holds them, unchecked.

    Raises
    ------
    DataError
        If there is no such file, its ending is another, it ends within a row, or it holds something else.
    """
    source = Path(path)
    reader = _READERS.get(source.suffix.lower())
    if reader is None:
        raise DataError(f"cannot tell the format of {source}; expected {', '.join(_READERS)}")
    try:
        if not source.is_file():
            raise DataError(f"no file {source}; give a table that avaffect wrote")
        table, meta = reader(source)
        if absent := [name for name in INDEX if name not in table]:
            raise ValueError(f"it has no column {', '.join(absent)}")
        return table.set_index(list(INDEX)), meta
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(
                f"{source}: cannot be read ({error.strerror}); check the disk and its permissions"
            ) from error
        told = f"{source} is not a trace's {source.suffix} file: {_reason(error)}"
        raise DataError(f"{told}; give a table that avaffect wrote") from error


def is_as_written(path: Path, table: pd.DataFrame, meta: Mapping[str, Any]) -> bool:
    """Whether this program wrote a file, whole or cut at a row's end, and no other one saved it anew.

    Parameters
    ----------
    path : Path
    table, meta
        What was read from it.
    """
    if path.suffix.lower() == ".parquet":
        return bool(meta)  # others drop it
    write = write_csv if path.suffix.lower() == ".csv" else write_jsonl
    with TemporaryDirectory() as folder:
        return filecmp.cmp(path, write(table, Path(folder, "table")), shallow=False)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it holds no text"
    if isinstance(error, pa.ArrowException | OSError):  # pyarrow's, of a file that is right at both ends
        return "it is damaged"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _read_csv(path: Path) -> tuple[pd.DataFrame, dict]:
    return read_csv(path), {}


def _read_jsonl(path: Path) -> tuple[pd.DataFrame, dict]:
    with path.open(encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            cut = number == len(lines) and not line.endswith("\n")
            reason = "it ends within a row, so it was cut off" if cut else f"data row {number} is no JSON"
            raise ValueError(reason) from error
    return pd.DataFrame(rows, columns=None if rows else [*INDEX, *COLUMNS]), {}


def _read_parquet(path: Path) -> tuple[pd.DataFrame, dict]:
    # ParquetFile, not read_table: a path such as "a=1/x.parquet" is a name, not a partition.
    with path.open("rb") as file:
        _check_marks(file)
        table = _read_bounded(pq.ParquetFile(file, read_dictionary=list(_TEXTS)), path.stat().st_size)
    meta = json.loads((table.schema.metadata or {}).get(META_KEY, b"{}"))
    return table.to_pandas().reset_index(), meta


def _check_marks(file: BinaryIO) -> None:
    """Raise a `ValueError` if a file does not begin and end as Parquet does."""
    first = file.read(len(_MARK))
    if not first:
        raise ValueError("it is empty")
    if first != _MARK:
        raise ValueError("it does not begin as one")
    file.seek(max(len(_MARK), file.seek(0, os.SEEK_END) - len(_MARK)))
    last = file.read()
    file.seek(0)
    if last != _MARK:
        raise ValueError("its end is missing, so it was cut off")


def _read_bounded(file: pq.ParquetFile, size: int) -> pa.Table:
    """The table of a Parquet file of ``size`` bytes, unless it stands for very much more than that.

    Times of rows differ, so a row takes a byte at least; a file that declares more was made to fill memory.

    Raises
    ------
    ValueError
        If it does.
    """
    about = file.metadata
    declared = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if about.num_rows > size + _SMALL_ROWS or declared > _EXPANDED * size + _SMALL_BYTES:
        raise ValueError(f"{size:,} bytes declare {about.num_rows:,} rows; write it again")
    for column in file.schema_arrow:
        if column.name not in _TEXTS and not (
            pa.types.is_primitive(column.type) or pa.types.is_null(column.type)
        ):
            raise ValueError(f"the column {column.name!r} holds {column.type}; expected numbers")
    table = file.read()
    for name in set(_TEXTS) & set(table.column_names):
        texts = table.column(name).combine_chunks()
        if pa.types.is_dictionary(texts.type):
            lengths = pc.binary_length(texts.dictionary)
            text = pc.sum(lengths.take(texts.indices.drop_null())).as_py() or 0
            if text > _EXPANDED * size + _SMALL_BYTES:
                raise ValueError(f"{size:,} bytes declare {text:,} bytes of names; write it again")
            table = table.set_column(table.column_names.index(name), name, texts.dictionary_decode())
    return table


_READERS: dict[str, Callable[[Path], tuple[pd.DataFrame, dict]]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".jsonl": _read_jsonl,
}


def _null(value: Any) -> Any:
    return None if pd.isna(value) else value
