"""`avaffect convert`: results in the formats of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import AvaffectError
from .result_options import EditList, Overwrite, Results, check_outputs, print_lines, results_of, write_each

if TYPE_CHECKING:
    from ..exchange import Result
    from ..trace import Trace


class Target(StrEnum):
    """What results are written as."""

    XLSX = "xlsx"
    EAF = "eaf"
    TEXTGRID = "textgrid"
    WIDE = "wide"
    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    WEBVTT = "webvtt"
    ABAW = "abaw"
    BIDS = "bids"


_OWN = {Target.EAF: ".eaf", Target.TEXTGRID: ".TextGrid"}
_ONE_FILE = {Target.XLSX: "results.xlsx", Target.WIDE: "wide.csv"}


def convert(
    results: Results,
    to: Annotated[
        Target,
        typer.Option(
            "--to",
            help="xlsx (one workbook, a sheet a recording), wide (one csv, a row a recording and person, for"
            " SPSS), eaf (ELAN), textgrid (Praat), or a table format, one file a recording.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the files; of xlsx and wide also a file.")
    ] = Path("out"),
    step: Annotated[
        float, typer.Option(help="Seconds of an annotation (eaf, textgrid) or a column (wide).")
    ] = 1.0,
    rate: Annotated[
        float | None,
        typer.Option(help="Rows a second, at even times, instead of the frames' own.", show_default=False),
    ] = None,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="Of wide: 0,5 and semicolons, for programs set so.")
    ] = False,
    edits: EditList = None,
    overwrite: Overwrite = False,
) -> None:
    """Write results that are there in the formats of Excel, SPSS, ELAN, Praat and others.

    Nothing is decoded again. With --edits, people get names or become one, and people and spans that do not
    count are left out.

    Example: avaffect convert results/ --to xlsx --out results.xlsx
    """
    with results_of(results, edits) as (found, amiss):
        files = _files(found, to, out)
        check_outputs(files, [*results, edits], overwrite=overwrite)
        if to in _ONE_FILE:
            traces = [_resampled(result, rate) for result in found]
            _write_one(to, traces, files[0], step=step, decimal_comma=decimal_comma)
        else:
            write = partial(_write, to, step=step, rate=rate)
            files = [path for _, path in write_each(found, files, write, amiss)]
        print_lines("Written: " + ", ".join(map(str, files)))


def _resampled(result: Result, rate: float | None) -> Trace:
    return result.trace if rate is None else result.trace.resample(rate)


def _files(found: Sequence[Result], to: Target, out: Path) -> list[Path]:
    from ..exchange.results import result_paths
    from ..outputs import SUFFIXES

    if to in _ONE_FILE:
        name = Path(_ONE_FILE[to])
        return [out if out.suffix.lower() == name.suffix else out / name]
    ending = _OWN.get(to) or SUFFIXES[to.value][0]
    return result_paths(found, out, ending)


def _write_one(to: Target, traces: Sequence[Trace], path: Path, **options: Any) -> None:
    from ..exchange.wide import write_wide
    from ..exchange.workbook import write_workbook

    if to is Target.XLSX:
        if options["decimal_comma"]:
            raise AvaffectError("--decimal-comma is of --to wide: a workbook's numbers follow its reader")
        write_workbook(traces, path)
    else:
        write_wide(traces, path, **options)


def _write(to: Target, result: Result, path: Path, *, step: float, rate: float | None) -> None:
    from ..exchange.tier_files import write_eaf, write_textgrid

    trace = _resampled(result, rate)
    if to is Target.EAF:
        write_eaf(trace, path, step=step)
    elif to is Target.TEXTGRID:
        write_textgrid(trace, path, step=step)
    else:
        getattr(trace, f"to_{to.value}")(path)
