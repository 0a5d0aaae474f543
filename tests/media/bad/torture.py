"""Read bad media, each in a process of its own, and tell what came of it.

    python tests/media/bad/torture.py [--out REPORT.md] [--short]

A file is read well if it gives as many rows with a picture as PyAV decodes pictures, or one error of ours. It
is read badly if the process dies, raises anything else, runs longer than `SECONDS`, takes more than
`MEGABYTES`, connects to an address that it names, or writes beside its file. The exit status is 1 if one is.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing as mp
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

sys.path.insert(0, str(Path(__file__).parent))
import make
from make import Case, cases, short

SECONDS = 60.0
MEGABYTES = 1500  # above what the process takes before it reads

_READER: Any = None  # the debug model's reader, made before the processes are


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    name: str
    kind: str  # "rows", "error", "not made" or "BAD"
    text: str
    seconds: float
    megabytes: float


def decodable(path: Path) -> int:
    """Pictures that PyAV decodes of the stream that is read, packet by packet; -1 if it cannot be opened."""
    from avaffect.errors import MediaError
    from avaffect.media.source import open_source

    count = 0
    try:
        with open_source(path) as source:
            if source.video is None:
                return 0
            source.video.thread_type = "SLICE"
            with contextlib.suppress(IndexError, av.FFmpegError):
                for packet in source.container.demux(source.container.streams.get()):
                    if packet.stream is source.video:
                        with contextlib.suppress(av.FFmpegError):
                            count += len(packet.decode())
    except MediaError:
        return -1
    return count


def read(path: Path) -> tuple[str, str]:
    """Kind and text of the outcome; runs in a process of its own."""
    from avaffect import media
    from avaffect.errors import AvaffectError

    before = sorted(path.parent.iterdir())
    try:
        info = media.probe(path)
        frames = media.frames(path) if info.has_video else None
        audio = media.audio(path, track=info.audio_track) if info.has_audio else None
        recording = _READER.read(frames, audio)
    except AvaffectError as error:
        text = str(error)
        return ("error", text) if "\n" not in text else ("BAD", f"an error of several lines: {text!r}")
    pictures, expected = int((recording.pictures >= 0).sum()), decodable(path)
    if pictures != expected:
        return "BAD", f"{pictures} rows with a picture, {expected} pictures can be decoded"
    if sorted(path.parent.iterdir()) != before:
        return "BAD", "something was written beside it"
    return "rows", f"{len(recording.times)} rows, {pictures} pictures, to {recording.ends[-1:].sum():.2f} s"


def _child(path: Path, pipe: Any) -> None:
    import torch

    torch.set_num_threads(1)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    try:
        kind, text = read(path)
    except BaseException as error:  # whatever it is: it is what we look for
        kind, text = "BAD", f"{type(error).__name__}: {error}"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000 - own
    if grown > MEGABYTES:
        kind, text = "BAD", f"took {grown:.0f} MB; {text}"
    pipe.send((kind, text, grown))


def _contacted(listener: socket.socket) -> bool:
    """Whether anybody has connected."""
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def judge(case: Case, folder: Path, listener: socket.socket) -> Outcome:
    """Make one file and read it."""
    name, write = case
    path = folder / name
    try:
        write(path)
    except (
        av.FFmpegError,
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
        NotImplementedError,
        OSError,
    ) as error:
        return Outcome(name, "not made", str(error), 0.0, 0.0)
    context = mp.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(path, send))
    begin = time.perf_counter()
    process.start()
    send.close()
    kind, text, grown = "BAD", f"not done after {SECONDS:.0f} s", 0.0
    if receive.poll(SECONDS):
        try:
            kind, text, grown = receive.recv()
        except EOFError:
            process.join()
            text = f"the process died with exit code {process.exitcode}"
    else:
        process.kill()
    process.join()
    if _contacted(listener):
        kind, text = "BAD", f"connected to an address in it; {text}"
    path.unlink(missing_ok=True)
    return Outcome(name, kind, text, time.perf_counter() - begin, grown)


def run(chosen: Iterable[Case]) -> list[Outcome]:
    """Read all of them."""
    global _READER
    import torch

    from avaffect.runtime import open_model
    from avaffect.streams.assemble import StreamReader

    torch.set_num_threads(1)
    av.logging.set_level(av.logging.PANIC)
    _READER = StreamReader(open_model("hgrjca.default"))
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        make.address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
        return [judge(case, Path(folder), listener) for case in chosen]


def report(outcomes: list[Outcome]) -> str:
    """The report as Markdown."""
    counts = {
        kind: sum(one.kind == kind for one in outcomes) for kind in ("rows", "error", "not made", "BAD")
    }
    read_ones = [one for one in outcomes if one.kind != "not made"]
    slowest = max(read_ones, key=lambda one: one.seconds)
    largest = max(read_ones, key=lambda one: one.megabytes)
    lines = [
        "# Bad media",
        "",
        f"{len(read_ones)} files: {counts['rows']} gave rows, {counts['error']} one error line, "
        f"**{counts['BAD']} were read badly**. {counts['not made']} more cannot be made.",
        f"Longest: {slowest.seconds:.1f} s ({slowest.name}). "
        f"Most memory: {largest.megabytes:.0f} MB ({largest.name}).",
        "",
        "| file | outcome | s | MB | |",
        "|---|---|---|---|---|",
    ]
    for one in sorted(read_ones, key=lambda one: (one.kind != "BAD", one.kind, one.name)):
        text = one.text.replace("|", "/")
        lines.append(f"| {one.name} | {one.kind} | {one.seconds:.1f} | {one.megabytes:.0f} | {text} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Read the arguments, and all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/torture.md"))
    parser.add_argument("--short", action="store_true", help="only one of each kind")
    given = parser.parse_args()
    outcomes = run(short() if given.short else cases())
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(report(outcomes))
    print("\n".join(report(outcomes).splitlines()[2:4]))
    for one in outcomes:
        if one.kind == "BAD":
            print(f"{one.name}: {one.text}")
    return min(1, sum(one.kind == "BAD" for one in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
