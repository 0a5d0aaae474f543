"""Speed of the voice side on one core, as times faster than real time.

    OMP_NUM_THREADS=1 python benchmarks/voice.py [--seconds 300] [FILE]

Noise of the given length, or the sound of a file, goes through speech activity, log-mel, and the voice
network in windows of 60 s, as prediction does it. The weights are random: they do not change the speed.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from avaffect.encoder.voice import CONTEXT, STRIDE, VoiceNet
from avaffect.voice import log_mel, reference_level, relative, share, speech_active, speech_probability

RATE = 16000
WINDOW = 750  # ticks, 60 s


def encode(net: VoiceNet, logmel: np.ndarray) -> np.ndarray:
    """Features of a whole recording, window by window."""
    parts = []
    ticks = len(logmel) // STRIDE
    with torch.inference_mode():
        for begin in range(0, ticks, WINDOW):
            first, last = max(0, begin - CONTEXT), min(ticks, begin + WINDOW + CONTEXT)
            features = net(torch.from_numpy(logmel[first * STRIDE : last * STRIDE])[None])[0]
            parts.append(features[begin - first : begin - first + WINDOW].numpy())
    return np.concatenate(parts)


def timed(name: str, seconds: float, work: Callable[[], np.ndarray]) -> np.ndarray:
    """Run twice, report the processor time of the second, which other work on the machine leaves alone."""
    work()
    begin = time.process_time()
    result = work()
    spent = time.process_time() - begin
    print(f"{name:10} {seconds / spent:8.0f} x real time   {spent:7.3f} s for {seconds:.0f} s")
    return result


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("file", nargs="?")
    options = parser.parse_args(given)
    torch.set_num_threads(1)
    if options.file:
        from avaffect.media import read_audio

        sound = read_audio(options.file)[0]
    else:
        count = int(RATE * options.seconds)
        sound = (0.1 * np.random.default_rng(0).standard_normal(count)).astype(np.float32)
    seconds = len(sound) / RATE
    probability = timed("speech", seconds, lambda: speech_probability(sound)[0])
    logmel = timed("log-mel", seconds, lambda: log_mel(sound))
    active = share(speech_active(probability, 31.25), len(logmel))
    view = timed("level", seconds, lambda: relative(logmel, reference_level(logmel, active | ~active.any())))
    net = VoiceNet().eval()
    timed("network", seconds, lambda: encode(net, view))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"parameters {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M, peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
