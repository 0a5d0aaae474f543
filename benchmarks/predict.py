"""How fast prediction is, by stage, and the memory it takes, beside decoding the same file alone.

    python benchmarks/predict.py                         # 360, 720, 1080 lines, 1 and 3 faces; some minutes
    python benchmarks/predict.py --short                 # 360 lines at 25 frames per second, one face
    python benchmarks/predict.py --against ../earlier    # and how many times faster than another checkout
    python benchmarks/predict.py --heights 360 --seconds 60 3600 --no-outputs   # memory over length
    python benchmarks/predict.py my.mp4

A figure of 10 means ten times faster than real time. Stages are in seconds of processor time, which other
work on the machine changes little; where it says "clock" they are on the clock. Two checkouts take turns, run
by run, each in a process of its own. Without files, videos are made from the sample clip (`footage.py`).
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKER = HERE / "predict_worker.py"
Figures = dict[str, float]


def main(given: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(given)
    if arguments.short:
        arguments.heights, arguments.rates, arguments.faces = [360], [25], [1]
    checkouts = [HERE.parent, *([arguments.against] if arguments.against else [])]
    with tempfile.TemporaryDirectory() as folder:
        clips = (
            ((clip.name, clip) for clip in arguments.clip)
            if arguments.clip
            else _made(arguments, Path(folder))
        )
        for name, clip in clips:
            _report(name, _measured(checkouts, clip, arguments), arguments.runs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", nargs="*", type=Path, help="files to measure instead of made ones")
    parser.add_argument(
        "--heights", type=int, nargs="+", default=[360, 720, 1080], help="lines of the picture"
    )
    parser.add_argument("--rates", type=int, nargs="+", default=[25, 30, 60], help="frames per second")
    parser.add_argument("--faces", type=int, nargs="+", default=[1, 3], choices=(1, 3))
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0], help="lengths of the made videos")
    parser.add_argument("--short", action="store_true", help="one video: 360 lines, 25 per second, one face")
    parser.add_argument("--runs", type=int, default=5, help="counted runs; one more goes before, uncounted")
    parser.add_argument("--model", default="hgrjca.default")
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="folder of another checkout of avaffect"
    )
    parser.add_argument("--no-outputs", action="store_true", help="without table, plot and annotated video")
    return parser


def _made(arguments: argparse.Namespace, folder: Path) -> itertools.chain[tuple[str, Path]]:
    """Names and paths of the made videos, each there while it is measured."""
    from footage import footage

    for height, rate, faces, seconds in itertools.product(
        arguments.heights, arguments.rates, arguments.faces, arguments.seconds
    ):
        people = "1 face" if faces == 1 else f"{faces} faces"
        path = footage(folder / "made.mp4", height=height, rate=rate, faces=faces, seconds=seconds)
        yield f"{height} lines, {rate} per second, {people}, {seconds:g} s", path


def _measured(checkouts: list[Path], clip: Path, arguments: argparse.Namespace) -> list[list[Figures]]:
    """Figures of each run, by checkout."""
    workers = [_Worker(checkout, clip, arguments) for checkout in checkouts]
    try:
        for worker in workers:
            worker.run()
        turns = [[worker.run() for worker in workers] for _ in range(arguments.runs)]
    finally:
        for worker in workers:
            worker.stop()
    return [list(each) for each in zip(*turns, strict=True)]


class _Worker:
    """A process that measures one checkout, once each time it is asked."""

    def __init__(self, checkout: Path, clip: Path, arguments: argparse.Namespace) -> None:
        source = checkout.resolve() / "src"
        if not source.is_dir():
            sys.exit(f"{checkout}: is no checkout of avaffect, it has no folder src")
        # Threads that spin while they wait take the time of others on shared cores.
        environment = os.environ | {"PYTHONPATH": str(source), "OMP_WAIT_POLICY": "passive"}
        outputs = "0" if arguments.no_outputs else "1"
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(clip), arguments.model, outputs],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self) -> Figures:
        """Figures of one run."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the process that measures has ended; its reason stands above")
        found: Figures = json.loads(line)
        return found

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


def _report(name: str, runs: list[list[Figures]], count: int) -> None:
    """Print one video's table."""
    medians = [{key: statistics.median(run[key] for run in each) for key in each[0]} for each in runs]
    own, *others = medians
    print(f"\n{name}: median of {count} runs")
    head = f"{'stage':24}{'seconds':>10}{'x real time':>13}"
    print(head + (f"{'earlier':>10}{'faster':>9}" if others else ""))
    for key in own:
        if key in ("duration", "memory"):
            continue
        row = f"{key:24}{own[key]:10.3f}{_ratio(own['duration'], own[key]):>13}"
        print(row + "".join(f"{other[key]:10.3f}{_ratio(other[key], own[key]):>9}" for other in others))
    share = own["prediction, clock"] / own["decode only, clock"]
    print(
        f"prediction takes {share:.1f} times as long as decoding alone; peak memory {own['memory']:.0f} MB",
        end="",
    )
    print("".join(f" (earlier {other['memory']:.0f} MB)" for other in others))


def _ratio(above: float, below: float) -> str:
    return f"{above / below:.1f}" if below > 0.0005 else "-"


if __name__ == "__main__":
    main()
