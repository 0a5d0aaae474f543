"""Temporal models: what a stream's past and future say about each of its ticks."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from avaffect.errors import ModelError, nearest

from .blstm import BLSTM
from .tcn import TCN

__all__ = ["BLSTM", "TCN", "create_temporal", "list_temporal"]

_TEMPORAL: dict[str, type[nn.Module]] = {"blstm": BLSTM, "tcn": TCN}


def list_temporal() -> list[str]:
    """Names that `create_temporal` knows, sorted.

    >>> list_temporal()
    ['blstm', 'tcn']
    """
    return sorted(_TEMPORAL)


def create_temporal(name: str, dim_in: int, dim_out: int, **options: Any) -> nn.Module:
    """Build a temporal model by name: a module from x (b, t, dim_in), mask (b, t) to (b, t, dim_out).

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
    if name not in _TEMPORAL:
        raise ModelError(f"unknown temporal model {name!r}; {nearest(name, _TEMPORAL)}")
    kind = _TEMPORAL[name]
    known = [each for each in inspect.signature(kind).parameters if not each.startswith("dim_")]
    for option in options:
        if option not in known:
            raise ModelError(f"temporal model {name!r} has no option {option!r}; {nearest(option, known)}")
    return kind(dim_in, dim_out, **options)
