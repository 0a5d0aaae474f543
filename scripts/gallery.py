"""Make the pictures of docs/gallery.md from the sample clip, and that of README.md.

python scripts/gallery.py [--out out/gallery] [--readme docs/sample.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import avaffect
from avaffect.contrast import compare, draw_groups
from avaffect.draw import draw_overlay, plot_courses
from avaffect.draw.moments import Moments
from avaffect.media import frames
from avaffect.report import write_report
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS, INDEX

ROOT = Path(__file__).parents[1]
CLIP = "examples/sample.mp4"
SHOWN = 3.0  # seconds: the frame of the annotated video


def made_up(group: str, level: float, seed: int) -> list[Trace]:
    """Eight recordings of 40 s, two rows a second, whose values wander about a level of their own."""
    random = np.random.default_rng(seed)
    traces = []
    for number in range(8):
        start = np.arange(80) / 2
        walk = np.convolve(random.normal(0, 0.25, (80 + 11)), np.hanning(12) / 4, mode="valid")
        table = pd.DataFrame(np.nan, index=range(80), columns=list(COLUMNS))
        table = table.assign(
            file=f"{group}/P{number:02d}.mp4", start=start, end=start + 0.5, track=1, pts=start
        )
        table = table.assign(
            valence=np.clip(random.normal(level, 0.15) + walk, -1, 1), source="face", face_conf=1.0
        )
        table["arousal"] = np.clip(random.normal(0.1, 0.1) + np.roll(walk, 20), -1, 1)
        traces.append(Trace(table.set_index(list(INDEX))))
    return traces


def small(path: Path) -> Image.Image:
    """A picture of 1200 pixels' width in few colours, for a repository."""
    picture = Image.open(path).convert("RGB")
    picture = picture.resize((1200, round(picture.height * 1200 / picture.width)), Image.Resampling.LANCZOS)
    return picture.quantize(255, dither=Image.Dither.NONE)


def main() -> None:
    """Read the clip and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "gallery")
    parser.add_argument("--readme", type=Path, help="also write the plot, small, for README.md")
    options = parser.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    clip = ROOT / CLIP
    trace = avaffect.load("hgrjca.default").process_file(clip)
    avaffect.plot(trace, out / "plot.png", title="sample.mp4")
    if options.readme:
        small(out / "plot.png").save(options.readme, optimize=True)
    plot_courses(trace, out / "course.svg", size=(180.0, 80.0))
    write_report(trace, out / "report.html", clip)
    groups = compare(made_up("calm", 0.15, 0), made_up("stress", -0.1, 1), names=("calm", "stress"))
    draw_groups(groups, out / "groups.png")
    moments = Moments(trace)
    for frame in frames(clip):
        people = moments.at(frame.index, frame.pts)
        if frame.pts >= SHOWN:
            Image.fromarray(draw_overlay(frame.image, people)).save(out / "annotated.jpg", quality=85)
            break


if __name__ == "__main__":
    main()
