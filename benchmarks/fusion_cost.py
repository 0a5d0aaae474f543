"""What a fusion costs: against a loop over samples, against attention of equal width, and in length.

    python benchmarks/fusion_cost.py --threads 2
    python benchmarks/fusion_cost.py --threads 2 --out benchmarks/fusion.md

All figures but the milliseconds are ratios of times taken in one run, turn by turn,
so that other work on the machine falls on both sides; medians over the rounds.

The yardstick is `torch.nn.MultiheadAttention` with 8 heads over the streams side by side, of their
width together. The loop is the published JCA equation, one sequence of the batch after the other.
"""

from __future__ import annotations

import argparse
import datetime
import math
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avaffect.fusion import create_fusion, list_fusions
from avaffect.fusion.jca import JCA
from avaffect.fusion.published import create_published

Streams = dict[str, Tensor]
SHAPES = [(64, 16, {"audio": 512, "visual": 512}), (8, 300, {"audio": 128, "visual": 512})]
FORMS: list[dict[str, Any]] = [
    {"correlation": correlation, "mixing": mixing, "window": 16 if mixing == "time" else None}
    for correlation in ("feature", "time")
    for mixing in ("time", "feature")
]
LENGTHS = [64, 256, 1024, 4096]
# Which forms are shown in the table over lengths, and what the mathematics says of them.
SCALING = [
    ("jca", {"correlation": "feature"}, "linear"),
    ("jca", {"correlation": "time"}, "quadratic"),
    ("hgrjca", {"correlation": "feature"}, "linear"),
    ("coattention", {}, "linear"),
    ("lfan", {}, "linear"),
    ("ca", {}, "quadratic"),
    ("iaca", {}, "quadratic"),
    ("transformer", {}, "quadratic"),
]


class Yardstick(nn.Module):
    """Self-attention of equal width over the streams side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 8, batch_first=True)

    def forward(self, streams: Streams) -> Tensor:
        x = torch.cat(list(streams.values()), dim=-1)
        return self.attention(x, x, x, need_weights=False)[0]


class LoopJCA(nn.Module):
    """The published JCA block, sequence after sequence, on the weights of ours."""

    def __init__(self, fusion: JCA) -> None:
        super().__init__()
        self.mixing = fusion.steps.blocks[0].streams

    def forward(self, streams: Streams) -> Tensor:
        results = []
        for index in range(len(next(iter(streams.values())))):
            sequence = {name: stream[index] for name, stream in streams.items()}  # (L, d_m)
            joint = torch.cat(list(sequence.values()), dim=1)  # (L, d)
            attended = []
            for name, x in sequence.items():
                w = self.mixing[name]
                mixed = w.joint(joint.transpose(0, 1)).transpose(0, 1)
                correlation = torch.tanh(x.transpose(0, 1) @ mixed / math.sqrt(joint.shape[1]))
                hidden = torch.relu(w.own(x.transpose(0, 1)) + w.cross(correlation))
                attended.append(w.out(hidden).transpose(0, 1) + x)
            results.append(torch.cat(attended, dim=1))
        return torch.stack(results)


class LoopNetwork(nn.Module):
    """`jca.tbiom` as its published code goes through a batch: everything inside the loop."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.block = LoopJCA(network.fusion)

    def forward(self, streams: Streams) -> Tensor:
        results = []
        for index in range(len(streams["audio"])):
            one = {name: stream[index : index + 1] for name, stream in streams.items()}
            encoded = {name: self.network.encoders[name](x) for name, x in one.items()}
            attended = self.block(encoded)[..., 128:]
            seen = torch.cat([one["visual"], attended], dim=-1)
            results.append(torch.cat([head(seen) for head in self.network.heads], dim=-1))
        return torch.cat(results)


class LoopOver(nn.Module):
    """A model given one sequence of the batch after the other."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, streams: Streams) -> Tensor:
        batch = len(next(iter(streams.values())))
        return torch.cat(
            [self.model({name: x[i : i + 1] for name, x in streams.items()}) for i in range(batch)]
        )


class Features(nn.Module):
    """A fusion that gives its features alone."""

    def __init__(self, fusion: nn.Module) -> None:
        super().__init__()
        self.fusion = fusion

    def forward(self, streams: Streams) -> Tensor:
        return self.fusion(streams).features


def forward_only(model: nn.Module, streams: Streams) -> Callable[[], None]:
    def run() -> None:
        with torch.no_grad():
            model(streams)

    return run


def forward_backward(model: nn.Module, streams: Streams) -> Callable[[], None]:
    def run() -> None:
        model.zero_grad(set_to_none=True)
        model(streams).sum().backward()

    return run


def rounds(
    runs: dict[str, Callable[[], None]], seconds: float, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each run in each round, all in turn, until the time is over (3 rounds at least)."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    start = clock()
    while clock() - start < seconds or len(next(iter(times.values()))) < 3:
        for name, run in runs.items():
            before = clock()
            run()
            times[name].append(clock() - before)
    return times


def ratio(times: dict[str, list[float]], name: str, to: str) -> float:
    pairs = zip(times[name], times[to], strict=True)
    return statistics.median(one / other for one, other in pairs)


def random_streams(batch: int, ticks: int, dims: dict[str, int]) -> Streams:
    return {name: torch.randn(batch, ticks, dim) for name, dim in dims.items()}


def models(ticks: int, dims: dict[str, int]) -> dict[str, nn.Module]:
    """The yardstick, the loop, and every fusion in the form of any length."""
    windowed = create_fusion("jca", dims=dims, mixing="time", window=ticks, absent="zero")
    assert isinstance(windowed, JCA)
    found: dict[str, nn.Module] = {
        "attention of equal width": Yardstick(sum(dims.values())),
        "jca, published form A": Features(windowed),
        "jca, published form A, loop": LoopJCA(windowed),
        "jca, correlation=time": Features(create_fusion("jca", dims=dims, correlation="time")),
    }
    return found | {name: Features(create_fusion(name, dims=dims)) for name in list_fusions()}


def table_of_shapes(seconds: float) -> list[str]:
    lines = []
    for batch, ticks, dims in SHAPES:
        streams = random_streams(batch, ticks, dims)
        built = models(ticks, dims)
        sizes = {name: sum(w.numel() for w in model.parameters()) for name, model in built.items()}
        lines += [
            f"\n## {batch} sequences of {ticks} ticks, {' + '.join(map(str, dims.values()))} features\n",
            "| fusion | parameters | forward, ms | forward, ratio | forward and backward, ms | ratio |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        yard = "attention of equal width"
        ahead = rounds({n: forward_only(m.eval(), streams) for n, m in built.items()}, seconds)
        both = rounds({n: forward_backward(m.train(), streams) for n, m in built.items()}, seconds)
        for name in built:
            lines.append(
                f"| {name} | {sizes[name]:,} | {1e3 * statistics.median(ahead[name]):.1f} "
                f"| {ratio(ahead, name, yard):.2f} | {1e3 * statistics.median(both[name]):.1f} "
                f"| {ratio(both, name, yard):.2f} |"
            )
    return lines


def table_of_loops(seconds: float) -> list[str]:
    lines = [
        "\n## The loop over samples against the batch, same weights\n",
        "Loop time over batch time, batch 64, 16 ticks. The loop of the published form A is the bare "
        "equation; of the others, the same module on one sequence after the other. A map over "
        "features has d_m x d entries a sequence, 65,536 and 1,048,576 for the two streams of these "
        "sizes together: its tanh and products are most of the work, and the loop does them too, "
        "in the cache. A map over time has 256 entries a stream, and calls are most of the loop.\n",
        "| | forward | forward and backward |",
        "|---|---:|---:|",
    ]
    network = create_published("jca.tbiom").eval()
    streams = random_streams(64, 16, {"audio": 512, "visual": 512})
    label = "network `jca.tbiom`, 512 + 512 encoded to 128 + 128"
    cases: list[tuple[str, nn.Module, nn.Module, Streams]] = [(label, network, LoopNetwork(network), streams)]
    for dim in (128, 512):
        dims = {"audio": dim, "visual": dim}
        streams = random_streams(64, 16, dims)
        for form in FORMS:
            fusion = create_fusion("jca", dims=dims, absent="zero", **form)
            assert isinstance(fusion, JCA)
            model = Features(fusion)
            loop = LoopJCA(fusion) if form == FORMS[0] else LoopOver(model)
            label = f"{form['correlation']} map, mixing over {form['mixing']}, {dim} + {dim}"
            cases.append((label, model, loop, streams))
    for name, batched, loop, given in cases:
        torch.testing.assert_close(batched(given), loop(given), rtol=1e-4, atol=1e-4)
        found = []
        for way in (forward_only, forward_backward):
            times = rounds({"batch": way(batched, given), "loop": way(loop, given)}, seconds)
            found.append(ratio(times, "loop", "batch"))
        lines.append(f"| {name} | {found[0]:.1f} | {found[1]:.1f} |")
    return lines


def table_of_lengths(seconds: float) -> list[str]:
    head = " | ".join(f"{ticks}" for ticks in LENGTHS)
    lines = [
        "\n## Cost in length\n",
        "One sequence, 128 + 128 features, forward: time per tick, over that at "
        f"{LENGTHS[0]} ticks. A cost linear in length stays level; a quadratic one ends up growing "
        f"by {LENGTHS[-1] // LENGTHS[-2]} from one column to the next.\n",
        f"| fusion | in theory | {head} ticks | ms at {LENGTHS[-1]} |",
        "|---|---|" + "---:|" * (len(LENGTHS) + 1),
    ]
    dims = {"audio": 128, "visual": 128}
    for name, options, theory in SCALING:
        model = Features(create_fusion(name, dims=dims, **options)).eval()
        runs = {str(t): forward_only(model, random_streams(1, t, dims)) for t in LENGTHS}
        times = rounds(runs, seconds)
        first = str(LENGTHS[0])
        cells = [f"{ratio(times, str(t), first) * LENGTHS[0] / t:.2f}" for t in LENGTHS]
        label = ", ".join([name, *(f"{key}={value}" for key, value in options.items())])
        last = 1e3 * statistics.median(times[str(LENGTHS[-1])])
        lines.append(f"| {label} | {theory} | {' | '.join(cells)} | {last:.1f} |")
    return lines


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each table's row or pass")
    parser.add_argument("--out", type=Path, help="write the tables there, as markdown")
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    lines = [
        "# Cost of the fusions\n",
        f"`python benchmarks/fusion_cost.py --threads {arguments.threads} --seconds {arguments.seconds:g}`, "
        f"{datetime.date.today().isoformat()}, torch {torch.__version__}, {platform.machine()}, "
        f"{arguments.threads} threads. Medians; ratios are to attention of equal width "
        f"(`torch.nn.MultiheadAttention`, 8 heads) in the same round, unless said otherwise.",
    ]
    for table in (table_of_loops, table_of_shapes, table_of_lengths):
        lines += table(arguments.seconds)
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
