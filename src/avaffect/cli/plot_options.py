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


PlotFormat = Annotated[Picture, typer.Option("--plot-format", help="Format of the plot.")]
