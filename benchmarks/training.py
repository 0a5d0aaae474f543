"""Training from the feature store against decoding JPEG and wav for every window, on one made-up corpus.

    python benchmarks/training.py --threads 2

Three ways train the same parts behind the same frozen encoders, in batches of as many windows of 17 s:

    decoded    each window's pictures and sound are read and encoded, one face and 80 ms of sound a tick
    published  as the published scripts do: 16 steps of 32 frames, of each step 8 pictures and 1.07 s of sound
               are read and encoded, and windows lie one frame apart, so that a window labels 16 new frames
    store      features are read that the encoders gave once

The published backbones are 20 to 100 times larger than the encoders used here: this is a lower bound.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.io import wavfile
from torch import Tensor

from avaffect import voice
from avaffect.corpus.recordings import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.corpus.windows import Windows
from avaffect.loss import CCCLoss
from avaffect.model import AffectModel
from avaffect.train.fusion import after_encoders
from avaffect.train.fusion_stage import spec_of
from avaffect.train.recipe import read_recipe

RECIPE = Path(__file__).parents[1] / "recipes" / "hgrjca.default.yaml"
FRAMES = 2_993_081  # of Aff-Wild2
FRAME_RATE = 30.0
SOUND_RATE = 16_000

STEPS, STRIDE, SHOWN = 16, 32, 8  # steps of a published window, frames of a step, pictures read of it

Batch = dict[str, Tensor]
Load = Callable[[Path, AffectModel, str, int, int], dict[str, Tensor]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recordings", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each")
    parser.add_argument("--window", type=float, default=17.04, help="seconds")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--decoded", type=int, default=4, help="steps of the decoding way")
    parser.add_argument("--stored", type=int, default=40, help="steps from the store")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    torch.manual_seed(0)
    model = AffectModel(spec_of(read_recipe(RECIPE, ["data=."])))
    model.encoders.eval()
    with tempfile.TemporaryDirectory() as folder:
        store = make_corpus(Path(folder), model, arguments.recordings, arguments.seconds)
        ticks = round(arguments.window * store.rate)
        windows = Windows(store.recordings, ticks=ticks, hop=ticks // 2)
        print(f"{len(windows)} windows of {arguments.window:g} s, batches of {arguments.batch}")
        rates = {}
        for name, load, steps in (
            ("decoded", Decoder(Path(folder), model, windows, ticks_of_window), arguments.decoded),
            ("published", Decoder(Path(folder), model, windows, steps_of_window), arguments.decoded),
            ("store", windows.__getitem__, arguments.stored),
        ):
            loading, training = time_steps(model, load, order(len(windows), arguments.batch), steps)
            rates[name] = arguments.batch / (loading + training)
            share = loading / (loading + training)
            print(
                f"{name:10} {rates[name]:7.1f} windows/s; a step: {1e3 * loading:7.1f} ms to get features "
                f"({100 * share:.1f} %), {1e3 * training:6.1f} ms of training"
            )
        tiled = FRAMES / FRAME_RATE * store.rate / (ticks // 2)
        epochs = {"decoded": tiled, "published": FRAMES / STEPS, "store": tiled}
        hours = {name: count / rates[name] / 3600 for name, count in epochs.items()}
        for name, count in epochs.items():
            print(f"{name:10} an epoch of {FRAMES} frames in {count:.0f} windows: {hours[name]:.2f} h")
        for name in ("decoded", "published"):
            print(
                f"store against {name}: {rates['store'] / rates[name]:.1f} times the windows a second, "
                f"{hours[name] / hours['store']:.0f} epochs in the time of one"
            )


def make_corpus(folder: Path, model: AffectModel, recordings: int, seconds: float) -> FeatureStore:
    """Noise faces as JPEG, noise as wav, random ratings, and the store of what the encoders make of them."""
    rng = np.random.default_rng(0)
    rate, ticks = model.spec.rate, int(seconds * model.spec.rate)
    for number in range(recordings):
        faces = folder / f"r{number}"
        faces.mkdir()
        base = cv2.resize(rng.integers(0, 256, (14, 14, 3), np.uint8), (112, 112))
        for frame in range(int(seconds * FRAME_RATE)):
            noisy = np.clip(base + rng.normal(0, 8, base.shape), 0, 255).astype(np.uint8)
            cv2.imwrite(str(faces / f"{frame + 1:05}.jpg"), noisy)
        sound = (3000 * rng.standard_normal(int(seconds * SOUND_RATE))).astype(np.int16)
        wavfile.write(folder / f"r{number}.wav", SOUND_RATE, sound)
        streams = ticks_of_window(folder, model, f"r{number}", 0, ticks)
        masks = {name: np.ones(ticks, bool) for name in streams}
        affect = np.tanh(rng.standard_normal((ticks, 2))).astype(np.float32)
        meta = Meta(f"r{number}", f"r{number}", "train", "made-up", ("valence", "arousal"), rate)
        arrays = {name: x.numpy() for name, x in streams.items()}
        write(folder / "store", meta, Features(arrays, masks), affect, np.ones(ticks, bool), half=True)
    return FeatureStore(folder / "store")


@torch.inference_mode()
def ticks_of_window(folder: Path, model: AffectModel, name: str, start: int, ticks: int) -> dict[str, Tensor]:
    """Every tick of a window from its files: (t, 128) per stream."""
    centres = (np.arange(start, start + ticks) + 0.5) / model.spec.rate
    begin = start / model.spec.rate
    return {
        "audio": hear(folder, model, name, begin, begin + ticks / model.spec.rate)[:ticks],
        "visual": see(folder, model, name, (centres * FRAME_RATE).astype(int)),
    }


@torch.inference_mode()
def steps_of_window(folder: Path, model: AffectModel, name: str, start: int, ticks: int) -> dict[str, Tensor]:
    """16 steps from as many pictures and sounds as the published scripts read: (16, 128) per stream."""
    first = int(start / model.spec.rate * FRAME_RATE)
    last = int((start + ticks) / model.spec.rate * FRAME_RATE) - STRIDE
    visual, audio = [], []
    for frame in np.linspace(first, last, STEPS).astype(int):
        visual.append(see(folder, model, name, frame + np.arange(0, STRIDE, STRIDE // SHOWN)).mean(0))
        begin, end = frame / FRAME_RATE, (frame + STRIDE) / FRAME_RATE
        audio.append(hear(folder, model, name, begin, end).mean(0))
    return {"audio": torch.stack(audio), "visual": torch.stack(visual)}


def see(folder: Path, model: AffectModel, name: str, frames: np.ndarray) -> Tensor:
    """Faces of frames, from 0, to (n, 128)."""
    crops = np.stack([cv2.imread(str(folder / name / f"{frame + 1:05}.jpg"))[..., ::-1] for frame in frames])
    parts = [torch.from_numpy(crops[i : i + 64]) for i in range(0, len(crops), 64)]
    return torch.cat([model.encode("visual", part) for part in parts])


def hear(folder: Path, model: AffectModel, name: str, begin: float, end: float) -> Tensor:
    """Sound between two times, in seconds, to (t, 128)."""
    _, sound = wavfile.read(folder / f"{name}.wav", mmap=True)
    piece = sound[int(begin * SOUND_RATE) : int(end * SOUND_RATE)]
    logmel = torch.from_numpy(voice.log_mel(piece.astype(np.float32) / 32768))
    return model.encode("audio", logmel[None, : len(logmel) // 8 * 8])[0]


class Decoder:
    """Batches of windows as `Windows` gives them, from the files instead of the store."""

    def __init__(self, folder: Path, model: AffectModel, windows: Windows, load: Load) -> None:
        self.folder, self.model, self.windows, self.load = folder, model, windows, load

    def __call__(self, indices: list[int]) -> Batch:
        batch = self.windows[indices]  # for ratings and masks; costs next to nothing
        chosen = [self.windows.windows[i] for i in indices]
        names = [self.windows.recordings[window.recording].name for window in chosen]
        found = [
            self.load(self.folder, self.model, name, window.start, window.length)
            for name, window in zip(names, chosen, strict=True)
        ]
        features = {name: torch.stack([each[name] for each in found]) for name in found[0]}
        ticks = features["visual"].shape[1]
        return {
            name: value if name == "window" else value[:, :ticks] for name, value in batch.items()
        } | features


def order(count: int, batch: int) -> Iterator[list[int]]:
    """Shuffled batches without end."""
    rng = np.random.default_rng(0)
    while True:
        yield rng.integers(count, size=batch).tolist()


def time_steps(
    model: AffectModel, load: Callable[[list[int]], Batch], batches: Iterator[list[int]], steps: int
) -> tuple[float, float]:
    """Median seconds of a step for getting the features, and for training; one step more goes before."""
    optimizer, loss_of = torch.optim.AdamW(after_encoders(model).parameters()), CCCLoss()
    model.train()
    model.encoders.eval()
    times = []
    for _, indices in zip(range(steps + 1), batches, strict=False):
        begin = time.perf_counter()
        batch = load(indices)
        middle = time.perf_counter()
        masks = {name: batch[f"{name}_mask"] for name in ("audio", "visual")}
        loss = loss_of(model.fuse(batch, masks).values, batch["affect"], batch["labelled"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        times.append((middle - begin, time.perf_counter() - middle))
    loading, training = np.median(times[1:], axis=0)
    return float(loading), float(training)


if __name__ == "__main__":
    main()
