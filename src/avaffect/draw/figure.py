"""A matplotlib figure of ours: shown by notebooks, written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ..errors import DataError
from ..files import replacing
from .fonts import letters_of

_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # the same picture gives the same bytes


class Plot(Figure):
    """A matplotlib figure that a notebook shows, whether or not matplotlib was set up for it."""

    def savefig(self, *args: Any, **options: Any) -> None:
        """Write it, with the letters that the system has."""
        with letters_of(self):
            super().savefig(*args, **options)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure; the ending of ``path`` chooses the format.

    Raises
    ------
    DataError
        If the format is not known or the file cannot be written.
    """
    known = figure.canvas.get_supported_filetypes()
    ending = Path(path).suffix.lower().lstrip(".")
    if ending not in known:
        raise DataError(f"cannot draw {path}: give an ending out of {', '.join(sorted(known))}")
    # In a pdf, text stays text that a journal's typesetter can edit.
    with (
        replacing(path) as temporary,
        matplotlib.rc_context({"svg.hashsalt": "avaffect", "pdf.fonttype": 42}),
    ):
        figure.savefig(temporary, metadata=_UNDATED.get(ending))
    return Path(path)
