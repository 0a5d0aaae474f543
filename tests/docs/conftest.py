"""The folder that documents run in: it holds what their blocks name."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from avaffect.corpus.base import Features
from avaffect.corpus.store import Meta, write
from avaffect.trace import Trace

from .shell_lines import ROOT

RECORDINGS = ("first", "second", "third", "fourth", "fifth")


@pytest.fixture
def workplace(tmp_path: Path, sample_clip: Path, make_trace: Callable[..., Trace]) -> Path:
    """A clip, a folder of sound, made-up predictions of five recordings, labels, a baseline and features."""
    _cut(sample_clip, tmp_path / "interview.mp4", seconds=3)
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    (tmp_path / "results").mkdir()
    make_trace(4.0).to_csv(tmp_path / "results" / "interview.csv")
    _write_sound(tmp_path / "sessions" / "monday.wav")
    for folder in ("baseline", "Validation_Set"):
        (tmp_path / folder).mkdir()
    random = np.random.default_rng(0)
    for name in RECORDINGS:
        trace = make_trace(4.0, file=f"{name}.mp4")
        trace.to_csv(tmp_path / "results" / f"{name}.csv")
        truth = trace.table[["valence", "arousal"]].to_numpy()
        for folder, error in (("Validation_Set", 0.1), ("baseline", 0.3)):
            values = np.clip(truth + random.normal(0, error, truth.shape), -1, 1)
            rows = "".join(f"{v:.4f},{a:.4f}\n" for v, a in values)
            (tmp_path / folder / f"{name}.txt").write_text(f"valence,arousal\n{rows}")
    frames = [f"{name}/{i + 1:05d}.jpg,0,0\n" for name in RECORDINGS for i in range(len(truth))]
    sample = "image_location,valence,arousal\n" + "".join(frames)
    (tmp_path / "CVPR_VA_test_set_sample.txt").write_text(sample)
    subjects = "file,subject\n" + "".join(f"{name},{name}\n" for name in RECORDINGS)
    (tmp_path / "subjects.csv").write_text(subjects)
    _write_store(tmp_path / "features" / "affwild2")
    return tmp_path


def _cut(source: Path, target: Path, *, seconds: float) -> None:
    """Copy the beginning of a recording."""
    with av.open(source) as given, av.open(target, "w") as kept:
        streams = {stream.index: kept.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                kept.mux(packet)


def _write_sound(path: Path) -> None:
    path.parent.mkdir()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes(np.random.default_rng(0).integers(-900, 900, 32000).astype("<i2").tobytes())


def _write_store(folder: Path) -> None:
    random = np.random.default_rng(0)
    for number, name in enumerate(RECORDINGS):
        affect = np.sin(np.arange(300)[:, None] / (7, 11) + number).astype(np.float32)
        streams = {m: np.tile(affect, 4) + random.normal(0, 0.3, (300, 8)) for m in ("audio", "visual")}
        write(
            folder,
            Meta(name, name, "train" if number < 3 else "val", "made-up", ("valence", "arousal"), 12.5),
            Features(
                {m: x.astype(np.float32) for m, x in streams.items()},
                {m: random.random(300) > 0.1 for m in streams},
            ),
            affect,
            np.ones(300, bool),
            half=False,
        )


@pytest.fixture
def trained(workplace: Path) -> Path:
    """The same folder, with a network trained for one epoch in ``runs/rjca.affwild2``."""
    command = [sys.executable, "-m", "avaffect", "train", "recipes/studyforrest/fusion.yaml"]
    values = [
        "store=features/affwild2",
        "output=runs/rjca.affwild2",
        "folds=null",
        "fit.epochs=1",
        "fusion.name=jca",
    ]
    subprocess.run([*command, *values], cwd=workplace, check=True, capture_output=True)
    return workplace
