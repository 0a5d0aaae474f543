"""`avaffect models`, `describe` and `fusions`: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from ..errors import AvaffectError
from .printed import Console, write_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


def models(as_json: AsJson = False) -> None:
    """List the models that ship with avaffect; `avaffect describe NAME` says what one was trained on.

    Example: avaffect models
    """
    from ..model_folder import embedded, read_spec

    specs = [read_spec(name) for name in embedded()]
    if as_json:
        write_json([json.loads(spec.to_json()) for spec in specs])
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
    """Print a model's card: what its numbers mean, corpora and terms, held-out figures, limits.

    Example: avaffect describe hgrjca.open
    """
    from ..model_folder import read_card
    from .card import Card

    Console().print(Card(read_card(model)))


def fusions(as_json: AsJson = False) -> None:
    """List the fusion mechanisms that a model can be built with, those of plug-ins included.

    Example: avaffect fusions
    """
    from ..fusion.registry import FUSIONS

    found = {name: {"summary": _summary(name), "package": FUSIONS.package(name)} for name in FUSIONS.names()}
    if as_json:
        write_json(found)
        return
    table = Table(Column("fusion", no_wrap=True), "what it does", "package")
    for name, said in found.items():
        table.add_row(*map(escape, (name, said["summary"], said["package"])))
    Console().print(table)


def _summary(fusion: str) -> str:
    """What a fusion does, or why it cannot be used: a broken plug-in holds up no list."""
    from ..fusion import fusion_class

    try:
        return _headline(fusion_class(fusion).__doc__ or "")
    except AvaffectError as error:
        return f"cannot be used: {error}"


def _headline(docstring: str) -> str:
    """A docstring's first paragraph on one line."""
    return " ".join(docstring.strip().split("\n\n")[0].split())
