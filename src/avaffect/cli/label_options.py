"""Options of every verb that reads label files."""

from __future__ import annotations

from typing import Annotated

import typer

TimeUnit = Annotated[
    str | None,
    typer.Option(
        help="Unit of the labels' times: s, ms, us, ns, min, h or frames (from 0). By default, what the"
        " column's name says (time_ms), otherwise seconds; hh:mm:ss is always read.",
        show_default=False,
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        help="What separates the cells of label tables: comma, semicolon, tab, pipe or space. By default,"
        " what the header has.",
        show_default=False,
    ),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        help="Decimal mark of label tables: point or comma. By default, what the numbers have.",
        show_default=False,
    ),
]
