"""`avaffect benchmark`: fusions compared on open data, every run kept."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError
from .progress import ProgressBars

benchmark = typer.Typer(no_args_is_help=True, help="Compare fusions on open data.")


@benchmark.callback()
def _group() -> None:
    """Compare fusions on open data."""


@benchmark.command()
def fusion(
    data: Annotated[
        Path, typer.Option("--data", help="studyforrest's .npz, or its folder.", show_default=False)
    ],
    corpus: Annotated[str, typer.Option(help="Corpus to compare on; studyforrest so far.")] = "studyforrest",
    work: Annotated[
        Path, typer.Option(help="Folder of finished runs; what lies there is not run again.")
    ] = Path("benchmark-runs"),
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page, tables, plots.")] = Path("out"),
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each system and segment.")] = 3,
    damaged_seeds: Annotated[
        int, typer.Option(min=0, help="The same on damaged streams, for the curves' second row.")
    ] = 1,
    systems: Annotated[
        list[str] | None, typer.Option("--systems", help="System to run; repeat for several. All if none.")
    ] = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Run nothing; write the page from finished runs.")
    ] = False,
) -> None:
    """Compare every fusion, each stream alone and ordinary baselines, one segment left out at a time.

    Writes benchmark.md and benchmark/ (tables, plots) to the result folder. Stop it at any time: the
    same command goes on where it was, and with more seeds adds to what is there.

    Example: avaffect benchmark fusion --data studyforrest_av_va.npz --seeds 5 --out docs
    """
    if corpus != "studyforrest":
        raise AvaffectError(f"no benchmark on {corpus!r}; type --corpus studyforrest")
    from ..comparison import About, Bench, Settings, choose, plan, read_segments, write_report

    chosen = choose(systems or [])
    segments = read_segments(data)
    settings = Settings()
    bench = Bench(segments, work, settings)
    if not report_only:
        jobs = plan(chosen, segments, seeds, damaged_seeds)
        with ProgressBars(unit="runs") as bars:
            bench.run(jobs, bars)
    command = ["avaffect", "benchmark", "fusion", "--data", data.name, "--seeds", str(seeds)]
    command += ["--damaged-seeds", str(damaged_seeds), *(f"--systems={name}" for name in systems or [])]
    machine = f"{os.cpu_count()} CPU cores"
    about = About(shlex.join(command), machine, settings, seeds, damaged_seeds)
    page = write_report(out, work, chosen, segments, about)
    Console().print(f"Written: {escape(str(page))}", highlight=False)


@benchmark.command()
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
    from ..imputation.report import write_report
    from ..imputation.runs import Bench
    from ..imputation.systems import Plan

    fusion_class(fusion)  # a wrong name is an error before the work
    with ProgressBars(unit="runs") as bars:
        bench = Bench(work, None if data is None else FeatureStore(data), Plan(fusion))
        tables = bench.run(seeds, bars)
    command = ["avaffect", "benchmark", "imputation", *(["--data", data.name] if data else [])]
    command += ["--seeds", str(seeds), *(["--fusion", fusion] if fusion != "concat" else [])]
    page = write_report(out, tables, shlex.join(command))
    Console().print(f"Written: {escape(str(page))}", highlight=False)
