"""`avaffect models`, `describe` and `fusions`: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def models(as_json: AsJson = False) -> None:
    """List the models that ship with avaffect; `avaffect describe NAME` says what one was trained on."""
    from ..checkpoint import embedded, read_spec

    specs = [read_spec(name) for name in embedded()]
    if as_json:
        typer.echo(json.dumps([json.loads(spec.to_json()) for spec in specs], indent=2))
        return
    table = Table(Column("model", no_wrap=True), "reads", "fusion", "rate", "licence of the weights")
    for spec in specs:
        streams = " + ".join(spec.streams)
        fusion = spec.fusion.name if spec.fusion and len(spec.streams) > 1 else ""
        table.add_row(spec.name, streams, fusion, f"{spec.tick_rate:g} Hz", spec.licence)
    Console().print(table)


def describe(
    model: Annotated[str, typer.Argument(help="A model's name or folder.")] = "hgrjca.default",
) -> None:
    """Print a model's card: what its numbers mean, corpora and terms, held-out figures, limits."""
    from rich.markdown import Markdown

    from ..checkpoint import CARD, find

    Console().print(Markdown((find(model) / CARD).read_text(encoding="utf-8")))


def fusions(as_json: AsJson = False) -> None:
    """List the fusion mechanisms that a model can be built with."""
    from ..fusion import fusion_class, list_fusions

    summaries = {name: _headline(fusion_class(name).__doc__ or "") for name in list_fusions()}
    if as_json:
        typer.echo(json.dumps(summaries, indent=2))
        return
    table = Table("fusion", "what it does")
    for name, summary in summaries.items():
        table.add_row(name, summary)
    Console().print(table)


def _headline(docstring: str) -> str:
    """A docstring's first paragraph on one line."""
    return " ".join(docstring.strip().split("\n\n")[0].split())
