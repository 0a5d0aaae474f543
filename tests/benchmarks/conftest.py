"""For the scripts of benchmarks/: the corpora and recipes of the tests of training; sequences and models."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avaffect.model import AffectModel
from avaffect.spec import Component, Spec, Stream

from ..train.conftest import corpora, encoded, encoders, recipe

__all__ = ["corpora", "encoded", "encoders", "recipe"]

GATED = {"mixing": "feature", "iterations": 2}


def data_of(count: int = 40, ticks: int = 20, dim: int = 8) -> dict[str, Tensor]:
    """The label is in the first features of both streams; spans of each are missing or corrupted."""
    rng = np.random.default_rng(0)
    affect = rng.uniform(-0.9, 0.9, (count, ticks, 2)).astype(np.float32)
    data: dict[str, np.ndarray] = {"affect": affect}
    for name in ("audio", "visual"):
        features = rng.normal(0, 0.3, (count, ticks, dim)).astype(np.float32)
        features[..., :2] += affect
        mask, corrupted = rng.random((2, count, ticks)) < [[[0.8]], [[0.3]]]
        features[corrupted] = 3.0
        data |= {name: features, f"{name}_mask": mask, f"{name}_corrupted": corrupted & mask}
    data["labelled"] = data["audio_mask"] | data["visual_mask"]
    return {name: torch.from_numpy(values) for name, values in data.items()}


def model_of(*streams: str, fusion: str = "concat", **options: object) -> AffectModel:
    torch.manual_seed(0)
    parts = {
        name: Stream(
            8,
            Component("face" if name == "visual" else "voice", {"dim": 8}),
            preprocessing={"crop": 112} if name == "visual" else {"logmel": "default16k"},
            temporal=Component("tcn", {"levels": 1}),
            temporal_dim=8,
        )
        for name in streams
    }
    return AffectModel(Spec(f"{fusion}.test", parts, Component(fusion, options))).eval()
