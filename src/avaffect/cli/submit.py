"""`avaffect submit`: predictions as an ABAW challenge submission."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .evaluate import Causal, Rate, Smooth, Tolerance, processed


def submit(
    traces: Annotated[
        Path, typer.Argument(help="Traces or ABAW text files: a file or a folder.", show_default=False)
    ],
    sample: Annotated[
        Path, typer.Argument(help="The organisers' sample submission (txt).", show_default=False)
    ],
    out: Annotated[Path, typer.Argument(help="The submission to write (txt).", show_default=False)],
    smooth: Smooth = None,
    causal: Causal = False,
    rate: Rate = None,
    tolerance: Tolerance = 10,
) -> None:
    """Write an ABAW submission in the order and the length of the organisers' sample, and check it.

    A frame without a prediction takes the nearest predicted frame's; a video that was decoded a few frames
    too short repeats its last prediction, one too long is cut. All of this is said; more than a few is an
    error.

    Example: avaffect submit results/ CVPR_VA_test_set_sample.txt submission.txt --smooth box:0.8
    """
    from ..evaluate import read_predictions, validate_submission, write_submission

    found, steps = processed(read_predictions(traces), smooth=smooth, causal=causal, clip=False, rate=rate)
    notes = write_submission(found, sample, out, tolerance=tolerance)
    rows = validate_submission(out, sample)
    console = Console()
    for line in (*steps, *notes, f"Written: {out}, {rows:,} rows in the sample's order"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
