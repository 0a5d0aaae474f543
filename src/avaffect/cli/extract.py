"""`avaffect extract`: store a corpus's features and labels for training."""

from __future__ import annotations

import json
import logging
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ..device import MOST_WORKERS
from ..errors import DataError
from ..text import one_line
from .label_options import Decimal, Delimiter, TimeUnit
from .predict_options import Detector
from .printed import Console
from .progress import ProgressBars

if TYPE_CHECKING:
    from ..corpus.extract import Report

log = logging.getLogger(__name__)

LISTED = 20
LITTLE = 0.1
"""Recordings with labels in a smaller share of their ticks get a warning."""


def extract(
    corpus: Annotated[
        str,
        typer.Argument(
            help="affwild2, recola, folder, acted, studyforrest, utterances (layouts: docs/corpora.md), or"
            " one that a plug-in adds.",
            show_default=False,
        ),
    ],
    path: Annotated[Path, typer.Argument(help="Folder or file of the corpus.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="Folder to write the feature store to.", show_default=False)],
    model: Annotated[
        str, typer.Option("--model", "-m", help="Model whose encoders are used: its name or its folder.")
    ] = "hgrjca.default",
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            "-w",
            min=0,
            max=MOST_WORKERS,
            help="Processes, each with one thread; 0: the command's own alone.",
        ),
    ] = 1,
    detector: Detector = "mtcnn",
    text: Annotated[
        bool,
        typer.Option(
            "--text",
            help="Also store what is said, from the transcript beside each recording (NAME.vtt, .srt, ...);"
            " needs the extra 'text'.",
        ),
    ] = False,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", help="An option of the corpus, e.g. scale=1,9; can be given several times."
        ),
    ] = None,
    time_unit: TimeUnit = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
) -> None:
    """Run a model's frozen encoders over a corpus once, and store features and labels for training.

    OUT gets one NAME.safetensors for each recording. A stopped command continues where it was. A recording
    that fails is listed in OUT/errors.csv; the others are extracted.

    Example: avaffect extract affwild2 /data/affwild2 features/affwild2 --workers 4
    """
    chosen = _options(options or [], {"time_unit": time_unit, "delimiter": delimiter, "decimal": decimal})
    from ..corpus.extract import extract as run

    with ProgressBars(unit="recordings") as bars:
        report = run(
            corpus,
            path,
            out,
            model=model,
            workers=workers,
            detector=detector,
            text=text,
            hook=lambda _, completed, total: bars(corpus, completed, total),
            **chosen,
        )
    Console().print(
        f"{len(report.done)} recordings extracted, {len(report.skipped)} were there already,"
        f" {len(report.errors)} failed: {escape(str(out))}",
        highlight=False,
        soft_wrap=True,
    )
    _print_labelled(report)
    if report.errors:
        errors = Console(stderr=True, soft_wrap=True)
        for name, error in report.errors.items():
            errors.print(f"[bold red]error:[/] {escape(name)}: {escape(error)}", highlight=False)
        if report.listed is not None:
            errors.print(f"listed in {escape(str(report.listed))}", highlight=False)
        raise typer.Exit(2)


def _print_labelled(report: Report) -> None:
    """How much of each recording got labels: each by itself, or of many the least."""
    console = Console(soft_wrap=True)
    shares = sorted(report.labelled.items(), key=lambda item: item[1])
    if shares:
        mean = sum(share for _, share in shares) / len(shares)
        least = ", ".join(f"{escape(name)} {100 * share:.0f} %" for name, share in shares[:LISTED])
        first = "least of " if len(shares) > LISTED else ""
        console.print(f"labelled: {100 * mean:.0f} % of the ticks; {first}each: {least}", highlight=False)
    for note in report.notes:
        log.warning("%s", note)
    little = [name for name, share in shares if share < LITTLE]
    if little:
        more = f" and {len(little) - LISTED} more" if len(little) > LISTED else ""
        log.warning(
            "labels in less than %.0f %% of the ticks: %s%s", 100 * LITTLE, ", ".join(little[:LISTED]), more
        )


def _options(texts: list[str], flags: dict[str, str | None]) -> dict[str, Any]:
    """Options of the corpus, from ``key=value`` and from flags of their own.

    Raises
    ------
    DataError
        If a key is an argument of this verb, or is given twice.
    """
    from ..corpus.extract import extract as run

    ours = [name for name, p in signature(run).parameters.items() if p.kind is not p.VAR_KEYWORD]
    found: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    for key, value in map(_option, texts):
        if key in ours:
            raise DataError(
                f"option {one_line(key)!r} is none of the corpus's; see avaffect extract --help for --{key}"
            )
        if key in found:
            raise DataError(f"option {one_line(key)!r} is given twice; give it once")
        found[key] = value
    return found


def _option(text: str) -> tuple[str, Any]:
    """Name and value of ``key=value``; numbers, true/false and comma-separated numbers are converted.

    >>> _option("scale=1,9"), _option("phash=true"), _option("target=mood")
    (('scale', [1, 9]), ('phash', True), ('target', 'mood'))
    """
    key, sign, value = text.partition("=")
    if not sign or not key.isidentifier():
        raise DataError(f"option {one_line(text)!r}: expected key=value, e.g. valence_delay=2.32")
    try:
        return key, json.loads(f"[{value}]" if "," in value and not value.startswith("[") else value)
    except (ValueError, RecursionError):
        return key, value
