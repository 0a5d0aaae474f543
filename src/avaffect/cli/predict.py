"""`avaffect predict`: recordings in; tables, plots and annotated videos out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError, DataError, MediaError
from ..files import writable_folder
from .context_options import Baseline, SameSetup, SpeakerFrom
from .progress import ProgressBars

if TYPE_CHECKING:
    from ..error_list import ErrorList
    from ..outputs import State, Target
    from ..predict import Predictor
    from ..predict.context import Context
    from ..record import Record
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
        bool,
        typer.Option(
            "--resume", help="Go on where a run was stopped: only what is missing or out of date is made."
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace files that are no results of the same recordings (never an input)."
        ),
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End at the first file that fails.")] = False,
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
    transcript: Annotated[
        Path | None,
        typer.Option(
            help="What is said, for a model with a text stream and one recording: WebVTT, SRT, ELAN,"
            " TextGrid, or a recogniser's JSON. By default NAME.vtt (.srt, ...) beside each recording.",
            show_default=False,
        ),
    ] = None,
    same_setup: SameSetup = False,
    speaker_from: SpeakerFrom = None,
    baseline: Baseline = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON for a script to read.")
    ] = False,
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

    found = outputs.find(inputs, out, recursive=recursive)
    if transcript is not None and len(found.recordings) != 1:
        raise AvaffectError(
            f"--transcript {transcript} is of one recording, {len(found.recordings)} are given; give one, or"
            " put a transcript beside each under its name"
        )
    _make(out)
    kinds = [*(form.value for form in formats), *["plot"] * plot, *["video"] * video]
    targets = outputs.plan(found.recordings, out, kinds, overwrite=overwrite)
    errors = ErrorList(out, "file", [path for target in targets for path in target.all_paths])
    notes = Console(stderr=True, soft_wrap=True)
    for line in found.left_out:
        notes.print(f"left out: {escape(line)}", highlight=False)
    batch = _Batch(as_json, overwrite, transcript)
    try:
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
        with ProgressBars(batch="levels") as bars:
            batch.contexts = predictor.contexts(
                [target.source for target in targets],
                bars,
                same_setup=same_setup,
                speaker_from=speaker_from,
                baseline=baseline,
            )
        if resume:
            targets, batch.skipped = _unfinished(targets, lambda t: batch.settings(predictor, t), notes)
        with ProgressBars(batch="files") as bars:
            batch.run(predictor, targets, bars, fail_fast)
    finally:  # what is done is said, also when the run is stopped
        batch.report(errors if len(found.recordings) > 1 else None)
    if batch.failures:
        raise typer.Exit(2)


def _unfinished(
    targets: list[Target], settings: Callable[[Target], dict[str, Any]], notes: Console
) -> tuple[list[Target], list[Path]]:
    """What is left to make, and the recordings that are finished."""
    from ..outputs import State

    states = [_state(target, settings) for target in targets]
    left = [target for state, target in states if state is not State.FINISHED]
    skipped = [target.source for state, target in states if state is State.FINISHED]
    reasons = Counter(state.value for state, _ in states if state is not State.FINISHED)
    to_make = "; to make: " + ", ".join(f"{n} ({reason})" for reason, n in reasons.items()) if reasons else ""
    notes.print(f"resumed: {len(skipped)} of {len(targets)} files are finished and skipped{to_make}")
    return left, skipped


def _state(target: Target, settings: Callable[[Target], dict[str, Any]]) -> tuple[State, Target]:
    from ..outputs import State

    try:
        return target.state(settings(target))
    except (DataError, MediaError):  # it cannot be read: told when its turn comes
        return State.NEW, target


class _Batch:
    """Reads recordings one after the other, and keeps what became of each."""

    def __init__(self, as_json: bool, overwrite: bool, transcript: Path | None) -> None:
        self.as_json, self.overwrite, self.transcript = as_json, overwrite, transcript
        self.contexts: Mapping[Path, Context] = {}
        self.skipped: list[Path] = []
        self.unread = 0
        self.failures: list[dict[str, str]] = []
        self.summaries: list[dict[str, Any]] = []
        self._console = Console()

    def settings(self, predictor: Predictor, target: Target) -> dict[str, Any]:
        """All that a recording's results depend on."""
        own = predictor.settings_with(target.source, self.transcript)
        return own | self.contexts[target.source].settings

    def run(self, predictor: Predictor, targets: list[Target], bars: ProgressBars, fail_fast: bool) -> None:
        """Read all; one that fails does not stop the others, unless ``fail_fast``."""
        from ..batch import attempt_each

        results = attempt_each(
            targets, lambda each: self._one(predictor, each, bars), path=lambda each: each.source, hook=bars
        )
        for number, (target, result) in enumerate(results, start=1):
            if isinstance(result, AvaffectError):
                self._fail(target.source, result)
                if fail_fast:
                    self.unread = len(targets) - number
                    return
                continue
            trace, written = result
            self.summaries.append({**trace.summary(), "outputs": [str(path) for path in written]})
            if not self.as_json:
                bars.rest()
                self._console.print(escape(trace.describe()), highlight=False)
                self._console.print("Written: " + escape(", ".join(map(str, written))), highlight=False)

    def _one(self, predictor: Predictor, target: Target, bars: ProgressBars) -> tuple[Trace, list[Path]]:
        """Read one recording and write everything asked for."""
        settings = self.settings(predictor, target)
        earlier = _stored(target, settings)
        with target.begun(settings, overwrite=self.overwrite) as record:
            trace = earlier or predictor.process_file(
                target.source, bars, self.contexts[target.source], transcript=self.transcript
            )
            return trace, self._written(trace, target, record, bars)

    def _written(self, trace: Trace, target: Target, record: Record, bars: ProgressBars) -> list[Path]:
        """Write the results, each noted in the record once it is there."""
        written: list[Path] = []
        first: AvaffectError | None = None
        for kind in target.kinds:
            paths = target.paths(kind)
            if kind == "video" and trace.table["frame"].isna().all():
                record = record.with_absent(*paths)
            else:
                try:
                    _write(kind, trace, target.source, paths[0], bars)
                except AvaffectError as error:  # what can be written is
                    first = first or error
                    continue
                record = record.with_finished(*paths)
                written.append(paths[0])
            record.write(target.record_path)
        if first is not None:
            raise first
        return written

    def _fail(self, source: Path, error: AvaffectError) -> None:
        text = str(error) if source.name in str(error) else f"{source}: {error}"
        self.failures.append({"file": str(source), "error": text})

    def report(self, errors: ErrorList | None) -> None:
        """Print the results as JSON if that is wanted, and the failures; write the list of them."""
        if self.as_json:
            whole = {
                "results": self.summaries,
                "skipped": [str(path) for path in self.skipped],
                "errors": self.failures,
            }
            typer.echo(json.dumps(whole, indent=2))
        console = Console(stderr=True, soft_wrap=True)
        for failure in self.failures:
            console.print(f"[bold red]error:[/] {escape(failure['error'])}", highlight=False)
        if self.unread:
            console.print(f"ended at the first failure; not read: {self.unread} files")
        if errors is not None and self.failures:
            try:
                errors.write((failure["file"], failure["error"]) for failure in self.failures)
            except AvaffectError as error:
                console.print(f"the list of errors is missing: {escape(str(error))}", highlight=False)


def _stored(target: Target, settings: dict[str, Any]) -> Trace | None:
    """The trace that a stopped run has finished: then only the rest is to be made."""
    from ..outputs import State
    from ..trace import read_trace

    record, (table,) = target.record, target.paths("parquet")
    if record is None or "parquet" in target.kinds or not record.is_finished(table):
        return None
    state, _ = target.state(settings)
    return read_trace(table) if state is State.UNFINISHED else None


def _write(kind: str, trace: Trace, source: Path, path: Path, bars: ProgressBars) -> None:
    """Write one kind of result."""
    from .. import draw

    if kind == "plot":
        draw.plot(trace, path)
    elif kind == "video":
        draw.annotate(trace, source, path, hook=lambda _, done, total: bars(str(path), done, total))
    else:
        getattr(trace, f"to_{kind}")(path)


def _make(out: Path) -> None:
    """Create the result folder now, so that an unwritable one is known before the work."""
    writable_folder(out, "give another folder with --out")
