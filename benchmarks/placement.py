"""Whether a voice reads the same wherever in a recording it is.

    python benchmarks/placement.py PATH/javanese/*.mp4 --model audio.default hgrjca.default

Every clip's sound is read alone, and behind some seconds of near silence. Told is by how much the mean of its
valence and arousal differs, over all clips.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import avaffect
from avaffect import media
from avaffect.comparison.markdown import table
from avaffect.media import SAMPLE_RATE
from avaffect.predict import Predictor
from avaffect.spec import TARGETS

FLOOR = 3e-4
"""Standard deviation of what stands before a clip, of samples in [-1, 1]: no microphone is silent."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path, help="with speech")
    parser.add_argument("--model", nargs="+", default=["hgrjca.default"])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 2.0, 3.0, 4.0, 5.0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one recording of N")
    options = parser.parse_args(arguments)
    voices = [media.read_audio(path)[0] for path in options.recordings[:: options.every]]
    rows = []
    for name in options.model:
        predictor = avaffect.load(name)
        alone = np.stack([read(predictor, voice, 0.0) for voice in voices])
        for seconds in options.seconds:
            apart = np.stack([read(predictor, voice, seconds) for voice in voices]) - alone
            kinds = (np.nanmean(apart, axis=0), np.nanmean(np.abs(apart), axis=0))
            rows.append([name, f"{seconds:g}", *(f"{kind[k]:+.3f}" for k in range(2) for kind in kinds)])
    heads = [f"{target}, {kind}" for target in TARGETS for kind in ("mean", "mean without sign")]
    print(f"{len(voices)} recordings")
    print(table(["model", "seconds before it", *heads], rows))


def read(predictor: Predictor, voice: np.ndarray, seconds: float) -> np.ndarray:
    """Mean valence and arousal, (2,), of a voice behind so many seconds of near silence."""
    before = np.random.default_rng(0).normal(0, FLOOR, round(seconds * SAMPLE_RATE))
    samples = np.concatenate([before, voice]).astype(np.float32)
    rows = predictor.process_signal(samples=samples, sample_rate=SAMPLE_RATE).table
    return rows[rows.pts >= seconds - 1e-6][list(TARGETS)].mean().to_numpy()


if __name__ == "__main__":
    main()
