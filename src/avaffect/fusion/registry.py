"""Fusions by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from avaffect.errors import ModelError, nearest

from .base import Fusion

_Kind = TypeVar("_Kind", bound=type[Fusion])
_FUSIONS: dict[str, type[Fusion]] = {}


def register(name: str) -> Callable[[_Kind], _Kind]:
    """Class decorator: make a fusion known by name to `create_fusion`.

    Raises
    ------
    ModelError
        The name is taken.
    """

    def add(kind: _Kind) -> _Kind:
        if name in _FUSIONS:
            raise ModelError(f"a fusion named {name!r} exists: {_FUSIONS[name].__qualname__}")
        _FUSIONS[name] = kind
        return kind

    return add


def list_fusions() -> list[str]:
    """Names that `create_fusion` knows, sorted.

    >>> from avaffect.fusion import list_fusions
    >>> "hgrjca" in list_fusions()
    True
    """
    return sorted(_FUSIONS)


def fusion_class(name: str) -> type[Fusion]:
    """The class registered under a name; its docstring lists the options."""
    if name not in _FUSIONS:
        raise ModelError(f"unknown fusion {name!r}; {nearest(name, _FUSIONS)}")
    return _FUSIONS[name]


def create_fusion(name: str, *, dims: Mapping[str, int], **options: Any) -> Fusion:
    """Build a fusion by name.

    Parameters
    ----------
    name : str
        One of `list_fusions()`.
    dims : mapping of stream name to feature size
    **options
        Keyword options of that fusion's class, such as ``iterations`` or ``temperature``.

    Raises
    ------
    ModelError
        Unknown name or option (the nearest is named), or values that do not fit.

    >>> import torch
    >>> from avaffect.fusion import create_fusion
    >>> fusion = create_fusion("hgrjca", dims={"audio": 16, "visual": 24}, iterations=2)
    >>> fused = fusion({"audio": torch.randn(4, 50, 16), "visual": torch.randn(4, 50, 24)})
    >>> fused.features.shape, fused.weights["attended.audio"].shape
    (torch.Size([4, 50, 40]), torch.Size([4, 50]))
    """
    kind = fusion_class(name)
    known = [option for option in inspect.signature(kind).parameters if option != "dims"]
    for option in options:
        if option not in known:
            raise ModelError(f"fusion {name!r} has no option {option!r}; {nearest(option, known)}")
    return kind(dims=dims, **options)
