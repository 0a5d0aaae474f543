"""Whether a voice reads the same wherever in a recording it is.

    python benchmarks/placement.py PATH/javanese/*.mp4 --model audio.default hgrjca.default --out placement.md

Every clip's sound is read alone, and behind some seconds of near silence. Told is by how much the mean of its
valence and arousal differs, over all clips.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import avaffect
from avaffect import __version__, media
from avaffect.comparison.markdown import table
from avaffect.media import SAMPLE_RATE
from avaffect.predict import Predictor
from avaffect.spec import TARGETS

FLOOR = 3e-4
"""Standard deviation of what stands before a clip, of samples in [-1, 1]: no microphone is silent."""

HEADS = [
    "model",
    "seconds before it",
    *(f"{target}, {kind}" for target in TARGETS for kind in ("mean", "mean without sign")),
]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path, help="with speech")
    parser.add_argument("--model", nargs="+", default=["hgrjca.default"])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0, 2.0, 3.0, 4.0, 5.0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one recording of N")
    parser.add_argument("--out", type=Path, help="Markdown")
    options = parser.parse_args(arguments)
    voices = [media.read_audio(path)[0] for path in options.recordings[:: options.every]]
    rows = [row for name in options.model for row in rows_of(name, voices, options.seconds)]
    text = PAGE.format(
        models=" ".join(options.model),
        every=f" --every {options.every}" if options.every > 1 else "",
        day=datetime.date.today(),
        version=__version__,
        count=len(voices),
        floor=FLOOR,
        table=table(HEADS, rows),
    )
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def rows_of(name: str, voices: Sequence[np.ndarray], before: Sequence[float]) -> list[list[str]]:
    """A row of the table for each length of what stands before the voices."""
    predictor = avaffect.load(name)
    alone = np.stack([read(predictor, voice, 0.0) for voice in voices])
    rows = []
    for seconds in before:
        apart = np.stack([read(predictor, voice, seconds) for voice in voices]) - alone
        mean, size = np.nanmean(apart, axis=0), np.nanmean(np.abs(apart), axis=0)
        figures = [text for k in range(len(TARGETS)) for text in (f"{mean[k]:+.3f}", f"{size[k]:.3f}")]
        rows.append([name, f"{seconds:g}", *figures])
    return rows


def read(predictor: Predictor, voice: np.ndarray, seconds: float) -> np.ndarray:
    """Mean valence and arousal, (2,), of a voice behind so many seconds of near silence."""
    before = np.random.default_rng(0).normal(0, FLOOR, round(seconds * SAMPLE_RATE))
    samples = np.concatenate([before, voice]).astype(np.float32)
    rows = predictor.process_signal(samples=samples, sample_rate=SAMPLE_RATE).table
    return rows[rows.pts >= seconds - 1e-6][list(TARGETS)].mean().to_numpy()


PAGE = """\
# Where in a recording a voice is

<!-- not run: needs recordings of speech -->
```sh
python benchmarks/placement.py RECORDINGS{every} --model {models} --out FILE
```

Written by that command on {day} with avaffect {version}. The sound of each of {count} recordings was read
alone, and behind some seconds of near silence (noise with a standard deviation of {floor:g}). Told is by how
much the mean value of the voice differs from that of the voice alone, as a mean over the recordings.

{table}
"""


if __name__ == "__main__":
    main()
