"""`avaffect predict`: recordings in; tables, plots and annotated videos out."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError, MediaError
from ..files import replacing
from .progress import ProgressBars

if TYPE_CHECKING:
    from ..trace import Trace


class People(StrEnum):
    """Who is reported."""

    ALL = "all"
    MAIN = "main"


class Format(StrEnum):
    """What the table is written as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    WEBVTT = "webvtt"
    ABAW = "abaw"
    BIDS = "bids"


def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Video or audio files, or folders of them.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("out"),
    model: Annotated[
        str, typer.Option("--model", "-m", help="A model's name (see `avaffect models`) or folder.")
    ] = "hgrjca.default",
    people: Annotated[
        People, typer.Option(help="Report everyone, or only the most prominent person.")
    ] = People.ALL,
    detector: Annotated[
        str, typer.Option(help="Face detector: mtcnn, yunet, or one that a plug-in adds.")
    ] = "mtcnn",
    formats: Annotated[
        list[Format], typer.Option("--format", "-f", help="Table format; repeat for several.")
    ] = [Format.CSV, Format.PARQUET],  # noqa: B006 - typer reads the default, nobody changes it
    plot: Annotated[bool, typer.Option("--plot/--no-plot", help="Write a plot (png).")] = True,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write an annotated video (mp4).")] = True,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Look into folders within folders.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip inputs whose results are already there.")
    ] = False,
    threads: Annotated[
        int,
        typer.Option(
            "--threads", min=1, help="CPU threads of the networks, which are small: one is fastest as a rule."
        ),
    ] = 1,
    detection_interval: Annotated[
        float,
        typer.Option(help="Seconds between two searches of the picture for new faces; longer is quicker."),
    ] = 0.3,
    min_face: Annotated[
        float | None,
        typer.Option(
            help="Smallest face with which a person is found, in pixels, at least 12; smaller is slower."
            " By default it depends on the size of the picture.",
            show_default=False,
        ),
    ] = None,
    audio_track: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of the sound track to read. By default the file's default track, or, if that is"
            " silent, the first that is not.",
            show_default=False,
        ),
    ] = None,
    audio_channel: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of the channel to read alone. By default the mean of all.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON for a script to read.")
    ] = False,
) -> None:
    """Read valence and arousal, frame by frame, from faces and voices.

    For each input the result folder gets NAME.csv and NAME.parquet (one row a frame and person),
    NAME.png (the plot) and NAME_annotated.mp4. A file that cannot be read is reported at the end
    and, in a batch, listed in errors.csv; the others are not held up.

    Example: avaffect predict -r sessions/ --out results --people main
    """
    files = _gather(inputs, out, recursive)
    targets = {file: out / name for file, name in zip(files, _names(files), strict=True)}
    _make(out)
    if resume:
        targets = {file: target for file, target in targets.items() if not _is_done(target, formats)}
    import torch

    from .. import load

    torch.set_num_threads(threads)
    predictor = load(
        model,
        people=people.value,
        detector=detector,
        detection_interval=detection_interval,
        min_face=min_face,
        audio_track=audio_track,
        audio_channel=audio_channel,
    )
    console = Console()
    failures: list[dict[str, str]] = []
    summaries: list[dict[str, Any]] = []
    with ProgressBars(batch="files") as bars:
        for file, result in predictor.iter_files(list(targets), bars):
            try:
                trace = _needed(result)
                written = _write(trace, file, targets[file], formats, plot, video, bars)
            except AvaffectError as error:
                failures.append({"file": str(file), "error": str(error)})
                continue
            summaries.append({**trace.summary(), "outputs": [str(path) for path in written]})
            if not as_json:
                bars.rest()
                console.print(escape(trace.describe()), highlight=False)
                console.print("Written: " + escape(", ".join(map(str, written))), highlight=False)
    if as_json:
        typer.echo(json.dumps({"results": summaries, "errors": failures}, indent=2))
    if failures:
        _report(failures, out, len(files))


def _needed(result: Trace | AvaffectError) -> Trace:
    """The trace, or raise why there is none."""
    if isinstance(result, AvaffectError):
        raise result
    return result


def _write(
    trace: Trace,
    source: Path,
    target: Path,
    formats: list[Format],
    plot: bool,
    video: bool,
    bars: ProgressBars,
) -> list[Path]:
    """Write everything asked for of one file."""
    from .. import draw

    target.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for form, path in _tables(target, formats).items():
        getattr(trace, f"to_{form}")(path)
        written.append(path)
    if plot:
        path = target.with_name(f"{target.name}.png")
        draw.plot(trace, path)
        written.append(path)
    if video and trace.table["frame"].notna().any():
        # Never NAME.mp4: with --out beside the input that would be the input itself.
        path = target.with_name(f"{target.name}_annotated.mp4")
        draw.annotate(trace, source, path, hook=lambda _, done, total: bars(str(path), done, total))
        written.append(path)
    return written


SUFFIXES = {
    Format.CSV: ".csv",
    Format.PARQUET: ".parquet",
    Format.JSONL: ".jsonl",
    Format.WEBVTT: ".vtt",
    Format.ABAW: ".txt",
    Format.BIDS: "_physio.tsv.gz",
}


def _tables(target: Path, formats: list[Format]) -> dict[Format, Path]:
    return {form: target.with_name(target.name + SUFFIXES[form]) for form in dict.fromkeys(formats)}


def _is_done(target: Path, formats: list[Format]) -> bool:
    """All tables asked for are there."""
    return all(path.exists() for path in _tables(target, formats).values())


def _gather(inputs: list[Path], out: Path, recursive: bool) -> list[Path]:
    """All files meant by the inputs; a folder stands for the media files in it, less our own."""
    from ..media import list_media

    files: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found = list_media(path, recursive=recursive)
            found = [file for file in found if out.resolve() not in file.resolve().parents]
            if not found:
                hint = "name another folder" if recursive else "add --recursive to look into its folders"
                raise MediaError(f"{path}: holds no video or audio files; {hint}")
            files.extend(found)
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _names(files: list[Path]) -> list[str]:
    """A result name for each file: its stem, or more of its path where stems collide."""
    stems = [file.stem for file in files]
    names = []
    for file, stem in zip(files, stems, strict=True):
        if stems.count(stem) == 1:
            names.append(stem)
        else:
            names.append("_".join([*file.resolve().parts[-2:-1], file.name.replace(".", "_")]))
    return names


def _make(out: Path) -> None:
    """Create the result folder now, so that an unwritable one is known before the work."""
    probe = out / ".avaffect-write-test"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise AvaffectError(
            f"cannot write to {out} ({error.strerror}); give another folder with --out"
        ) from error


def _report(failures: list[dict[str, str]], out: Path, files: int) -> None:
    """Say which files failed, write errors.csv, and end with exit code 2."""
    import pandas as pd

    if files > 1:
        with replacing(out / "errors.csv") as part:
            pd.DataFrame(failures).to_csv(part, index=False)
    errors = Console(stderr=True, soft_wrap=True)
    for failure in failures:
        errors.print(f"[bold red]error:[/] {escape(failure['error'])}", highlight=False)
    raise typer.Exit(2)
