"""Fusions by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from avaffect.registry import Registry

from ..arguments import checks_types
from .base import Fusion

_Kind = TypeVar("_Kind", bound=type[Fusion])

FUSIONS: Registry[Fusion] = Registry("fusion", "avaffect.fusions", base="avaffect.fusion.base:Fusion")
"""Each file of this folder registers its own; other packages add theirs as entry points."""


@checks_types
def register(name: str) -> Callable[[_Kind], _Kind]:
    """Class decorator: make a fusion known by name to `create_fusion`.

    Raises
    ------
    ModelError
        The name is taken.
    """
    return FUSIONS.register(name)


def list_fusions() -> list[str]:
    """Names that `create_fusion` knows, sorted.

    >>> from avaffect.fusion import list_fusions
    >>> "hgrjca" in list_fusions()
    True
    """
    return FUSIONS.names()


@checks_types
def fusion_class(name: str) -> type[Fusion]:
    """The class registered under a name; its docstring lists the options.

    Raises
    ------
    ModelError
        Unknown name (the nearest is named), or a plug-in that cannot be imported.
    """
    return FUSIONS.get(name)


@checks_types
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
    return FUSIONS.create(name, dims=dims, **options)
