"""What is compared: every fusion of the registry, one stream alone, and ordinary baselines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch

from ..errors import DataError, nearest
from ..fusion import create_fusion, fusion_class, list_fusions
from .features import STREAMS

NEURAL, BOOSTING, RIDGE = "neural", "boosting", "ridge"
CURVES = ("concat", "jca", "rjca", "dca", "iaca", "grjca", "hgrjca", "transformer")


@dataclass(frozen=True)
class System:
    """One line of the table.

    Attributes
    ----------
    name : str
    kind : {"neural", "boosting", "ridge"}
    streams : tuple of str
    fusion : str
        Of the registry; for one stream ``concat``, which is that stream alone.
    """

    name: str
    kind: str
    streams: tuple[str, ...]
    fusion: str = ""

    @property
    def curves(self) -> bool:
        """Whether it is also tested on damaged streams."""
        return self.name in CURVES

    @property
    def random(self) -> bool:
        """Whether the seed makes a difference."""
        return self.kind == NEURAL


def all_systems() -> list[System]:
    """Every system: one stream alone, the fusions by name, the baselines.

    >>> [system.name for system in all_systems()][:3]
    ['audio only', 'visual only', 'bibimodal']
    """
    alone = [System(f"{name} only", NEURAL, (name,), "concat") for name in STREAMS]
    fusions = [
        System(name, NEURAL, STREAMS, name)
        for name in list_fusions()
        if _takes(fusion_class(name).min_streams, fusion_class(name).max_streams)
    ]
    return [*alone, *fusions, System("boosting", BOOSTING, STREAMS), System("ridge", RIDGE, STREAMS)]


def choose(names: list[str]) -> list[System]:
    """The systems of these names in the order of `all_systems`; all for an empty list.

    Raises
    ------
    DataError
        If a name is unknown; it names the nearest.
    """
    known = {system.name: system for system in all_systems()}
    for name in names:
        if name not in known:
            raise DataError(f"no system named {name!r} in the benchmark; {nearest(name, known)}")
    return [system for name, system in known.items() if not names or name in names]


def can_be_taught(system: System) -> bool:
    """Whether the fusion gates attended against un-attended features, so that a loss can teach it when to."""
    return system.kind == NEURAL and system.streams == STREAMS and _attends(system.fusion)


@cache
def _attends(fusion: str) -> bool:
    streams = {name: torch.zeros(1, 2, 16) for name in STREAMS}
    weights = create_fusion(fusion, dims=dict.fromkeys(STREAMS, 16))(streams).weights
    return any(name.startswith("attended.") for name in weights)


def _takes(fewest: int, most: int | None) -> bool:
    return fewest <= len(STREAMS) and (most is None or most >= len(STREAMS))
