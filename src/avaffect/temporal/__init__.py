"""Temporal networks: what a stream's past and future say about each of its ticks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torch import nn

from avaffect.registry import Registry

from ..arguments import checks_types
from .blstm import BLSTM
from .tcn import TCN

__all__ = ["BLSTM", "TCN", "create_temporal", "list_temporal", "register"]

_Kind = TypeVar("_Kind", bound=type[nn.Module])

TEMPORAL: Registry[nn.Module] = Registry(
    "temporal network",
    "avaffect.temporal",
    {"blstm": "avaffect.temporal.blstm:BLSTM", "tcn": "avaffect.temporal.tcn:TCN"},
    base="torch.nn:Module",
)


@checks_types
def register(name: str) -> Callable[[_Kind], _Kind]:
    """Class decorator: make a temporal network known by name to `create_temporal`.

    The class takes ``dim_in`` and ``dim_out``, then its own keyword options.

    Raises
    ------
    ModelError
        The name is taken.
    """
    return TEMPORAL.register(name)


def list_temporal() -> list[str]:
    """Names that `create_temporal` knows, sorted.

    >>> list_temporal()
    ['blstm', 'tcn']
    """
    return TEMPORAL.names()


@checks_types
def create_temporal(name: str, dim_in: int, dim_out: int, **options: Any) -> nn.Module:
    """Build a temporal network by name: a module from x (b, t, dim_in), mask (b, t) to (b, t, dim_out).

    A masked tick never changes another tick's output, and is zero in the output.

    Parameters
    ----------
    name : str
        One of `list_temporal()`.
    dim_in, dim_out : int
        Feature sizes.
    **options
        Keyword options of `TCN` or `BLSTM`.

    Raises
    ------
    ModelError
        Unknown name or option (the nearest is named), or values that do not fit.

    >>> create_temporal("tcn", 128, 128).receptive_field
    121
    """
    return TEMPORAL.create(name, dim_in, dim_out, **options)
