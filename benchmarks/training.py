"""Training from the feature store against decoding JPEG and wav for every window, on one made-up corpus.

    python benchmarks/training.py --threads 2 --out benchmarks/training.md

Windows of 17 s of two kinds, each from both sources, in turn, so that all meet the same state of the machine:

    every tick  213 ticks of 80 ms, as the recipes train; decoded: one face and 80 ms of sound a tick
    published   16 steps of 32 frames, as the published scripts train; decoded: 8 pictures and 1.07 s of sound
                a step, windows one frame apart, so that each labels 16 new frames; stored: the mean of the
                ticks of a step

What is trained on a batch, however it was got, is what `avaffect train` trains on it: forward, backward and
optimiser of `NetworkModule`, for a light network and a heavy one, in float32 and in bfloat16 where autocast
takes it. The published backbones (ResNet-18, R(2+1)D-18) have some 16 times the weights of the encoders here,
and the published sound lies in a file for each frame: for decoding, these are lower bounds of its cost.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from training_corpus import FRAME_RATE, STEPS, STRIDE, Batch, Decoder, Load, Steps, make_corpus

from avaffect import checkpoint
from avaffect.corpus.store import FeatureStore
from avaffect.corpus.windows import Windows
from avaffect.model import AffectModel, FusionNetwork
from avaffect.train import NetworkFit, NetworkModule, StoreRecipe, read_recipe
from avaffect.train.model_spec import spec_of
from avaffect.train.store import CutWindows

HEAVY, LIGHT = "hgrjca.default", "jca.tbiom"
RECIPE = Path(__file__).parents[1] / "recipes" / "affwild2" / f"{LIGHT}.yaml"
FRAMES = 2_993_081  # of Aff-Wild2
KINDS = ("every tick", "published")
PRECISIONS = ("float32", "bfloat16")

Times = dict[tuple[str, ...], list["Seconds"]]


class Seconds(NamedTuple):
    """What a step takes on the clock, and of all cores together, which other work slows less."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Seconds:
        """For `since`."""
        return cls(time.perf_counter(), time.process_time())

    def since(self) -> Seconds:
        """From then to now."""
        return Seconds(time.perf_counter() - self.wall, time.process_time() - self.cpu)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recordings", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each")
    parser.add_argument("--batch", type=int, default=32, help="windows in a step")
    parser.add_argument("--rounds", type=int, default=7, help="a decoded step and some stored ones in each")
    parser.add_argument("--stored", type=int, default=3, help="steps from the store in a round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the results there, as markdown")
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    torch.manual_seed(0)
    encoders = checkpoint.load(HEAVY)
    with tempfile.TemporaryDirectory() as folder:
        store = make_corpus(Path(folder), encoders, arguments.recordings, arguments.seconds)
        ticks = round(STEPS * STRIDE / FRAME_RATE * store.tick_rate)
        windows = Windows(store.recordings, ticks=ticks, hop=1)
        loads = {
            ("every tick", "decoded"): Decoder(Path(folder), encoders, windows, steps=False),
            ("every tick", "stored"): CutWindows(windows, [0, 1]).__getitem__,
            ("published", "decoded"): Decoder(Path(folder), encoders, windows, steps=True),
            ("published", "stored"): Steps(windows),
        }
        modules = {
            (kind, name): module_of(name, encoders, store, length, arguments.batch)
            for kind, length in zip(KINDS, (ticks, STEPS), strict=True)
            for name in (LIGHT, HEAVY)
        }
        batches = order(len(windows), arguments.batch)
        times = measure(loads, modules, batches, arguments.rounds, arguments.stored)
    text = "\n".join(report(times, arguments, ticks, store.tick_rate)) + "\n"
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


def module_of(
    name: str, encoders: AffectModel, store: FeatureStore, length: int, batch: int
) -> tuple[NetworkModule, torch.optim.Optimizer]:
    """What is trained, for windows of a length, with its optimiser."""
    if name == LIGHT:
        recipe = read_recipe(RECIPE, [f"store={store.path}", f"fusion.options.window={length}"])
        assert isinstance(recipe, StoreRecipe)
        network, plan = FusionNetwork(spec_of(recipe)), recipe.fit
    else:
        network = FusionNetwork(encoders.spec)
        plan = NetworkFit(epochs=1, batch=batch, learning_rate=0.001)
    module = NetworkModule(network, plan, recordings=len(store.recordings))
    return module.train(), module.configure_optimizers()


def measure(
    loads: dict[tuple[str, str], Load],
    modules: dict[tuple[str, str], tuple[NetworkModule, torch.optim.Optimizer]],
    batches: Iterator[list[int]],
    rounds: int,
    stored: int,
) -> Times:
    """Every step's loading, (kind, source), and training, (kind, source, network, precision).

    A round that does not count goes before.
    """
    times: Times = defaultdict(list)
    for number in range(rounds + 1):
        if number == 1:
            times.clear()
        for (kind, source), load in loads.items():
            for _ in range(stored if source == "stored" else 1):
                begin = Seconds.now()
                batch = load(next(batches))
                times[kind, source].append(begin.since())
                for (of, network), (module, optimizer) in modules.items():
                    for precision in PRECISIONS if of == kind else ():
                        begin = Seconds.now()
                        train(module, optimizer, batch, precision)
                        times[kind, source, network, precision].append(begin.since())
    return times


def train(module: NetworkModule, optimizer: torch.optim.Optimizer, batch: Batch, precision: str) -> None:
    """One step."""
    half = precision == "bfloat16"
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False) if half else nullcontext():
        loss = module.training_step(batch, 0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def report(times: Times, arguments: argparse.Namespace, ticks: int, rate: float) -> list[str]:
    """The results as markdown."""
    windows = {"every tick": FRAMES / FRAME_RATE * rate / (ticks // 2), "published": FRAMES / STEPS}
    lines = [
        "# Training from the feature store against decoding every window\n",
        f"`python benchmarks/training.py --threads {arguments.threads} --batch {arguments.batch} "
        f"--rounds {arguments.rounds} --stored {arguments.stored}`, {datetime.date.today().isoformat()}, "
        f"torch {torch.__version__}, {platform.machine()}, threads: {arguments.threads} on {os.cpu_count()} "
        f"CPU cores. Windows of 17 s in batches of {arguments.batch}; medians of {arguments.rounds} steps "
        f"decoded and {arguments.rounds * arguments.stored} stored, in turn.\n",
        "| windows | network | precision | decoded, windows/s | stored, windows/s | ratio | of CPU time | "
        "loading, of a stored step | an epoch decoded, h | stored, h |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, source, network, precision in (key for key in times if len(key) == 4):
        if source == "stored":
            steps = {
                way: [medians(times[kind, way]), medians(times[kind, way, network, precision])]
                for way in ("decoded", "stored")
            }
            lines.append(
                f"| {kind} | {network} | {precision} | {compared(steps, arguments.batch, windows[kind])} |"
            )
    lines += [
        f"\nAn epoch of Aff-Wild2's {FRAMES:,} frames is {windows['every tick']:,.0f} windows of every tick, "
        f"half a window apart, or {windows['published']:,.0f} published ones.\n",
        "| a step | median, s | lowest | highest | CPU time, s |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, taken in times.items():
        if len(key) == 2 or key[1] == "stored":
            walls = [seconds.wall for seconds in taken]
            lines.append(
                f"| {'load' if len(key) == 2 else 'train'}: {', '.join(key)} | {medians(taken).wall:.4f} | "
                f"{min(walls):.4f} | {max(walls):.4f} | {medians(taken).cpu:.4f} |"
            )
    return lines


def compared(steps: dict[str, list[Seconds]], batch: int, windows: float) -> str:
    """The columns of a row, from the medians of loading and training a step in both ways."""
    wall = {way: sum(part.wall for part in parts) for way, parts in steps.items()}
    cpu = {way: sum(part.cpu for part in parts) for way, parts in steps.items()}
    hours = {way: windows / batch * seconds / 3600 for way, seconds in wall.items()}
    return (
        f"{batch / wall['decoded']:.2f} | {batch / wall['stored']:.1f} | "
        f"{wall['decoded'] / wall['stored']:.0f} | {cpu['decoded'] / cpu['stored']:.0f} | "
        f"{100 * steps['stored'][0].wall / wall['stored']:.1f} % | "
        f"{hours['decoded']:.1f} | {hours['stored']:.2f}"
    )


def medians(taken: list[Seconds]) -> Seconds:
    """Of each clock by itself."""
    return Seconds(*(statistics.median(clock) for clock in zip(*taken, strict=True)))


def order(count: int, batch: int) -> Iterator[list[int]]:
    """Shuffled batches without end."""
    rng = np.random.default_rng(0)
    while True:
        yield rng.integers(count, size=batch).tolist()


if __name__ == "__main__":
    main()
