"""Options of pictures that are written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Picture(StrEnum):
    """What a picture is written as."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


def plot_kind(picture: Picture) -> str:
    """The kind of result, a key of `avaffect.outputs.SUFFIXES`."""
    return "plot" if picture is Picture.PNG else picture.value


PlotFormat = Annotated[Picture, typer.Option("--plot-format", help="Format of the plot.")]
