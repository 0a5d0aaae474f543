"""Building networks from options that somebody else wrote: of a bounded size, and each mistake a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .errors import AvaffectError, ModelError

LARGEST = 1_000_000_000
"""Numbers in a network that is trained: 4 GB of weights."""

MOST_TENSORS = 5_000
_MAKERS = (
    torch.empty,
    torch.zeros,
    torch.ones,
    torch.full,
    torch.rand,
    torch.randn,
    torch.eye,
    torch.arange,
    torch.linspace,
)


@contextmanager
def constructing(what: str, *, largest: int = LARGEST) -> Iterator[None]:
    """Build networks within bounds.

    Parameters
    ----------
    what : str
        What describes the networks, for messages: ``"model/spec.json"``.
    largest : int
        Numbers that all of them hold together at most. They are counted before memory is asked for.

    Raises
    ------
    ModelError
        If more is asked for, or what is built inside fails in any way.

    >>> with constructing("the recipe", largest=100):
    ...     torch.nn.Linear(1000, 1000)
    Traceback (most recent call last):
        ...
    avaffect.errors.ModelError: the recipe: a network of more than 100 numbers; give smaller sizes
    """
    try:
        with _Counted(largest):
            yield
    except AvaffectError as error:
        raise ModelError(f"{what}: {error}") from error
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ModelError(f"{what}: no network can be built from it ({reason})") from error


class _Counted(TorchFunctionMode):
    """Counts tensors and their sizes before they are made."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self.largest = largest
        self.tensors, self.numbers = 0, 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _MAKERS:
            self._count(func(*args, **{**kwargs, "device": "meta"}).numel())
        return func(*args, **kwargs)

    def _count(self, numbers: int) -> None:
        self.tensors, self.numbers = self.tensors + 1, self.numbers + numbers
        if self.numbers > self.largest:
            raise ModelError(f"a network of more than {self.largest:,} numbers; give smaller sizes")
        if self.tensors > MOST_TENSORS:
            raise ModelError(f"a network of more than {MOST_TENSORS:,} tensors; give fewer layers")
