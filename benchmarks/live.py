"""What reading at once costs and gives.

    python benchmarks/live.py lags CLIP...     how far values are from those that know what comes, by lag
    python benchmarks/live.py delay CLIP       from a picture's arrival to its tick, at the clip's own speed
    python benchmarks/live.py hour CLIP        memory and time per tick over an hour, simulated

`delay` and `hour` show the clip again and again, at 640x480; `hour` does not wait between pictures.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch

import avaffect
from avaffect import media
from avaffect.live import CausalPredictor, StreamingPredictor

LAGS = (0.0, 0.08, 0.24, 0.48, 1.0, 2.0)
SIZE = 640, 480
PIECE = 0.04  # seconds of sound that come at once


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("lags", "delay", "hour"))
    parser.add_argument("clip", nargs="+", type=Path)
    parser.add_argument("--model", default="hgrjca.default")
    parser.add_argument("--rate", type=float, nargs="+", default=[15.0, 25.0], help="pictures a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to measure delays")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the simulated stream")
    parser.add_argument("--lags", type=float, nargs="+", default=list(LAGS))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    if arguments.what == "lags":
        compare(arguments.clip, arguments.model, arguments.lags)
    elif arguments.what == "delay":
        for rate in arguments.rate:
            delays(arguments.clip[0], arguments.model, rate, arguments.seconds)
    else:
        memory(arguments.clip[0], arguments.model, arguments.rate[-1], arguments.minutes)


def compare(clips: list[Path], model: str, lags: list[float]) -> None:
    """Pooled over the rows in which both have the face at the same place."""
    whole = {clip: avaffect.load(model).process_file(clip).table for clip in clips}
    print(f"{'lag':>6}{'rows':>7}{'r valence':>11}{'r arousal':>11}{'|d| valence':>13}{'|d| arousal':>13}")
    for lag in lags:
        predictor = CausalPredictor(model, lag=lag)
        pairs = [_paired(whole[clip], predictor.process_file(clip).table) for clip in clips]
        both = pd.concat(pairs)
        r = {name: both[name].corr(both[f"{name}_causal"]) for name in ("valence", "arousal")}
        d = {name: (both[name] - both[f"{name}_causal"]).abs().mean() for name in r}
        print(
            f"{lag:6.2f}{len(both):7d}{r['valence']:11.3f}{r['arousal']:11.3f}"
            f"{d['valence']:13.3f}{d['arousal']:13.3f}",
            flush=True,
        )


def _paired(whole: pd.DataFrame, causal: pd.DataFrame) -> pd.DataFrame:
    """Rows of the same picture whose boxes lie on each other, or without a box in both."""
    both = whole.merge(causal, on="pts", suffixes=("", "_causal"))
    apart = (both["face_x1"] - both["face_x1_causal"]).abs()
    near = apart < (both["face_x2"] - both["face_x1"]) / 2
    alone = both["face_x1"].isna() & both["face_x1_causal"].isna()
    there = both[["valence", "valence_causal"]].notna().all(axis=1)
    return both[(near | alone) & there]


Event = tuple[float, np.ndarray, bool]


def stream(clip: Path, rate: float) -> Iterator[Event]:
    """Pictures at a rate and sound in pieces with the times at which they come, the clip again and again."""
    pictures = [(frame.pts, cv2.resize(frame.image, SIZE)) for frame in media.frames(clip)]
    sound, _, _ = media.read_audio(clip)
    times = np.array([pts for pts, _ in pictures])
    length = min(len(sound) / 16000, times[-1])
    piece = round(PIECE * 16000)

    def shown() -> Iterator[Event]:
        for k in itertools.count():
            at = np.searchsorted(times, (k / rate) % length, side="right") - 1
            yield k / rate, pictures[max(int(at), 0)][1], True

    def heard() -> Iterator[Event]:
        for k in itertools.count():
            places = (np.arange(k * piece, (k + 1) * piece)) % round(length * 16000)
            yield (k + 1) * PIECE, sound[places], False

    first, second = shown(), heard()
    one, other = next(first), next(second)
    while True:
        if one[0] <= other[0]:
            yield one
            one = next(first)
        else:
            yield other
            other = next(second)


def push(predictor: StreamingPredictor, event: Event) -> list[avaffect.live.Tick]:
    when, data, picture = event
    if picture:
        return predictor.push_frame(data, when)
    return predictor.push_samples(data, when - PIECE)


def delays(clip: Path, model: str, rate: float, seconds: float) -> None:
    """At the stream's own speed; a picture that finds the reading behind is dropped."""
    predictor = StreamingPredictor(model)
    found: list[float] = []
    dropped = 0
    began: float | None = None
    for event in stream(clip, rate):
        if began is None:
            began = time.monotonic()
        due = began + event[0]
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if event[2] and -wait > 1 / rate:
            dropped += 1
            continue
        for tick in push(predictor, event):
            if tick.index > 12:  # the networks are warm
                found.append(time.monotonic() - (began + _taken(tick, rate)))
        if event[0] > seconds:
            break
    q = np.quantile(found, [0.5, 0.95, 0.99, 1.0]) * 1000
    print(
        f"{rate:g} pictures a second: {len(found)} ticks, delay median {q[0]:.0f} ms, 95 % {q[1]:.0f} ms,"
        f" 99 % {q[2]:.0f} ms, most {q[3]:.0f} ms; {dropped} pictures dropped"
    )


def _taken(tick: avaffect.live.Tick, rate: float) -> float:
    """When the picture of a tick came: the first from its middle on."""
    return float(np.ceil(tick.time * rate - 1e-6) / rate)


def memory(clip: Path, model: str, rate: float, minutes: float) -> None:
    predictor = StreamingPredictor(model)
    last, busy, ticks = 0.0, time.process_time(), 0
    print(f"{'minute':>7}{'MB':>8}{'ms of CPU a tick':>19}")
    for event in stream(clip, rate):
        ticks += len(push(predictor, event))
        if event[0] >= last + 60 * minutes / 12:
            now = time.process_time()
            print(f"{event[0] / 60:7.1f}{resident():8.0f}{(now - busy) / ticks * 1000:19.1f}", flush=True)
            last, busy, ticks = event[0], time.process_time(), 0
        if event[0] >= 60 * minutes:
            break


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
