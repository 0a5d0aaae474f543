"""`avaffect benchmark`: fusions compared on open data, every run kept."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ..errors import AvaffectError, DataError, nearest
from ..files import writable_folder
from ..text import read_text
from .help import Verb, Verbs
from .printed import Console
from .progress import ProgressBars

# What stands in every page of each.
_FUSION, _IMPUTATION = "avaffect benchmark fusion", "avaffect benchmark imputation"

benchmark = typer.Typer(cls=Verbs, no_args_is_help=True, help="Compare fusions on open data.")


@benchmark.callback()
def _group() -> None:
    """Compare fusions on open data."""


@benchmark.command(cls=Verb)
def fusion(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="studyforrest: its .npz, or its folder. acted: the work folder of a training whose recipe "
            "has videos of actors, such as runs/default, or its features/pairs.npz.",
            show_default=False,
        ),
    ],
    corpus: Annotated[
        str,
        typer.Option(
            help="studyforrest: a film, rated second by second. acted: clips of actors, face and voice of "
            "one person at a time (the recipe's acted folder, such as javanese)."
        ),
    ] = "studyforrest",
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder of finished runs; what lies there is not run again.",
            show_default="benchmark-runs/CORPUS",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page, tables, plots.")] = Path("out"),
    seeds: Annotated[
        int, typer.Option(min=1, help="Trainings of each system and each part that is left out.")
    ] = 3,
    damaged_seeds: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="studyforrest: the same on damaged streams, for the curves' second row.",
            show_default="1",
        ),
    ] = None,
    systems: Annotated[
        list[str] | None, typer.Option("--systems", help="System to run; repeat for several. All if none.")
    ] = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Run nothing; write the page from finished runs.")
    ] = False,
) -> None:
    """Compare every fusion, each stream alone and ordinary baselines, one part left out at a time.

    A part is a segment of the film, or the actors of a fold. Writes benchmark.md and benchmark/ (tables,
    plots), for actors benchmark_acted.md and benchmark_acted/, to the result folder. Stop it at any time: the
    same command goes on where it was, and with more seeds adds to what is there.

    Example: avaffect benchmark fusion --data studyforrest_av_va.npz --seeds 5 --out docs

    Example: avaffect benchmark fusion --corpus acted --data runs/default --out docs
    """
    from ..comparison import BENCHES, About, Settings, choose

    if corpus not in BENCHES:
        raise AvaffectError(f"no benchmark on {corpus!r}; {nearest(corpus, BENCHES)}")
    kind, settings, chosen = BENCHES[corpus], Settings(), choose(systems or [])
    if damaged_seeds is not None and not kind.damages:
        raise AvaffectError(
            f"--damaged-seeds is for --corpus studyforrest: on {corpus} all trainings meet damage; drop it"
        )
    command = ["avaffect", "benchmark", "fusion", *([] if corpus == "studyforrest" else ["--corpus", corpus])]
    command += ["--data", data.name if data.is_absolute() else str(data), "--seeds", str(seeds)]
    if kind.damages:
        damaged_seeds = 1 if damaged_seeds is None else damaged_seeds
        command += ["--damaged-seeds", str(damaged_seeds)]
    command += [f"--systems={name}" for name in systems or []]
    about = About(shlex.join(command), f"{os.cpu_count()} CPU cores", settings, seeds, damaged_seeds or 0)
    _check_page(out / f"{kind.page}.md", _FUSION)
    bench = kind.open(data, Path("benchmark-runs") / corpus if work is None else work, settings)
    if not report_only:
        _make_folders(out, out / kind.page)
        with ProgressBars(unit="runs") as bars:
            bench.run(bench.jobs(chosen, about), bars)
    page = bench.write(out, chosen, about)
    Console().print(f"Written: {escape(str(page))}", highlight=False)


@benchmark.command(cls=Verb)
def imputation(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Feature store with two streams; without it, digits alone."),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Folder of finished runs; what lies there is not run again.")
    ] = Path("imputation-runs"),
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page and tables.")] = Path("out"),
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each system and fold.")] = 3,
    fusion: Annotated[str, typer.Option(help="Fusion behind the streams.")] = "concat",
) -> None:
    """Impute a missing stream (MEME), and compare that with other ways to live without it.

    Trains on digits of two kinds that come with scikit-learn and matplotlib, and on a feature store in which
    recordings lack a stream. Writes imputation.md and imputation/ (tables) to the result folder. Stop it at
    any time: the same command goes on where it was.

    Example: avaffect benchmark imputation --data features/clips --out docs
    """
    from ..corpus.store import FeatureStore
    from ..fusion import fusion_class
    from ..imputation.report import FIGURES, write_report
    from ..imputation.runs import Bench
    from ..imputation.systems import Plan

    fusion_class(fusion)  # a wrong name is an error before the work
    _check_page(out / f"{FIGURES}.md", _IMPUTATION)
    with ProgressBars(unit="runs") as bars:
        bench = Bench(work, None if data is None else FeatureStore(data), Plan(fusion))
        _make_folders(out, out / FIGURES)
        tables = bench.run(seeds, bars)
    command = ["avaffect", "benchmark", "imputation", *(["--data", data.name] if data else [])]
    command += ["--seeds", str(seeds), *(["--fusion", fusion] if fusion != "concat" else [])]
    page = write_report(out, tables, shlex.join(command))
    Console().print(f"Written: {escape(str(page))}", highlight=False)


def _check_page(page: Path, mark: str) -> None:
    """Check before the work that a page is not there, or is one of ours."""
    if os.path.lexists(page) and mark not in read_text(page):
        raise DataError(f"{page} is there and is no page of this benchmark; give another --out")


def _make_folders(*folders: Path) -> None:
    """Make the folders of the results before the work."""
    for folder in folders:
        writable_folder(folder, "give another --out")
