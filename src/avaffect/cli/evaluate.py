"""`avaffect evaluate`: how near predictions come to labels."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import AvaffectError

if TYPE_CHECKING:
    from ..evaluate import Comparison, Estimate, Pairing, Recording, Report

NAMES = {"ccc": "CCC", "pcc": "PCC", "rmse": "RMSE", "sagr": "SAGR"}


class Missing(StrEnum):
    """What a labelled frame without a prediction counts as."""

    EXCLUDE = "exclude"
    ZERO = "zero"
    MEAN = "mean"


Smooth = Annotated[
    str | None,
    typer.Option(help="Smooth predictions first: box:SECONDS or savgol:SECONDS:ORDER.", show_default=False),
]
Causal = Annotated[bool, typer.Option("--causal", help="Smooth over what lies before a frame only.")]
Rate = Annotated[
    float | None,
    typer.Option(
        help="Frames per second of ABAW files, if constant (traces know their times).", show_default=False
    ),
]
Tolerance = Annotated[
    int, typer.Option(min=0, help="Frames by which a video's predictions may differ in number.")
]


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="Traces, ABAW text files or a submission: a file or a folder.", show_default=False
        ),
    ],
    labels: Annotated[
        Path,
        typer.Argument(help="ABAW text files, or csv with file,pts,valence,arousal.", show_default=False),
    ],
    against: Annotated[
        Path | None, typer.Option(help="Another system's predictions to compare with.", show_default=False)
    ] = None,
    subjects: Annotated[
        Path | None,
        typer.Option(help="csv with file,subject: resample subjects, not recordings.", show_default=False),
    ] = None,
    smooth: Smooth = None,
    causal: Causal = False,
    clip: Annotated[bool, typer.Option("--clip", help="Limit predictions to -1 ... 1.")] = False,
    missing: Annotated[
        Missing, typer.Option(help="What a labelled frame without a prediction counts as.")
    ] = Missing.EXCLUDE,
    subset: Annotated[
        bool, typer.Option("--subset", help="Score only the labelled recordings that have predictions.")
    ] = False,
    rate: Rate = None,
    tolerance: Tolerance = 10,
    resamples: Annotated[int, typer.Option(min=100, help="Resamples that intervals come from.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for three plots (png).", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")] = False,
) -> None:
    """Score predictions: CCC, PCC, RMSE and sign agreement, with 95 % intervals.

    Each is given over all frames together (pooled) and as the mean of the recordings' own scores. Intervals
    resample whole recordings. Frames labelled -5 never count; how many frames count is always said.

    Example: avaffect evaluate results/ Validation_Set/ --against baseline/ --plots plots/
    """
    from .. import evaluate as honest

    truths = honest.read_labels(labels)
    people = honest.read_subjects(subjects) if subjects else None
    options = {"missing": missing.value, "subjects": people, "resamples": resamples, "seed": seed}

    def paired(path: Path) -> tuple[Pairing, list[str]]:
        found, steps = processed(
            honest.read_predictions(path), smooth=smooth, causal=causal, clip=clip, rate=rate
        )
        return honest.match(found, truths, subset=subset, tolerance=tolerance), steps

    pairing, steps = paired(predictions)
    report = honest.score(pairing, **options)  # type: ignore[arg-type]
    comparison = None
    if against:
        comparison = honest.compare(pairing, paired(against)[0], **options)  # type: ignore[arg-type]
    written = honest.draw_plots(pairing, report, plots) if plots else []
    if as_json:
        typer.echo(json.dumps(_as_json(report, comparison, steps, written), indent=2))
        return
    console = Console()
    _print_report(console, report, steps)
    if comparison:
        _print_comparison(console, comparison, str(predictions), str(against))
    if written:
        _say(console, "Written: " + ", ".join(map(str, written)))


def processed(
    recordings: list[Recording], *, smooth: str | None, causal: bool, clip: bool, rate: float | None
) -> tuple[list[Recording], list[str]]:
    """Recordings after the post-processing asked for, and one line for each step of it."""
    from ..evaluate import Smoothing
    from ..evaluate import clip as limited

    if causal and smooth is None:
        raise AvaffectError("--causal says how to smooth; give --smooth box:SECONDS too")
    steps = []
    if rate is not None:
        recordings = [recording.timed(rate) for recording in recordings]
    if smooth is not None:
        smoothing = Smoothing.parse(smooth, causal=causal)
        recordings = [smoothing(recording) for recording in recordings]
        steps.append(f"smoothed: {smoothing}")
    if clip:
        recordings, changed = limited(recordings)
        steps.append(f"clipped to -1 ... 1: {changed} values changed")
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
            table.add_row(target if key == "ccc" else "", name, _shown(pooled), _shown(each))
        table.add_section()
    table.add_row(
        "mean of both", "CCC", *(_shown(report.mean_ccc[way]) for way in ("pooled", "per_recording"))
    )
    console.print(table)
    counts = Table("target", "frames that count", "not annotated", "not predicted", "recordings")
    for target, scores in report.targets.items():
        numbers = scores.frames, scores.unlabelled, scores.unpredicted, scores.recordings
        counts.add_row(target, *(f"{number:,}" for number in numbers))
    console.print(counts)
    if any(scores.unpredicted for scores in report.targets.values()):
        _say(console, f"labelled frames that are not predicted {_FATE[report.missing]}")
    if report.has_intervals:
        how = f"{report.resamples} resamples of {report.units} {report.unit}s, seed {report.seed}"
        _say(console, f"[ ]: {100 * report.level:g} % intervals from {how}")
    _say(console, *steps, *report.notes)


_FATE = {"exclude": "do not count", "zero": "count as 0", "mean": "count as the mean prediction"}


def _print_comparison(console: Console, comparison: Comparison, first: str, second: str) -> None:
    for way, rows in (("pooled", comparison.pooled), ("per recording", comparison.per_recording)):
        table = Table(f"CCC, {way}", "A", "B", "A - B", "A ahead in")
        for target, row in rows.items():
            known = row.share_better == row.share_better
            share = f"{100 * row.share_better:.1f} %" if known else ""
            name = "mean of both" if target == "mean" else target
            difference = _shown(row.difference, sign=True)
            table.add_row(name, f"{row.first:.3f}", f"{row.second:.3f}", difference, share)
        console.print(table)
    frames = ", ".join(f"{n:,} of {target}" for target, n in comparison.frames.items())
    _say(
        console,
        f"A: {first}",
        f"B: {second}",
        f"{comparison.recordings} recordings, frames that count for both: {frames}",
        *comparison.notes,
    )


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _shown(figure: Estimate, *, sign: bool = False) -> str:
    form = "+.3f" if sign else ".3f"
    if figure.value != figure.value:
        return "not defined"
    ends = f" [{figure.low:{form}}, {figure.high:{form}}]" if figure.low == figure.low else ""
    return escape(f"{figure.value:{form}}{ends}")
