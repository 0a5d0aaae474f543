"""`avaffect summarise`: figures of each person in each recording, second, span or turn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .printed import write_out
from .result_options import EditList, Overwrite, Results, check_outputs, print_lines, results_of


def summarise(
    results: Results,
    by: Annotated[
        str,
        typer.Option(
            help="What a row is of: recording; a length such as 1s or 2min; turns (of speech); or a file of"
            " spans (.eaf, .TextGrid, .csv with start,end,label), or a folder of such files."
        ),
    ] = "recording",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File to write, .csv or .xlsx; by default printed.", show_default=False
        ),
    ] = None,
    edits: EditList = None,
    overwrite: Overwrite = False,
) -> None:
    """Write one table of figures over all recordings: means, spread, slopes, shares, and seconds behind each.

    A row is one person in one recording, or in one second, span or turn of it. Values weigh by their seconds.

    Example: avaffect summarise results/ --by 1s --out seconds.csv
    """
    from ..exchange import summarise as table_of
    from ..exchange.tables import DECIMALS, check_ending, write_table

    if out is not None:
        check_ending(out)
        check_outputs([out], [*results, edits, Path(by)], overwrite=overwrite)
    with results_of(results, edits) as (found, amiss):
        whole = any(path.is_dir() for path in results)
        table = table_of([result.trace for result in found], by, whole=whole, amiss=amiss)
        if out is None:
            write_out(table.round(DECIMALS).to_csv(index=False))
        else:
            write_table(table, out)
            print_lines(f"Written: {out}, {len(table):,} rows")
