"""`avaffect extract`: store a corpus's features and labels for training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import DataError
from .progress import ProgressBars


def extract(
    corpus: Annotated[
        str,
        typer.Argument(
            help="affwild2, recola, folder, studyforrest, utterances (layouts: docs/corpora.md), or one that"
            " a plug-in adds.",
            show_default=False,
        ),
    ],
    path: Annotated[Path, typer.Argument(help="Folder or file of the corpus.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="Folder to write the feature store to.", show_default=False)],
    model: Annotated[
        str, typer.Option("--model", "-m", help="Model whose encoders are used: its name or its folder.")
    ] = "hgrjca.default",
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, help="Processes, each with one thread.")
    ] = 1,
    detector: Annotated[
        str, typer.Option(help="Face detector: mtcnn, yunet, or one that a plug-in adds.")
    ] = "mtcnn",
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", help="An option of the corpus, e.g. scale=1,9; can be given several times."
        ),
    ] = None,
) -> None:
    """Run a model's frozen encoders over a corpus once, and store features and labels for training.

    OUT gets one NAME.safetensors for each recording. A stopped command continues where it was. A recording
    that fails is listed in OUT/errors.csv; the others are extracted.

    Example: avaffect extract affwild2 /data/affwild2 features/affwild2 --workers 4
    """
    chosen = dict(_option(text) for text in options or [])
    from ..corpus.extract import extract as run

    with ProgressBars(unit="recordings") as bars:
        report = run(
            corpus,
            path,
            out,
            model=model,
            workers=workers,
            detector=detector,
            hook=lambda _, completed, total: bars(corpus, completed, total),
            **chosen,
        )
    Console().print(
        f"{len(report.done)} recordings extracted, {len(report.skipped)} were there already,"
        f" {len(report.errors)} failed: {escape(str(out))}",
        highlight=False,
        soft_wrap=True,
    )
    if report.errors:
        errors = Console(stderr=True, soft_wrap=True)
        for name, error in report.errors.items():
            errors.print(f"[bold red]error:[/] {escape(name)}: {escape(error)}", highlight=False)
        if report.listed is not None:
            errors.print(f"listed in {escape(str(report.listed))}", highlight=False)
        raise typer.Exit(2)


def _option(text: str) -> tuple[str, Any]:
    """Name and value of ``key=value``; numbers, true/false and comma-separated numbers are converted.

    >>> _option("scale=1,9"), _option("phash=true"), _option("target=mood")
    (('scale', [1, 9]), ('phash', True), ('target', 'mood'))
    """
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise DataError(f"option {text!r}: expected key=value, e.g. valence_delay=2.32")
    try:
        return key, json.loads(f"[{value}]" if "," in value and not value.startswith("[") else value)
    except json.JSONDecodeError:
        return key, value
