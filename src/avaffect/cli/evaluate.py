"""`avaffect evaluate`: score predictions against labels."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ..errors import AvaffectError
from .label_options import Decimal, Delimiter, TimeUnit
from .printed import Console, write_json
from .result_options import passing_over

if TYPE_CHECKING:
    from ..evaluate import Comparison, Estimate, Pairing, PassedOver, Recording, Report

LISTED = 5
NAMES = {"ccc": "CCC", "pcc": "PCC", "rmse": "RMSE", "sagr": "SAGR"}


class Missing(StrEnum):
    """What a labelled frame without a prediction counts as."""

    EXCLUDE = "exclude"
    ZERO = "zero"
    MEAN = "mean"


Smooth = Annotated[
    str | None,
    typer.Option(help="Smooth predictions: box:SECONDS or savgol:SECONDS:ORDER.", show_default=False),
]
Causal = Annotated[bool, typer.Option("--causal", help="Smooth with earlier frames only.")]
FrameRate = Annotated[
    float | None,
    typer.Option(
        help="Frames per second of ABAW text files, which have no times; only if it is constant.",
        show_default=False,
    ),
]
Tolerance = Annotated[
    int, typer.Option(min=0, help="Frames by which predictions and video may differ in length.")
]


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="A trace, an ABAW text file or a submission; or a folder of traces or ABAW text files.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        Path,
        typer.Argument(
            help="Labels: csv with file,pts,valence,arousal, an ABAW text file, a file of ELAN, Praat, CARMA"
            " or DARMA; or a folder of them.",
            show_default=False,
        ),
    ],
    against: Annotated[
        Path | None, typer.Option(help="Another system's predictions to compare with.", show_default=False)
    ] = None,
    subjects: Annotated[
        Path | None,
        typer.Option(
            help="csv with file,subject: resample subjects instead of recordings.", show_default=False
        ),
    ] = None,
    smooth: Smooth = None,
    causal: Causal = False,
    clip: Annotated[bool, typer.Option("--clip", help="Clip predictions to [-1, 1].")] = False,
    missing: Annotated[
        Missing, typer.Option(help="What a labelled frame without a prediction counts as.")
    ] = Missing.EXCLUDE,
    subset: Annotated[
        bool, typer.Option("--subset", help="Score only recordings that have predictions.")
    ] = False,
    scale: Annotated[
        str, typer.Option(help="Lowest and highest value of the labels, e.g. 1,9; mapped onto -1,1.")
    ] = "-1,1",
    time_unit: TimeUnit = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    frame_rate: FrameRate = None,
    tolerance: Tolerance = 10,
    resamples: Annotated[
        int, typer.Option(min=100, max=100_000, help="Number of resamples for the intervals.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    plots: Annotated[
        Path | None, typer.Option(help="Folder to write three plots to (png).", show_default=False)
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Let the plots replace files that are no plots of avaffect.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score predictions: CCC, PCC, RMSE and sign agreement, with 95 % intervals.

    Each score is given over all frames together (pooled) and as the mean of the recordings' own scores.
    Intervals come from resampling whole recordings. A target labelled -5 does not count in that frame; the
    numbers of frames are printed. A file of a folder that cannot be read is named at the end; the others are
    scored, and the exit code is 2.

    Example: avaffect evaluate results/ Validation_Set/ --against baseline/ --plots plots/
    """
    from .. import evaluate as evaluation
    from ..corpus.labels import LabelOptions, parse_scale

    form = LabelOptions(parse_scale(scale), time_unit, delimiter, decimal)
    subject_of = evaluation.read_subjects(subjects) if subjects else None
    options = {"missing": missing.value, "subjects": subject_of, "resamples": resamples, "seed": seed}
    with passing_over() as amiss:
        unread: list[PassedOver] = []
        labelled = evaluation.read_labels(labels, form, passed=unread)
        amiss += [one.why for one in unread]

        def matched(path: Path) -> tuple[Pairing, list[str]]:
            unread: list[PassedOver] = []
            found = evaluation.read_predictions(path, passed=unread)
            amiss.extend(one.why for one in unread)
            found, steps = post_process(found, smooth=smooth, causal=causal, clip=clip, frame_rate=frame_rate)
            names = [one.name for one in unread if one.name]
            return evaluation.match(found, labelled, subset=subset, tolerance=tolerance, unread=names), steps

        pairing, steps = matched(predictions)
        report = evaluation.score(pairing, **options)  # type: ignore[arg-type]
        comparison = None
        if against:
            comparison = evaluation.compare(pairing, matched(against)[0], **options)  # type: ignore[arg-type]
        written = evaluation.draw_plots(pairing, report, plots, overwrite=overwrite) if plots else []
        if as_json:
            write_json(_as_json(report, comparison, steps, written))
            return
        console = Console()
        _print_report(console, report, steps)
        if comparison:
            _print_comparison(console, comparison, str(predictions), str(against))
        if written:
            _print_lines(console, "Written: " + ", ".join(map(str, written)))


def post_process(
    recordings: list[Recording], *, smooth: str | None, causal: bool, clip: bool, frame_rate: float | None
) -> tuple[list[Recording], list[str]]:
    """The recordings after the post-processing asked for, and one line for each step of it."""
    from ..evaluate import Smoothing
    from ..evaluate import clip as clip_values

    if causal and smooth is None:
        raise AvaffectError("--causal without --smooth: add --smooth box:SECONDS")
    steps = []
    if frame_rate is not None:
        recordings = [recording.timed(frame_rate) for recording in recordings]
    if smooth is not None:
        smoothing = Smoothing.parse(smooth, causal=causal)
        recordings = [smoothing(recording) for recording in recordings]
        steps.append(f"smoothed: {smoothing}")
    if clip:
        recordings, changed = clip_values(recordings)
        steps.append(f"clipped to [-1, 1]: {changed} values changed")
    return recordings, steps


def _as_json(
    report: Report, comparison: Comparison | None, steps: list[str], written: list[Path]
) -> dict[str, Any]:
    return {
        **report.as_dict(),
        "post_processing": steps,
        "comparison": comparison.as_dict() if comparison else None,
        "plots": [str(path) for path in written],
    }


def _print_report(console: Console, report: Report, steps: list[str]) -> None:
    table = Table("target", "measure", "pooled over all frames", "mean per recording")
    for target, scores in report.targets.items():
        for key, name in NAMES.items():
            pooled, each = scores.pooled[key], scores.per_recording[key]
            table.add_row(target if key == "ccc" else "", name, _estimate_text(pooled), _estimate_text(each))
        table.add_section()
    table.add_row(
        "mean of both", "CCC", *(_estimate_text(report.mean_ccc[how]) for how in ("pooled", "per_recording"))
    )
    console.print(table)
    counts = Table("target", "frames scored", "not annotated", "not predicted", "recordings")
    for target, scores in report.targets.items():
        numbers = scores.frames, scores.unlabelled, scores.unpredicted, scores.recordings
        counts.add_row(target, *(f"{number:,}" for number in numbers))
    console.print(counts)
    _print_lines(console, *_covered_text(report))
    if any(scores.unpredicted for scores in report.targets.values()):
        _print_lines(console, f"labelled frames without a prediction {_COUNTED_AS[report.missing]}")
    if report.has_intervals:
        source = f"{report.resamples} resamples of {report.units} {report.unit}s, seed {report.seed}"
        _print_lines(console, f"[ ]: {100 * report.level:g} % intervals from {source}")
    _print_lines(console, *steps, *report.notes)


def _covered_text(report: Report) -> list[str]:
    """How much of the recordings has labels: each by itself, or of many the least."""
    shares = report.recordings["labelled"].dropna().sort_values()
    if shares.empty:
        return []
    least = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares[:LISTED].items())
    which = f"the least of {len(shares)} recordings" if len(shares) > LISTED else "each"
    return [f"labels cover {100 * shares.mean():.0f} % of the predicted time; {which}: {least}"]


_COUNTED_AS = {"exclude": "do not count", "zero": "count as 0", "mean": "count as the mean prediction"}


def _print_comparison(console: Console, comparison: Comparison, first: str, second: str) -> None:
    for how, rows in (("pooled", comparison.pooled), ("per recording", comparison.per_recording)):
        table = Table(f"CCC, {how}", "A", "B", "A - B", "A higher in")
        for target, row in rows.items():
            known = row.share_better == row.share_better
            share = f"{100 * row.share_better:.1f} %" if known else ""
            name = "mean of both" if target == "mean" else target
            difference = _estimate_text(row.difference, sign=True)
            table.add_row(name, f"{row.first:.3f}", f"{row.second:.3f}", difference, share)
        console.print(table)
    frames = ", ".join(f"{n:,} of {target}" for target, n in comparison.frames.items())
    _print_lines(
        console,
        f"A: {first}",
        f"B: {second}",
        f"{comparison.recordings} recordings, frames scored: {frames}",
        *comparison.notes,
    )


def _print_lines(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _estimate_text(figure: Estimate, *, sign: bool = False) -> str:
    return escape(figure.text("+.3f" if sign else ".3f"))
