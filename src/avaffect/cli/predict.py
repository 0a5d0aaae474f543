"""`avaffect predict`: recordings in; tables, plots and annotated videos out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError
from ..files import writable_folder
from . import predict_options as option
from .context_options import Baseline, SameSetup, SpeakerFrom
from .predict_options import Format, People
from .predict_report import Report
from .progress import ProgressBars

if TYPE_CHECKING:
    from ..outputs import Target
    from ..predict.context import ContextOptions
    from ..run.job import Job


def predict(
    inputs: option.Inputs,
    out: option.Out = Path("out"),
    model: option.Model = "hgrjca.default",
    people: option.WhichPeople = People.ALL,
    detector: option.Detector = "mtcnn",
    formats: option.Formats = [Format.CSV, Format.PARQUET],  # noqa: B006 - typer reads it, nobody changes it
    plot: option.Plot = True,
    video: option.Video = True,
    recursive: option.Recursive = False,
    resume: option.Resume = False,
    overwrite: option.Overwrite = False,
    fail_fast: option.FailFast = False,
    threads: option.Threads = 1,
    detection_interval: option.DetectionInterval = 0.3,
    min_face: option.MinFace = None,
    audio_track: option.AudioTrack = None,
    audio_channel: option.AudioChannel = None,
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
    from .. import outputs
    from ..error_list import ErrorList
    from ..run.job import Job

    found = outputs.find(inputs, out, recursive=recursive)
    if transcript is not None and len(found.recordings) != 1:
        raise AvaffectError(
            f"--transcript {transcript} is of one recording, {len(found.recordings)} are given; give one, or"
            " put a transcript beside each under its name"
        )
    writable_folder(out, "give another folder with --out")
    kinds = [*(form.value for form in formats), *["plot"] * plot, *["video"] * video]
    targets = outputs.plan(found.recordings, out, kinds, overwrite=overwrite)
    errors = ErrorList(out, "file", [path for target in targets for path in target.all_paths])
    notes = Console(stderr=True, soft_wrap=True)
    for line in found.left_out:
        notes.print(f"left out: {escape(line)}", highlight=False)
    options = {
        "people": people.value,
        "detector": detector,
        "detection_interval": detection_interval,
        "min_face": min_face,
        "audio_track": audio_track,
        "audio_channel": audio_channel,
    }
    job = Job(model, options, transcript, overwrite, threads)
    known: ContextOptions = {"same_setup": same_setup, "speaker_from": speaker_from, "baseline": baseline}
    report = Report(as_json=as_json)
    try:
        _run(job, targets, known, report, resume=resume, fail_fast=fail_fast)
    finally:  # what is done is said, also when the run is stopped
        report.end(errors if len(targets) > 1 else None)
    if report.failures:
        raise typer.Exit(2)


def _run(
    job: Job, targets: list[Target], known: ContextOptions, report: Report, *, resume: bool, fail_fast: bool
) -> None:
    """Read all; one that fails does not stop the others, unless ``fail_fast``."""
    from ..batch import attempt_each
    from ..run.reader import Reader
    from ..run.resume import unfinished

    reader = Reader(job)
    with ProgressBars(batch="levels") as bars:
        contexts = reader.predictor.contexts([target.source for target in targets], bars, **known)
    if resume:
        resumed = unfinished(targets, lambda target: reader.settings(target, contexts[target.source]))
        Console(stderr=True, soft_wrap=True).print(str(resumed))
        targets, report.skipped = resumed.left, [target.source for target in resumed.finished]
    with ProgressBars(batch="files") as bars:
        results = attempt_each(
            targets,
            lambda target: reader(target, contexts[target.source], bars),
            path=lambda target: target.source,
            hook=bars,
        )
        for number, (target, result) in enumerate(results, start=1):
            report.add(target.source, result, bars)
            if fail_fast and isinstance(result, AvaffectError):
                report.unread = len(targets) - number
                return
