"""Options of the verbs that read results, and how they write their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..files import writable_file, writable_folder
from .printed import Console

Results = Annotated[
    list[Path],
    typer.Argument(
        help="Tables that avaffect wrote (csv, parquet, jsonl), or folders of them.", show_default=False
    ),
]
EditList = Annotated[
    Path | None,
    typer.Option(
        "--edits",
        help="Names of people, people left out, and spans that do not count: a table with the header"
        " file,edit,track,start,end,name (edit is name, drop, exclude or baseline), or JSON.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that are there (never an input).")
]


def check_outputs(paths: Sequence[Path], inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Before the work: make the folder of the files, and raise a `DataError` if one may not be written."""
    for folder in dict.fromkeys(path.parent for path in paths):
        writable_folder(folder, "give another folder with --out")
    files = [path for path in inputs if path.is_file()]
    tables = [table for path in inputs if path.is_dir() for table in path.rglob("*") if table.is_file()]
    for path in paths:
        # A folder of results may take more files, only none that is there.
        writable_file(path, inputs=[*files, *(t for t in tables if t == path)], overwrite=overwrite)


def print_lines(*lines: str) -> None:
    """Print lines as they are, unwrapped."""
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
