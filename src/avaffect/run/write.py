"""Writing one kind of result of a trace."""

from __future__ import annotations

from pathlib import Path

from ..progress import Hook
from ..trace import Trace


def write(kind: str, trace: Trace, source: Path, path: Path, hook: Hook) -> None:
    """Write one kind of result.

    Parameters
    ----------
    kind : str
        A key of `avaffect.outputs.SUFFIXES`.
    trace : Trace
    source : Path
        The recording.
    path : Path
        The main file of this kind.
    hook : callable
        Told of the annotated video, in its seconds.

    Raises
    ------
    AvaffectError
        If it cannot be written.
    """
    if kind in ("plot", "svg", "pdf"):
        from .. import draw  # here and below: a table alone needs no matplotlib

        draw.plot(trace, path)
    elif kind == "video":
        from .. import draw

        draw.annotate(trace, source, path, hook=lambda _, done, total: hook(str(path), done, total))
    elif kind == "report":
        from ..report import write_report

        write_report(trace, path, source)
    else:
        getattr(trace, f"to_{kind}")(path)
