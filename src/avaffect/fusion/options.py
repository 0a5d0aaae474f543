"""Options that a family of fusions shares: each stated once, as a field of a frozen dataclass."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

Options = TypeVar("Options")


def takes(
    options: type[Options],
) -> Callable[[Callable[[Any, Mapping[str, int], Options], None]], Callable[..., None]]:
    """Decorator of ``__init__(self, dims, options)``: it is then called with each option by keyword.

    The signature lists ``dims`` and the dataclass's fields with their defaults, as if they were written
    there: `create_fusion`, `help` and editors read it.

    Parameters
    ----------
    options : type
        A dataclass with ``kw_only=True``.

    >>> from avaffect.fusion import JCA
    >>> fusion = JCA(dims={"audio": 8, "visual": 12}, correlation="time")
    >>> inspect.signature(JCA).parameters["correlation"].default
    'feature'
    """
    fields = inspect.signature(options).parameters.values()

    def wrap(init: Callable[[Any, Mapping[str, int], Options], None]) -> Callable[..., None]:
        @functools.wraps(init)
        def by_keyword(self: Any, *, dims: Mapping[str, int], **given: Any) -> None:
            init(self, dims, options(**given))

        own, dims, _ = inspect.signature(by_keyword, follow_wrapped=False).parameters.values()
        by_keyword.__signature__ = inspect.Signature([own, dims, *fields])  # type: ignore[attr-defined]
        by_keyword.__annotations__ = get_type_hints(options)
        return by_keyword

    return wrap
