"""`avaffect report`: results as html pages to read and to print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import AvaffectError
from .progress import ProgressBars
from .result_options import EditList, Overwrite, Results, check_outputs, print_lines, results_of, write_each


def report(
    results: Results,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the reports.")] = Path("out"),
    media: Annotated[
        Path | None,
        typer.Option(
            help="The recording, or the folder of the recordings, if they are not where they were read.",
            show_default=False,
        ),
    ] = None,
    edits: EditList = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a report of each recording, NAME_report.html; of several also index.html, which leads to them.

    A report is one file without anything to load: chart, figures, highest and lowest moments with their
    pictures, what is missing and why, the model, how to cite. It prints well.

    Example: avaffect report results/ --out reports
    """
    from ..batch import FILES
    from ..exchange.results import Result, recording_of, result_paths
    from ..report import write_overview, write_report

    if media is not None and not media.exists():
        raise AvaffectError(f"--media {media}: no such file or folder; give the recording, or its folder")
    with results_of(results, edits) as (found, amiss):
        paths = result_paths(found, out, "_report.html")
        index = [out / "index.html"] if len(paths) > 1 else []
        check_outputs([*paths, *index], [*results, edits], overwrite=overwrite)

        def write(result: Result, path: Path) -> None:
            write_report(result.trace, path, recording_of(result, media))

        with ProgressBars(batch=FILES) as bars:
            done = write_each(found, paths, write, amiss, bars)
        written = [path for _, path in done]
        if index:
            write_overview([result.trace for result, _ in done], written, index[0])
        print_lines("Written: " + ", ".join(map(str, [*written, *index])))
