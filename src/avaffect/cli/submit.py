"""`avaffect submit`: write predictions as a submission to an ABAW challenge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..files import writable_file
from .evaluate import Causal, FrameRate, Smooth, Tolerance, post_process
from .printed import Console


def submit(
    traces: Annotated[
        Path, typer.Argument(help="A trace or an ABAW text file; or a folder of them.", show_default=False)
    ],
    sample: Annotated[
        Path, typer.Argument(help="The organisers' sample submission (txt).", show_default=False)
    ],
    out: Annotated[Path, typer.Argument(help="The submission to write (txt).", show_default=False)],
    smooth: Smooth = None,
    causal: Causal = False,
    frame_rate: FrameRate = None,
    tolerance: Tolerance = 10,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file that is there.")] = False,
) -> None:
    """Write an ABAW submission in the order and length of the organisers' sample, and check it.

    A frame without a prediction gets that of the nearest predicted frame. If a video has a few frames less
    than the sample, its last prediction is repeated; if it has a few more, they are dropped. These changes
    are printed. A larger difference is an error (--tolerance).

    Example: avaffect submit results/ CVPR_VA_test_set_sample.txt submission.txt --smooth box:0.8
    """
    from ..evaluate import read_predictions, validate_submission, write_submission

    writable_file(out, inputs=[traces, sample], overwrite=overwrite)
    found, steps = post_process(
        read_predictions(traces), smooth=smooth, causal=causal, clip=False, frame_rate=frame_rate
    )
    notes = write_submission(found, sample, out, tolerance=tolerance)
    rows = validate_submission(out, sample)
    console = Console()
    for line in (*steps, *notes, f"Written: {out}, {rows:,} rows in the sample's order"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
