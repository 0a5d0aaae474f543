"""What attention bottlenecks save: against attention to all tokens, and against none between the streams.

    python benchmarks/bottleneck_cost.py --threads 1

The three are the fusion `bottleneck` with blocks of the same widths, and another `exchange`. They run in
turn; medians over the rounds, ratios to the bottleneck in the same round. Times are CPU times: other work on
the machine does not count.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import torch
from fusion_cost import Features, forward_backward, forward_only, random_streams, ratio, rounds

from avaffect.comparison.markdown import table
from avaffect.fusion import create_fusion

EXCHANGES = ("bottleneck", "tokens", "none")
DIMS = {"audio": 128, "visual": 128}


def measure(ticks: int, *, layers: int, vectors: int, seconds: float) -> list[list[str]]:
    """Rows of the table for streams of so many ticks; every layer fuses."""
    options = {"layers": layers, "fusion_layer": 0, "bottlenecks": vectors, "dropout": 0.0}
    models = {
        exchange: Features(create_fusion("bottleneck", dims=DIMS, exchange=exchange, **options))
        for exchange in EXCHANGES
    }
    streams, clock = random_streams(1, ticks, DIMS), time.process_time
    forward = rounds({n: forward_only(m.eval(), streams) for n, m in models.items()}, seconds, clock)
    both = rounds({n: forward_backward(m.train(), streams) for n, m in models.items()}, seconds, clock)
    return [
        [
            f"{ticks} + {ticks}",
            exchange,
            f"{1e3 * statistics.median(forward[exchange]):.1f}",
            f"{ratio(forward, exchange, 'bottleneck'):.2f}",
            f"{1e3 * statistics.median(both[exchange]):.1f}",
            f"{ratio(both, exchange, 'bottleneck'):.2f}",
        ]
        for exchange in EXCHANGES
    ]


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--ticks", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--vectors", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU time of each table's size and way")
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    head = ["tokens", "exchange", "forward, ms", "ratio", "forward and backward, ms", "ratio"]
    size = {"layers": arguments.layers, "vectors": arguments.vectors, "seconds": arguments.seconds}
    print(table(head, [row for ticks in arguments.ticks for row in measure(ticks, **size)]))


if __name__ == "__main__":
    main()
