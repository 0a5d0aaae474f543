"""The `avaffect` command: gathers the verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from ..registry import load_plugins
from .benchmark import benchmark
from .catalogue import describe, fusions, models
from .compare import compare
from .convert import convert
from .evaluate import evaluate
from .export import export
from .extract import extract
from .help import Verb, Verbs
from .import_checkpoint import import_checkpoint
from .live import live
from .plot import plot
from .predict import predict
from .printed import Console
from .report import report
from .serve import serve
from .submit import submit
from .summarise import summarise
from .train import train
from .verify import verify

app = typer.Typer(
    name="avaffect",
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",  # rich's own markup would take [train] for a style
    pretty_exceptions_enable=False,
    help=(
        "Valence (how pleasant) and arousal (how activated) from faces and voices, moment by"
        " moment.\n\nA score is an expression as raters see it, not a feeling. Inferring"
        " emotions at work and in education is banned in the EU except for medical or safety"
        " reasons (AI Act, Art. 5(1)(f))."
    ),
)
VERBS = (
    predict,
    live,
    compare,
    summarise,
    convert,
    report,
    plot,
    serve,
    models,
    describe,
    fusions,
    extract,
    train,
    evaluate,
    submit,
    verify,
    export,
    import_checkpoint,
)
for verb in VERBS:
    app.command(cls=Verb)(verb)
app.add_typer(benchmark, name="benchmark")


def _print_version(wanted: bool) -> None:
    if wanted:
        Console().print(f"avaffect {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
    plugins: Annotated[
        list[str] | None,
        typer.Option(
            "--plugin",
            help="Import a module or a .py file that adds parts (fusions, encoders, corpora, face detectors);"
            " repeat for several. Installed packages need no such option.",
        ),
    ] = None,
) -> None:
    """Take the options that stand before the verb."""
    load_plugins(plugins or [])
