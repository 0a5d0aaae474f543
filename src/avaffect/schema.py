"""What somebody else wrote, checked before it is used: text of a bounded size, and values by their types.

Every mistake is one line that names the key, what was expected and, shortened, what was given.
"""

from __future__ import annotations

import dataclasses
import re
import reprlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from typing_extensions import is_typeddict

from .errors import AvaffectError, nearest

LARGEST_TEXT = 1_000_000
"""Bytes of a spec, a recipe or a card: a hundred times what any of them needs."""

Size = Annotated[int, Field(ge=1, le=65_536)]
"""Size of a feature or of a layer."""

TickRate = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
"""Ticks per second (Hz)."""

Kind = TypeVar("Kind")

_KIND_OF_VALUE = re.compile(r"int|float|str|bool|constrained-\w+|\w+\[.*\]")
"""What pydantic adds to a key that takes values of several kinds."""

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
_short = reprlib.Repr()
_short.maxlevel, _short.maxdict, _short.maxlist, _short.maxtuple, _short.maxset = 2, 3, 4, 4, 4
_short.maxstring, _short.maxother, _short.maxlong = 60, 60, 40


def short(value: object) -> str:
    """A value as it is shown in a message: one short line, however large and deep the value.

    >>> len(short(["a" * 1000] * 1000)) <= 200
    True
    """
    try:
        return " ".join(_short.repr(value).split())[:200]
    except ValueError:  # a whole number of thousands of digits
        return f"a {type(value).__name__} too large to print"


def from_json(kind: type[Kind], text: str | bytes, error: type[AvaffectError], what: str) -> Kind:
    """A dataclass from JSON text, every value of the type and in the range that its field says.

    Raises
    ------
    AvaffectError
        Of the type ``error``, if the text is not JSON or does not fit; ``what`` begins the message.
    """
    try:
        checked: Kind = _adapter(kind).validate_json(text, strict=True)
        return checked
    except ValidationError as fault:
        raise error(f"{what}: {problem(fault, kind)}") from fault
    except AvaffectError as fault:  # by the dataclass itself
        raise error(f"{what}: {fault}") from fault


def problem(error: ValidationError, kind: type, *, add: str = "add it") -> str:
    """The first mistake in one line, with the nearest known key for an unknown one.

    Parameters
    ----------
    error : pydantic.ValidationError
    kind : type
        What was validated: a dataclass, a typed dictionary or a model of pydantic.
    add : str
        What to do about a key that is missing; ``{key}`` in it is its name.
    """
    first = error.errors(include_url=False)[0]
    where = [part for part in map(str, first["loc"]) if not _KIND_OF_VALUE.fullmatch(part)]
    key = printable(".".join(where))
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {key!r}; {nearest(where[-1], _fields(kind, where[:-1]))}"
    if first["type"] == "missing":
        return f"the key {key!r} is missing; {add.format(key=key)}"
    if first["type"] == "json_invalid":
        return f"not valid JSON ({first['ctx']['error']})"
    if first["type"] == "value_error":  # a check of ours, which says it all
        return f"{key}: {first['ctx']['error']}" if key else str(first["ctx"]["error"])
    said = f"{printable(first['msg'], 200)}, but it is {short(first['input'])}"
    return f"{key}: {said}" if key else said


def printable(text: str, limit: int = 100) -> str:
    """A name as it is shown in a message: on one line, what no terminal shows written out."""
    return (text if text.isprintable() else repr(text)[1:-1])[:limit]


def _fields(kind: type, where: Sequence[str]) -> list[str]:
    """Names of the keys at a place."""
    kinds: list[Any] = [kind]
    for part in where:
        # What is no key of a schema is a key of a mapping, a place in a list or a kind of value.
        kinds = [s for k in kinds if part in _types(k) for s in _schemas(_types(k)[part])] or kinds
    return sorted({name for each in kinds for name in _types(each)})


def _types(kind: Any) -> dict[str, Any]:
    """The keys of a schema and the types of their values."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if dataclasses.is_dataclass(kind) or is_typeddict(kind):
        return get_type_hints(kind)
    return {}


def _schemas(annotation: Any) -> list[Any]:
    """The schemas in a type: ``Part | None`` and ``Mapping[str, Stream]`` have one each."""
    if _types(annotation):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _schemas(inner)]
