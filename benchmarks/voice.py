"""Speed of the voice side on one core, as times faster than real time.

    OMP_NUM_THREADS=1 python benchmarks/voice.py [--seconds 300] [FILE]

Noise of the given length, or the sound of a file, goes through speech activity, and through log-mel, level
and network of each voice encoder, in pieces of about 60 s, as prediction does it. The weights are random:
they do not change the speed.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import torch

from avaffect.encoder import AudioEncoder, create_encoder
from avaffect.runtime.base import CHUNK, CONTEXT
from avaffect.voice import (
    log_mel,
    preset,
    reference_level,
    relative,
    share,
    speech_active,
    speech_probability,
)

RATE = 16000
ENCODERS = ("voice", "whisper")


def encode(net: AudioEncoder, logmel: np.ndarray) -> np.ndarray:
    """Features of a whole recording, piece by piece."""
    parts = []
    size, context = round(CHUNK * net.tick_rate), round(CONTEXT * net.tick_rate)
    with torch.inference_mode():
        for first, begin, end, last in net.pieces(len(logmel) // net.stride, size, context=context):
            features = net(torch.from_numpy(logmel[first * net.stride : last * net.stride])[None])[0]
            parts.append(features[begin - first : end - first].numpy())
    return np.concatenate(parts)


def timed(name: str, seconds: float, work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Run twice, report the processor time of the second, which other work on the machine leaves alone."""
    work()
    begin = time.process_time()
    result = work()
    spent = time.process_time() - begin
    print(f"{name:16} {seconds / spent:8.0f} x real time   {spent:7.3f} s for {seconds:.0f} s", flush=True)
    return result, spent


def measure(name: str, sound: np.ndarray, active: np.ndarray) -> float:
    """Time the parts of a voice encoder; gives the seconds that all of them take together."""
    seconds = len(sound) / RATE
    net = cast(AudioEncoder, create_encoder(name).eval())
    settings = preset(net.preprocessing["logmel"])
    logmel, first = timed(f"{name} log-mel", seconds, lambda: log_mel(sound, settings))
    view, second = timed(
        f"{name} level", seconds, lambda: relative(logmel, reference_level(logmel, active | ~active.any()))
    )
    _, third = timed(f"{name} network", seconds, lambda: encode(net, view))
    whole = first + second + third
    millions = sum(p.numel() for p in net.parameters()) / 1e6
    print(f"{name:16} {seconds / whole:8.0f} x real time in all, {millions:.2f} M parameters")
    return whole


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
    probability, _ = timed("speech", len(sound) / RATE, lambda: speech_probability(sound)[0])
    active = share(speech_active(probability, 31.25), len(sound) // 160)
    spent = {name: measure(name, sound, active) for name in ENCODERS}
    print(f"whisper takes {spent['whisper'] / spent['voice']:.1f} times as long as voice")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
