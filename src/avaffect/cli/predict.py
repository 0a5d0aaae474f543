"""`avaffect predict`: recordings in; tables, plots and annotated videos out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from ..address import place
from ..device import MOST_WORKERS, Device
from ..errors import AvaffectError
from . import predict_options as option
from .context_options import Baseline, SameSetup, SpeakerFrom
from .plot_options import Picture, PlotFormat, plot_kind
from .predict_options import Format, People
from .printed import Console
from .progress import ProgressBars

if TYPE_CHECKING:
    from ..crew import Crew
    from ..predict.context import ContextOptions
    from ..run.batch import Batch
    from ..run.job import Job
    from ..run.on_ray import RayCrew
    from .predict_report import Report


def predict(
    recordings: option.Recordings,
    out: option.Out = Path("out"),
    model: option.Model = "hgrjca.default",
    people: option.WhichPeople = People.ALL,
    detector: option.Detector = "mtcnn",
    formats: option.Formats = [Format.CSV, Format.PARQUET],  # noqa: B006 - typer reads it, nobody changes it
    plot: option.Plot = True,
    plot_format: PlotFormat = Picture.PNG,
    report_page: option.ReportPage = False,
    video: option.Video = True,
    recursive: option.Recursive = False,
    workers: option.Workers = None,
    shard: option.ShardOf = None,
    ray: option.Ray = None,
    resume: option.Resume = False,
    overwrite: option.Overwrite = False,
    fail_fast: option.FailFast = False,
    threads: option.Threads = 1,
    device: option.WhichDevice = Device.CPU,
    detection_interval: option.DetectionInterval = 0.45,
    min_face: option.MinFace = None,
    audio_track: option.AudioTrack = None,
    audio_channel: option.AudioChannel = None,
    causal: option.Causal = False,
    lag: option.Lag = 0.0,
    transcript: option.Transcript = None,
    same_setup: SameSetup = False,
    speaker_from: SpeakerFrom = None,
    baseline: Baseline = None,
    as_json: option.AsJson = False,
) -> None:
    """Read valence and arousal, frame by frame, from faces and voices.

    For each input the result folder gets NAME.csv and NAME.parquet (one row a frame and person),
    NAME.png (the plot), NAME_annotated.mp4, and NAME.avaffect.json, which says what they were made from.
    Folders within an input folder are kept. A file that fails is reported at the end and, in a batch,
    listed in errors.csv; the others are not held up.

    Example: avaffect predict -r sessions/ --out results --people main
    """
    from .. import inputs, outputs
    from ..run.batch import Batch
    from ..run.job import Job
    from ..run.shard import Shard
    from ..storage import writable
    from .predict_report import Report

    if lag and not causal:
        raise AvaffectError(f"--lag {lag:g} belongs to --causal; give that too, or leave it out")
    if ray is None and (workers or 1) > MOST_WORKERS:
        raise AvaffectError(
            f"--workers {workers}: expected a number from 1 to {MOST_WORKERS}, such as --workers 4"
        )
    part = Shard.parse(shard) if shard is not None else None
    folder = place(out)
    found = inputs.find(recordings, folder, recursive=recursive)
    if transcript is not None and len(found.recordings) != 1:
        raise AvaffectError(
            f"--transcript {transcript} is of one recording, {len(found.recordings)} are given; give one, or"
            " put a transcript beside each under its name"
        )
    writable(folder, "give another folder with --out")
    kinds = [*(form.value for form in formats), *[plot_kind(plot_format)] * plot, *["video"] * video]
    kinds += ["report"] * report_page
    others = [Path(given) for given in (transcript, speaker_from, *(baseline or [])) if given is not None]
    targets = outputs.plan(found.recordings, folder, kinds, others=others, overwrite=overwrite)
    for line in found.left_out:
        _note(f"left out: {line}")
    options = {
        "people": people.value,
        "detector": detector,
        "detection_interval": detection_interval,
        "min_face": min_face,
        "audio_track": audio_track,
        "audio_channel": audio_channel,
        **({"lag": lag} if causal else {}),
    }
    job = Job(model, options, transcript, overwrite, threads, device.value)
    known: ContextOptions = {"same_setup": same_setup, "speaker_from": speaker_from, "baseline": baseline}
    mine = [target for target in targets if part is None or part.holds(target.base.relative_to(folder))]
    report = Report(targets, folder, shard=part, as_json=as_json)
    if not mine:
        _note(f"no recording is in part {shard}")
        report.end()
        return
    try:
        with _crew(job, workers, len(mine), ray) as crew:
            batch = Batch(crew, mine, [target.source for target in targets])
            _read(batch, known, report, resume=resume, fail_fast=fail_fast)
    except AvaffectError as error:
        report.error = str(error)
        raise
    finally:  # what is done is said, also when the run is stopped
        report.end()
    if report.failed:
        raise typer.Exit(2)


def _crew(job: Job, workers: int | None, most: int, ray: str | None) -> Crew | RayCrew:
    """Processes on this machine, or on those of a Ray cluster, and no more than there is work for."""
    from ..run.batch import crew_of
    from ..run.on_ray import RayCrew

    if ray is None:
        return crew_of(job, min(workers or 1, most))
    return RayCrew(job, ray, workers)


def _read(batch: Batch, known: ContextOptions, report: Report, *, resume: bool, fail_fast: bool) -> None:
    """Read all; one that fails does not stop the others, unless ``fail_fast``."""
    with ProgressBars(batch="levels") as bars:
        batch.know(known, bars)
    if resume:
        with ProgressBars(batch="results looked up") as bars:
            resumed = batch.resume(bars)
        _note(str(resumed))
        report.skip(resumed.finished)
    with ProgressBars(batch="files", share=lambda: batch.share) as bars, closing(batch.read(bars)) as results:
        for number, (target, result) in enumerate(results, start=1):
            report.add(target, result, bars)
            if fail_fast and isinstance(result, AvaffectError):
                report.unread = len(batch.targets) - number
                return


def _note(line: str) -> None:
    Console(stderr=True, soft_wrap=True).print(escape(line), highlight=False)
