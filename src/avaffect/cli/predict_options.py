"""Options of `avaffect predict`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..device import MOST_THREADS, Device


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


Recordings = Annotated[
    list[str],
    typer.Argument(
        help="Video or audio files, folders of them, patterns in quotes ('sessions/**/*.mp4'), or a table"
        " (.csv) with a column 'file'. Addresses (s3://bucket/sessions) with the extra 'remote'.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results, or its address.")]
Model = Annotated[
    str, typer.Option("--model", "-m", help="A model's name (see `avaffect models`) or folder.")
]
WhichPeople = Annotated[People, typer.Option(help="Report everyone, or only the most prominent person.")]
Detector = Annotated[
    str,
    typer.Option(
        help="Face detector: mtcnn, yunet (its weights are downloaded once), or one that a plug-in adds."
    ),
]
Formats = Annotated[list[Format], typer.Option("--format", "-f", help="Table format; repeat for several.")]
Plot = Annotated[bool, typer.Option("--plot/--no-plot", help="Write a plot.")]
Video = Annotated[bool, typer.Option("--video/--no-video", help="Write an annotated video (mp4).")]
ReportPage = Annotated[
    bool,
    typer.Option("--report", help="Write a report (html) with pictures of the highest and lowest moments."),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into folders within folders.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        min=1,
        help="Recordings that are read at once, each by a process of its own. By default one; on a cluster as"
        " many as it has cores.",
        show_default=False,
    ),
]
ShardOf = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Read one part of N alone, for jobs on several machines. A recording's name tells its part.",
        show_default=False,
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Read on the machines of a Ray cluster: HOST:PORT of its head, or auto (extra 'scale').",
        show_default=False,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on where a run was stopped: only what is missing or out of date is made."
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace files that are no results of the same recordings (never an input)."
    ),
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="End at the first file that fails.")]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        min=1,
        max=MOST_THREADS,
        help="CPU threads of the networks, which are small: one is fastest as a rule.",
    ),
]
WhichDevice = Annotated[
    Device,
    typer.Option(
        "--device",
        help="What runs the networks; auto: the first there is. All but the CPU need an ONNX Runtime that"
        " has them (such as onnxruntime-gpu). Without it the CPU is used, and a line says so.",
    ),
]
DetectionInterval = Annotated[
    float,
    typer.Option(help="Seconds between two searches of the picture for new faces; longer is quicker."),
]
MinFace = Annotated[
    float | None,
    typer.Option(
        help="Smallest face with which a person is found, in pixels, at least 12; smaller is slower."
        " By default it depends on the size of the picture.",
        show_default=False,
    ),
]
AudioTrack = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Number of the sound track to read. By default the file's default track, or, if that is"
        " silent, the first that is not.",
        show_default=False,
    ),
]
AudioChannel = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Number of the channel to read alone. By default the mean of all.",
        show_default=False,
    ),
]
Causal = Annotated[
    bool,
    typer.Option(
        "--causal",
        help="Read each moment from what was seen and heard until then, as `avaffect live` does.",
    ),
]
Lag = Annotated[
    float,
    typer.Option(
        help="Seconds, at most 5: how much of what comes after a moment is known at it, with --causal."
    ),
]
Transcript = Annotated[
    Path | None,
    typer.Option(
        help="What is said, for a model with a text stream and one recording: WebVTT, SRT, ELAN,"
        " TextGrid, or a recogniser's JSON. By default NAME.vtt (.srt, ...) beside each recording.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON for a script to read.")]
