"""`avaffect plot`: a plain figure of results, for a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import AvaffectError
from .plot_options import Picture
from .result_options import (
    EditList,
    Overwrite,
    Results,
    check_outputs,
    parts_of,
    print_lines,
    results_of,
    write_each,
)

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*x\s*(\d+(?:\.\d+)?)\s*(?:mm)?\s*")


def plot(
    results: Results,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the figures.")] = Path("out"),
    people: Annotated[
        str | None,
        typer.Option(help="Who is shown: numbers or names, such as 1,2; by default all.", show_default=False),
    ] = None,
    span: Annotated[
        str | None,
        typer.Option(help="Seconds that are shown, such as 10-40; by default all.", show_default=False),
    ] = None,
    size: Annotated[str, typer.Option(help="Width and height in millimetres.")] = "180x90",
    smooth: Annotated[float, typer.Option(min=0, help="Seconds of a moving mean; 0 for none.")] = 0.0,
    picture: Annotated[Picture, typer.Option("--format", "-f", help="Format of the figures.")] = Picture.PDF,
    edits: EditList = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw valence and arousal of each recording over time, NAME_course.pdf, at the size that a paper needs.

    With --people and --span, the file's name says who and when: NAME_course_1_10-40s.pdf.

    Example: avaffect plot results/interview.parquet --people 1 --span 10-40 --size 88x60 --out figures
    """
    from ..draw import plot_courses
    from ..exchange.results import result_paths

    seconds = _numbers(span, _SPAN, "--span", "two numbers of seconds, such as 10-40")
    millimetres = _numbers(size, _SIZE, "--size", "millimetres, such as 180x90")
    chosen = None if people is None else parts_of(people, "--people", "numbers or names, such as 1,2")
    options: dict[str, Any] = {"people": chosen, "span": seconds, "size": millimetres, "smooth": smooth}
    with results_of(results, edits) as (found, amiss):
        paths = result_paths(found, out, f"_course{_shown(chosen, seconds)}.{picture.value}")
        check_outputs(paths, [*results, edits], overwrite=overwrite)
        done = write_each(found, paths, lambda one, path: plot_courses(one.trace, path, **options), amiss)
        print_lines("Written: " + ", ".join(str(path) for _, path in done))


def _shown(people: Sequence[str] | None, span: tuple[float, float] | None) -> str:
    """Who and when is shown, as a part of a file's name."""
    who = "-".join(re.sub(r"[^\w.+]+", "_", name) for name in people or ())[:60]
    return f"_{who}" * bool(who) + (f"_{span[0]:g}-{span[1]:g}s" if span else "")


def _numbers(text: str | None, form: re.Pattern[str], option: str, wanted: str) -> tuple[float, float] | None:
    if text is None:
        return None
    found = form.fullmatch(text)
    if found is None:
        raise AvaffectError(f"{option} {text}: expected {wanted}")
    return float(found[1]), float(found[2])
