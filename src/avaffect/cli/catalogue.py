"""`avaffect models` and `avaffect fusions`: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def models(as_json: AsJson = False) -> None:
    """List the models that ship with avaffect, with what they were trained on and their terms."""
    from ..checkpoint import embedded, read_spec

    specs = [read_spec(name) for name in embedded()]
    if as_json:
        typer.echo(json.dumps([json.loads(spec.to_json()) for spec in specs], indent=2))
        return
    table = Table("model", "fusion", "streams", "rate", "trained on", "licence")
    for spec in specs:
        corpora = ", ".join(corpus.name for corpus in spec.corpora)
        streams = " + ".join(spec.streams)
        table.add_row(spec.name, spec.fusion.name, streams, f"{spec.rate:g} Hz", corpora, spec.licence)
    Console().print(table)


def fusions(as_json: AsJson = False) -> None:
    """List the fusion mechanisms that a model can be built with."""
    from ..fusion import fusion_summary, list_fusions

    summaries = {name: fusion_summary(name) for name in list_fusions()}
    if as_json:
        typer.echo(json.dumps(summaries, indent=2))
        return
    table = Table("fusion", "what it does")
    for name, summary in summaries.items():
        table.add_row(name, summary)
    Console().print(table)
