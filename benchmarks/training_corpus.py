"""A made-up corpus as JPEG, wav and feature store, and windows of it from either: for `training.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.io import wavfile
from torch import Tensor

from avaffect import voice
from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.corpus.windows import Windows
from avaffect.model import AffectModel
from avaffect.train.store import CutWindows

FRAME_RATE = 30.0
SOUND_RATE = 16_000

STEPS, STRIDE, SHOWN = 16, 32, 8  # steps of a published window, frames of a step, pictures read of it

Batch = dict[str, Tensor]
Load = Callable[[list[int]], Batch]


def make_corpus(folder: Path, model: AffectModel, recordings: int, seconds: float) -> FeatureStore:
    """Noise faces as JPEG, noise as wav, random ratings, and the store of what the encoders make of them."""
    rng = np.random.default_rng(0)
    rate, ticks = model.spec.tick_rate, int(seconds * model.spec.tick_rate)
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
def ticks_of_window(folder: Path, model: AffectModel, name: str, start: int, ticks: int) -> Batch:
    """Every tick of a window from its files: (t, 128) per stream."""
    rate = model.spec.tick_rate
    centres = (np.arange(start, start + ticks) + 0.5) / rate
    return {
        "audio": hear(folder, model, name, np.array([start / rate]), ticks / rate)[0],
        "visual": see(folder, model, name, (centres * FRAME_RATE).astype(int)),
    }


@torch.inference_mode()
def steps_of_window(folder: Path, model: AffectModel, name: str, start: int, ticks: int) -> Batch:
    """16 steps from as many pictures and sounds as the published scripts read: (16, 128) per stream."""
    first = int(start / model.spec.tick_rate * FRAME_RATE)
    last = int((start + ticks) / model.spec.tick_rate * FRAME_RATE) - STRIDE
    frames = np.linspace(first, last, STEPS).astype(int)
    shown = (frames[:, None] + np.arange(0, STRIDE, STRIDE // SHOWN)).ravel()
    return {
        "audio": hear(folder, model, name, frames / FRAME_RATE, STRIDE / FRAME_RATE).mean(1),
        "visual": see(folder, model, name, shown).unflatten(0, (STEPS, SHOWN)).mean(1),
    }


def see(folder: Path, model: AffectModel, name: str, frames: np.ndarray) -> Tensor:
    """Faces of frames, from 0, to (n, 128)."""
    crops = np.stack([cv2.imread(str(folder / name / f"{frame + 1:05}.jpg"))[..., ::-1] for frame in frames])
    parts = [torch.from_numpy(crops[i : i + 64]) for i in range(0, len(crops), 64)]
    return torch.cat([model.encode("visual", part) for part in parts])


def hear(folder: Path, model: AffectModel, name: str, begins: np.ndarray, seconds: float) -> Tensor:
    """Sounds of one length from where they begin, in seconds, to features (n, t, d)."""
    _, sound = wavfile.read(folder / f"{name}.wav", mmap=True)
    length = round(seconds * SOUND_RATE)
    pieces = [sound[start : start + length] for start in (begins * SOUND_RATE).round().astype(int)]
    settings = voice.preset(str(model.spec.streams["audio"].preprocessing["logmel"]))
    frames = [voice.log_mel(piece.astype(np.float32) / 32768, settings) for piece in pieces]
    logmel = torch.from_numpy(np.stack(frames))
    return model.encode("audio", logmel[:, : logmel.shape[1] // 8 * 8])


def bounds_of_steps(ticks: int) -> list[tuple[int, int]]:
    """First tick of each step of a window, and the tick behind it."""
    edges = np.linspace(0, ticks, STEPS + 1).round().astype(int).tolist()
    return list(zip(edges[:-1], edges[1:], strict=True))


class Steps:
    """Batches of published windows from the store: features are means, a rating is that of the last tick."""

    def __init__(self, windows: Windows) -> None:
        self.batches, self.bounds = CutWindows(windows, [0, 1]), bounds_of_steps(windows.ticks)
        self.last = [end - 1 for _, end in self.bounds]

    def __call__(self, indices: list[int]) -> Batch:
        batch = self.batches[indices]
        means = {
            name: torch.stack([batch[name][:, a:b].mean(1) for a, b in self.bounds], dim=1)
            for name in self.batches.windows.streams
        }
        return {k: v[:, self.last] if v.ndim > 1 else v for k, v in batch.items() if k not in means} | means


class Decoder:
    """Batches of windows as from the store, but from the files."""

    def __init__(self, folder: Path, model: AffectModel, windows: Windows, *, steps: bool) -> None:
        self.folder, self.model, self.windows = folder, model, windows
        self.stored = Steps(windows) if steps else CutWindows(windows, [0, 1]).__getitem__
        self.decode = steps_of_window if steps else ticks_of_window

    def __call__(self, indices: list[int]) -> Batch:
        batch = self.stored(indices)  # for ratings and masks; costs next to nothing
        chosen = [self.windows.windows[i] for i in indices]
        found = [
            self.decode(self.folder, self.model, self.windows.recordings[w.recording].name, w.start, w.length)
            for w in chosen
        ]
        return batch | {name: torch.stack([each[name] for each in found]) for name in found[0]}
