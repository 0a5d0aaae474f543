"""How long each stage of a prediction takes, as a share of the recording's own length.

    python benchmarks/predict.py examples/sample.mp4 --runs 5

A figure of 10 means ten times faster than real time. The table, plot and video are not part of it.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence

import torch

import avaffect


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", nargs="+")
    parser.add_argument("--model", default="hgrjca.default")
    parser.add_argument("--runs", type=int, default=5, help="counted runs; one more goes before, uncounted")
    parser.add_argument("--threads", type=int, default=1, help="as of avaffect predict")
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    predictor = avaffect.load(arguments.model)
    for clip in arguments.clip:
        traces = [predictor.process_file(clip) for _ in range(arguments.runs + 1)][1:]
        duration = traces[0].meta["duration"]
        print(f"\n{clip}: {duration:.2f} s, median of {arguments.runs} runs")
        print(f"{'stage':10}{'seconds':>10}{'x real time':>14}{'min':>8}{'max':>8}")
        stages = {name: [t.meta["seconds"][name] for t in traces] for name in traces[0].meta["seconds"]}
        stages["all"] = [sum(t.meta["seconds"].values()) for t in traces]
        for name, seconds in stages.items():
            median = statistics.median(seconds)
            speed = f"{duration / median:.1f}" if median > 0 else "-"
            print(f"{name:10}{median:10.3f}{speed:>14}{min(seconds):8.3f}{max(seconds):8.3f}")


if __name__ == "__main__":
    main()
