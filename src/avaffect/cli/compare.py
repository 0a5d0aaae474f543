"""`avaffect compare`: two groups of recordings, or two people, beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from ..errors import AvaffectError
from .compare_sides import side_by_side
from .plot_options import Picture, PlotFormat
from .printed import Console, write_json
from .result_options import (
    EditList,
    Overwrite,
    Results,
    check_outputs,
    going_on,
    parts_of,
    print_lines,
    results_of,
)

if TYPE_CHECKING:
    from ..contrast import GroupComparison, Synchrony
    from ..exchange import Result
    from ..trace import Trace


def compare(
    results: Results,
    others: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", help="The second group: tables or folders; repeat for several.", show_default=False
        ),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(
            help="Two people of each recording, such as 1,2: cross-correlation and lag.", show_default=False
        ),
    ] = None,
    lag: Annotated[
        bool,
        typer.Option(
            "--lag",
            help="With --with: cross-correlation and lag of recordings that were started together, the first"
            " with the first, and so on. One whose partner cannot be read is left out.",
        ),
    ] = False,
    names: Annotated[
        str | None,
        typer.Option(help="What the groups are called, such as calm,stress.", show_default=False),
    ] = None,
    people: Annotated[
        str,
        typer.Option(help="Who counts of each recording: main (seen longest), all, a number or a name."),
    ] = "main",
    paired: Annotated[
        bool,
        typer.Option(
            "--paired", help="Compare recordings of the same name two by two: one person, two conditions."
        ),
    ] = False,
    max_lag: Annotated[float, typer.Option(help="Seconds by which one person may follow the other.")] = 5.0,
    edits: EditList = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the statistics and the plot.", show_default=False),
    ] = None,
    plot_format: PlotFormat = Picture.PNG,
    resamples: Annotated[
        int, typer.Option(min=100, max=100_000, help="Number of resamples for the intervals.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two groups of recordings, or two people who are there together.

    Groups: each person's mean and spread, the groups' means, and their difference with a 95 % interval that
    resamples recordings. People: how strongly they go together, who follows, and what chance would give.
    With --out, the folder gets comparison.csv, people.csv (of groups) and comparison.png.

    Example: avaffect compare results/calm --with results/stress --paired --out comparison
    """
    if (pair is None) == (not others):
        raise AvaffectError("compare: give --with FOLDER for a second group, or --pair 1,2 for two people")
    synchronous = pair is not None or lag
    given = [*results, *(others or [])]
    files = _files(out, synchronous, plot_format)
    check_outputs(list(files.values()), [*given, edits], overwrite=overwrite)
    with results_of(given, edits) as (found, amiss):
        if not synchronous:
            groups = [_group(found, inputs) for inputs in (results, others or [])]
            _groups(
                groups, files, as_json, names=_names(names, results, others or []), people=people,
                paired=paired, resamples=resamples, seed=seed,
            )  # fmt: skip
            return
        if pair is None:
            pairs = side_by_side(found, results, others or [], people, amiss)
        else:
            two = going_on(found, partial(_two, pair=pair), amiss, path=lambda result: result.table)
            pairs = [each for _, each in two]
        _pairs(pairs, files, as_json, max_lag=max_lag, resamples=resamples, seed=seed)


def _files(out: Path | None, synchronous: bool, plot_format: Picture) -> dict[str, Path]:
    if out is None:
        return {}
    files = {"statistics": out / "comparison.csv", "plot": out / f"comparison.{plot_format.value}"}
    return files if synchronous else files | {"people": out / "people.csv"}


def _group(found: Sequence[Result], inputs: Sequence[Path]) -> list[Trace]:
    """The traces that some inputs stand for, at least one."""
    from ..exchange.results import no_results

    traces = [result.trace for result in found if result.given in inputs]
    if not traces:
        raise no_results(inputs)
    return traces


def _names(given: str | None, first: Sequence[Path], second: Sequence[Path]) -> tuple[str, str]:
    if given is not None:
        one, other = parts_of(given, "--names", "two names, such as calm,stress", 2)
        return one, other
    folders = [group[0].resolve().name if len(group) == 1 else "" for group in (first, second)]
    return (folders[0], folders[1]) if all(folders) and folders[0] != folders[1] else ("A", "B")


def _groups(
    groups: Sequence[Sequence[Trace]], files: Mapping[str, Path], as_json: bool, **options: Any
) -> None:
    from ..contrast import compare as compare_groups
    from ..contrast import draw_groups
    from ..exchange.tables import write_table

    comparison = compare_groups(groups[0], groups[1], **options)
    if files:
        write_table(comparison.table(), files["statistics"])
        write_table(comparison.people(), files["people"])
        draw_groups(comparison, files["plot"])
    if as_json:
        whole = {**comparison.as_dict(), "outputs": [str(path) for path in files.values()]}
        write_json(whole)
        return
    _print_groups(comparison)
    _print_written(files)


def _print_groups(comparison: GroupComparison) -> None:
    first, second = map(escape, comparison.names)
    groups = (Column(name, overflow="fold") for name in (first, second, f"{first} - {second}"))
    table = Table("target", "measure", *groups, "effect", "people")
    for one in comparison.statistics:
        effect = f"{one.effect:+.2f}" if one.effect == one.effect else ""
        figures = [
            escape(each.text("+.2f" if signed else ".2f").replace(" [", "\n["))
            for each, signed in ((one.first, one.measure != "sd"), (one.second, one.measure != "sd"),
                                 (one.difference, True))
        ]  # fmt: skip
        table.add_row(one.target, one.measure, *figures, effect, f"{one.counts[0]}, {one.counts[1]}")
    Console().print(table)
    legend = (
        f"[ ]: {100 * comparison.level:g} % intervals from {comparison.resamples} resamples of"
        f" {'pairs' if comparison.paired else 'recordings'}, seed {comparison.seed}"
    )
    every = [each for one in comparison.statistics for each in (one.first, one.second, one.difference)]
    print_lines(
        *[legend] * any(each.low == each.low for each in every),
        *[comparison.effect_text] * any(one.effect == one.effect for one in comparison.statistics),
        *comparison.notes,
        "The numbers are expressions as raters see them, not feelings.",
    )


def _two(result: Result, pair: str) -> tuple[Trace, Trace]:
    """The rows of two people of a recording, given by number or name."""
    from ..contrast.dyads import pair_of

    one, other = parts_of(pair, "--pair", "two people, such as 1,2", 2)
    if one == other:
        raise AvaffectError(f"--pair {pair}: expected two people, such as 1,2")
    try:
        return pair_of(result.trace, one, other)
    except AvaffectError as error:
        raise AvaffectError(f"--pair {pair}: {error}") from error


def _pairs(
    pairs: Sequence[tuple[Trace, Trace]], files: Mapping[str, Path], as_json: bool, *, max_lag: float,
    resamples: int, seed: int,
) -> None:  # fmt: skip
    from ..contrast import draw_synchrony, synchrony
    from ..contrast.dyads import is_found, over_recordings, synchrony_table
    from ..exchange.tables import write_table

    found = [synchrony(a, b, max_lag=max_lag) for a, b in pairs]
    recordings = [tuple(dict.fromkeys((*a.files, *b.files))) for a, b in pairs]
    overall, notes = over_recordings(found, resamples=resamples, seed=seed)
    if files:
        write_table(synchrony_table(found, recordings), files["statistics"])
        drawn = next((k for k, each in enumerate(found) if is_found(each)), None)
        if drawn is None:
            files = {what: path for what, path in files.items() if what != "plot"}
            notes.append("no plot: there is no correlation to draw")
        else:
            draw_synchrony(found[drawn], files["plot"])
            if len(found) > 1:
                which = "the first pair" if drawn == 0 else "the first pair with enough in common"
                notes.append(f"the plot is of {which}, {', '.join(recordings[drawn])}")
    if as_json:
        whole = {
            "pairs": [
                {"files": list(names), **{target: s.as_dict() for target, s in each.items()}}
                for names, each in zip(recordings, found, strict=True)
            ],
            "mean_correlation": {target: figure.plain() for target, figure in overall.items()},
            "notes": notes,
            "outputs": [str(path) for path in files.values()],
        }
        write_json(whole)
        return
    _print_pairs(found, recordings)
    for target, figure in overall.items():
        print_lines(f"{target}: mean correlation at lag 0 over {len(found)} pairs {figure.text('+.3f')}")
    print_lines(*notes)
    _print_written(files)


def _print_pairs(found: Sequence[Mapping[str, Synchrony]], files: Sequence[tuple[str, ...]]) -> None:
    from ..contrast.dyads import in_words

    for names, each in zip(files, found, strict=True):
        print_lines(", ".join(names))
        for one in each.values():
            print_lines(*(f"  {line}" for line in in_words(one)))


def _print_written(files: Mapping[str, Path]) -> None:
    if files:
        print_lines("Written: " + ", ".join(map(str, files.values())))
