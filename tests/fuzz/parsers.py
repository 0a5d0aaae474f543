"""Every parser of files and options that somebody else wrote, as a function of bytes.

    python tests/fuzz/parsers.py [--seconds 60] [NAME ...]

Run as a program, each is fuzzed by atheris for so many seconds, in a process of its own; an input that gives
anything but a result or one error of ours in one line is left in out/fuzz/NAME, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import inspect as inspection
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avaffect import abaw
from avaffect.address import place
from avaffect.cli.extract import _option
from avaffect.corpus.labels import LabelOptions, parse_number, parse_scale, read_label_file
from avaffect.corpus.store import inspect
from avaffect.errors import AvaffectError, UnexpectedError
from avaffect.evaluate import Smoothing, read_labels, read_predictions, read_subjects
from avaffect.exchange import read_edits
from avaffect.files import as_text
from avaffect.npz import Expected, read_npz
from avaffect.record import Record
from avaffect.serve.inbox import Inbox
from avaffect.serve.live import stopped
from avaffect.spec import Spec
from avaffect.trace import read_trace
from avaffect.trace.columns import COLUMNS, INDEX
from avaffect.train.recipe_file import read_yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Parser:
    """A parser of files with an ending, and content that it takes."""

    ending: str
    parse: Callable[[Path], object]
    good: tuple[bytes, ...]


def _text(parse: Callable[[str], object]) -> Callable[[Path], object]:
    return lambda path: parse(path.read_bytes().decode("utf-8", "surrogateescape"))


def _overridden(text: str) -> object:
    return read_yaml(ROOT / "recipes" / "folder" / "hgrjca.yaml", [text])


def _option_of_a_corpus(text: str) -> object:
    name, value = _option(text)
    return parse_scale(value) if name == "scale" else parse_number(name, value)


def _address(text: str) -> object:
    where = place(text.replace("\0", ""))
    return str(where), where.name, as_text(text)


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.ones((3, 2)), y=np.array("ann"))
    return file.getvalue()


_ROW = dict.fromkeys(COLUMNS, "0.5") | {
    "file": "a.mp4",
    "start": "0",
    "end": "0.04",
    "track": "1",
    "frame": "0",
}
_ROW |= {"valence_lo": "0.4", "valence_hi": "0.6", "arousal_lo": "0.1", "arousal_hi": "0.9"}
_TABLE = "\n".join(
    [",".join([*INDEX, *COLUMNS]), ",".join(_ROW[name] for name in [*INDEX, *COLUMNS])]
).encode()
_LINE = b'{"file": "a.mp4", "start": 0.0, "end": 0.04, "track": 1, "frame": null, "valence": NaN}'
_RECORD = (
    b'{"format": 1, "source": {"path": "/a", "size": 1, "modified": 2, "head": "ab"}, "settings": {},'
    b' "outputs": {"a.csv": 3, "b": null}, "absent": []}'
)
_SPEC = (
    b'{"name": "a.b", "streams": {"audio": {"dim": 4, "encoder": {"name": "voice", "options": {}}}},'
    b' "targets": ["valence"], "tick_rate": 12.5, "window": 9.6, "fusion": null}'
)

PARSERS = {
    "abaw_annotation": Parser(".txt", abaw.read_annotation, (b"valence,arousal\n0.1,-0.2\n-5,-5\n",)),
    "abaw_submission": Parser(
        ".txt", abaw.read_submission, (b"image_location,valence,arousal\nv/00001.jpg,0.1,-0.5\n",)
    ),
    "trace_csv": Parser(".csv", read_trace, (_TABLE,)),
    "trace_jsonl": Parser(".jsonl", read_trace, (_LINE,)),
    "trace_parquet": Parser(".parquet", read_trace, (b"PAR1\x15\x04\x15\x10PAR1",)),
    "predictions": Parser(".csv", read_predictions, (_TABLE, b"file,pts,valence,arousal\na,0,0.1,0.2\n")),
    "labels": Parser(".csv", read_labels, (b"file;pts;valence;arousal\na;0:00:01,5;0,1;-5\n",)),
    "label_file": Parser(".csv", read_label_file, (b"time_ms,valence\n0,0.5\n40,NA\n",)),
    "elan": Parser(
        ".eaf", read_label_file, (b'<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a"/>',)
    ),
    "praat": Parser(".TextGrid", read_label_file, (b'"ooTextFile"\n"TextGrid"\n0\n2\n<exists>\n1\n',)),
    "arff": Parser(".valence.arff", read_label_file, (b"@relation x\n@attribute time numeric\n@data\n0,1",)),
    "edits": Parser(".csv", read_edits, (b"file,edit,track,start,end,name\na,name,1,,,Ana\na,drop,2,,,\n",)),
    "edits_json": Parser(".json", read_edits, (b'{"a": {"names": {"1": "b"}, "excluded": [[0, 1, null]]}}',)),
    "subjects": Parser(".csv", read_subjects, (b"file,subject\na.mp4,ann\n",)),
    "record": Parser(".avaffect.json", Record.read, (_RECORD,)),
    "spec": Parser(".json", lambda path: Spec.from_json(path.read_bytes(), name="it"), (_SPEC,)),
    "recipe": Parser(".yaml", read_yaml, (b"name: a.b\nfit: {epochs: 1}\n&a [*a]\n", b"extends: x.yaml\n")),
    "recipe_override": Parser(".txt", _text(_overridden), (b"fit.epochs=3", b"streams=[audio, visual]")),
    "corpus_option": Parser(".txt", _text(_option_of_a_corpus), (b"scale=1,9", b"tick_rate=12.5")),
    "label_scale": Parser(".txt", _text(lambda text: LabelOptions(parse_scale(text))), (b"-1,1",)),
    "smoothing": Parser(".txt", _text(Smoothing.parse), (b"box:2.5", b"savgol:1:3")),
    "address": Parser(".txt", _text(_address), (b"https://example.org/a.mp4", b"a: b.mp4", b"caf\xe9")),
    "npz": Parser(
        ".npz",
        lambda path: read_npz(path, {"x": Expected("f", ("n", 2))}, optional={"y": Expected("U", ())}),
        (_npz(),),
    ),
    "live_message": Parser(
        ".bin", lambda path: Inbox(16000).put(path.read_bytes(), 0.0), (b"\x01" + 8 * b"\0" + b"\0\0\x80?",)
    ),
    "live_stop": Parser(".txt", _text(stopped), (b'{"type": "stop", "save": true}',)),
    "store": Parser(".safetensors", inspect, (b'\x02\x00\x00\x00\x00\x00\x00\x00{}',)),
}  # fmt: skip


def parse(parser: Parser, content: bytes, folder: Path) -> None:
    """Parse content; raises anything but an error of ours of one line."""
    path = folder / f"x{parser.ending}"
    path.write_bytes(content)
    try:
        parser.parse(path)
    except AvaffectError as error:
        told = str(error)
        if isinstance(error, UnexpectedError) or "\n" in told or not told or len(told) > 2000:
            raise AssertionError(f"not one line of ours: {told[:3000]!r}") from error


def _ours() -> Iterator[Callable[..., object]]:
    """All functions of avaffect that are loaded; those of torch are many, and read nothing of it."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("avaffect")]
    kinds = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    members = [each for place in (*modules, *kinds) for each in vars(place).values()]
    found = {inspection.unwrap(each) for each in members if inspection.isfunction(each)}
    yield from (
        each
        for each in found
        if inspection.isfunction(each) and (each.__module__ or "").startswith("avaffect")
    )


def _fuzz(name: str, seconds: int, out: Path) -> None:
    """Fuzz one parser in this process, which then ends."""
    import atheris

    for function in _ours():
        atheris.instrument_func(function)
    place = out / name
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds, tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(PARSERS[name].good):
            (Path(seeds) / str(number)).write_bytes(content)
        options = [
            f"-max_total_time={seconds}",
            f"-artifact_prefix={place}/",
            "-max_len=4096",
            "-verbosity=0",
        ]
        atheris.Setup(["parsers.py", *options, seeds], lambda data: parse(PARSERS[name], data, Path(folder)))
        atheris.Fuzz()


def main(arguments: list[str] | None = None) -> int:
    """Fuzz the parsers of these names, or all; the number of those that failed."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PARSERS))
    options.add_argument("--seconds", type=int, default=60, help="for each parser (default: 60)")
    options.add_argument("--out", type=Path, default=Path("out/fuzz"))
    options.add_argument("--here", action="store_true", help="one parser, in this process")
    given = options.parse_args(arguments)
    names = given.names or list(PARSERS)
    if given.here:
        _fuzz(names[0], given.seconds, given.out)
    failed = []
    for name in names:
        options_of_one = ["--here", f"--seconds={given.seconds}", f"--out={given.out}"]
        with tempfile.TemporaryDirectory() as scratch:  # the fuzzer ends its process, and removes nothing
            status = subprocess.run(
                [sys.executable, __file__, name, *options_of_one],
                check=False, capture_output=True, text=True, env=os.environ | {"TMPDIR": scratch},
            )  # fmt: skip
        fault = f"FAILED, see {given.out / name}" if status.returncode else "well"
        print(f"{name}: {fault}", flush=True)
        if status.returncode:
            print(status.stderr[-3000:])
            failed.append(name)
    return min(len(failed), 1)


if __name__ == "__main__":
    sys.exit(main())
