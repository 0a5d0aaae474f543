"""Fusions, streams and masks that the tests of this folder share."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from avaffect.fusion import Fusion, create_fusion, list_fusions

DIMS = {"audio": 8, "visual": 12}
THREE = {"audio": 8, "visual": 12, "text": 4}
TICKS = 9

# Every fusion once in the form of any length, each in its cheapest configuration that has all parts.
ANY_LENGTH: dict[str, dict[str, Any]] = {name: {} for name in list_fusions()} | {
    "bibimodal": {"layers": 2, "size": 6, "heads": 2},
    "bottleneck": {"layers": 2},
    "coattention": {"layers": 2},
    "rjca": {"iterations": 2},
    "grjca": {"iterations": 2},
    "hgrjca": {"iterations": 2},
    "rjcma": {"iterations": 2},
}

# Further forms of the same fusions: name, options.
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *ANY_LENGTH.items(),
    ("jca", {"correlation": "time"}),
    ("grjca", {"iterations": 2, "gating": "across"}),
    ("grjca", {"iterations": 2, "correlation": "time", "reference": "input", "gate_input": "concat"}),
    ("hgrjca", {"iterations": 3, "recurse": "attended", "activation": "none", "share_steps": False}),
    ("hgrjca", {"iterations": 2, "share_gates": True, "gate_input": "concat", "hidden": 5}),
    ("coattention", {"query": "joint"}),
    ("dca", {"attention": "coattention"}),
    ("dca", {"attention": "ca"}),
    ("bibimodal", {"layers": 1, "size": 6, "heads": 3, "centre": "visual"}),
    ("feedback", {"top_down": "static", "size": 5, "centre": "visual"}),
    ("lfan", {"leader": "audio"}),
    ("bottleneck", {"layers": 2, "read_out": "class", "share_blocks": True}),
    ("bottleneck", {"layers": 2, "exchange": "tokens"}),
    ("ca", {"normalise": False}),
    ("concat", {"absent": "zero"}),
]

# In these the number of a tick, or the ticks beside it, play a part: a gap of absent ticks counts.
PLACED = ("bibimodal", "bottleneck", "transformer")
GAPLESS = [case for case in VARIANTS if case[0] not in PLACED]
# And in these only the order of the available ones.
UNORDERED = [case for case in GAPLESS if case[0] != "feedback"]

# The published forms, of one length.
WINDOW = 7
WINDOWED: list[tuple[str, dict[str, Any]]] = [
    (name, {**options, "mixing": "time", "window": WINDOW})
    for name, options in (
        ("jca", {"correlation": "feature"}),
        ("jca", {"correlation": "time"}),
        ("rjca", {"correlation": "time", "iterations": 2}),
        ("grjca", {"correlation": "feature", "iterations": 2}),
        ("hgrjca", {"correlation": "time", "iterations": 2, "share_steps": False}),
        ("rjcma", {"iterations": 2}),
        ("coattention", {"layers": 2}),
    )
]


def name_of(case: tuple[str, dict[str, Any]]) -> str:
    """A readable id for a parametrised test."""
    name, options = case
    return "-".join([name, *(f"{key}={value}" for key, value in options.items())])


def build(name: str, options: dict[str, Any], dims: dict[str, int] = DIMS, *, seed: int = 0) -> Fusion:
    """The fusion in float64 and eval mode, with no weight left at a special value."""
    torch.manual_seed(seed)
    fusion = create_fusion(name, dims=dims, **options).double().eval()
    with torch.no_grad():
        for weight in fusion.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return fusion


def random_streams(dims: dict[str, int], batch: int, ticks: int, *, seed: int = 1) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(batch, ticks, dim, generator=generator, dtype=torch.float64)
        for name, dim in dims.items()
    }


def random_masks(dims: dict[str, int], batch: int, ticks: int, *, seed: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(batch, ticks, generator=generator) > 0.35 for name in dims}


def all_there(dims: dict[str, int], batch: int, ticks: int) -> dict[str, Tensor]:
    return {name: torch.ones(batch, ticks, dtype=torch.bool) for name in dims}


def weights_of(fusion: torch.nn.Module) -> dict[str, np.ndarray]:
    return {key: value.double().numpy() for key, value in fusion.state_dict().items()}


def sequence(tensors: dict[str, Tensor], index: int) -> dict[str, np.ndarray]:
    """One sequence of a batch, as NumPy."""
    return {name: tensor[index].numpy() for name, tensor in tensors.items()}
