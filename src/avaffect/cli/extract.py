"""`avaffect extract`: a corpus in; a store of features and labels out, for training."""

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
            help="affwild2, recola, folder, studyforrest, utterances (docs/corpora.md has their layouts),"
            " or one that a plug-in adds.",
            show_default=False,
        ),
    ],
    path: Annotated[Path, typer.Argument(help="Where the corpus lies.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="Folder of the feature store.", show_default=False)],
    model: Annotated[
        str, typer.Option("--model", "-m", help="Model whose encoders are used: a name or a folder.")
    ] = "hgrjca.default",
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, help="Processes, each with one thread.")
    ] = 1,
    detector: Annotated[
        str, typer.Option(help="Face detector: mtcnn, yunet, or one that a plug-in adds.")
    ] = "mtcnn",
    options: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="An option of the corpus, e.g. valence_delay=0; repeatable."),
    ] = None,
) -> None:
    """Run faces, voice and frozen encoders over a corpus once, and keep features and labels.

    OUT gets one NAME.safetensors a recording. Started again, the command goes on where it was; recordings
    that fail are listed in OUT/errors.csv and hold up no others.

    Example: avaffect extract affwild2 /data/affwild2 features/affwild2 --workers 4
    """
    chosen = dict(_option(text) for text in options or [])
    from ..corpus.extract import ERRORS
    from ..corpus.extract import extract as run

    with ProgressBars(unit="recordings") as bars:
        report = run(
            corpus,
            path,
            out,
            model=model,
            workers=workers,
            detector=detector,
            hook=lambda done, total, _: bars(corpus, done, total),
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
        errors.print(f"listed in {escape(str(out / ERRORS))}", highlight=False)
        raise typer.Exit(2)


def _option(text: str) -> tuple[str, Any]:
    """``key=value``; numbers, true/false and comma-separated numbers are read as such.

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
