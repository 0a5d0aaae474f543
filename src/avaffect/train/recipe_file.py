"""Reading a recipe's file: what it extends, what the command line replaces, and errors that name the key.

``extends: other.yaml`` (relative to the file) takes everything from another recipe first. Mappings are merged
key by key; one with a ``name`` of its own below the top is a part of the model, and replaces the other part
whole, options included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import DataError
from ..schema import LARGEST_TEXT, problem, short
from ..text import read_text

EXTENDS = "extends"
LONGEST_CHAIN = 20
MOST_VALUES = 10_000

Kind = TypeVar("Kind", bound=BaseModel)


def read_yaml(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """What a recipe's file says, on top of what it extends, with ``key.sub=value`` overrides applied.

    Raises
    ------
    DataError
        If a file is missing or is no mapping in YAML, or recipes extend each other in a circle.
    """
    raw = _extended(Path(path), ())
    for override in overrides:
        _apply(raw, override)
    return raw


def as_recipe(kind: type[Kind], raw: Mapping[str, Any], path: str | Path) -> Kind:
    """A recipe of a kind, from what its file says.

    Raises
    ------
    DataError
        If it does not fit the schema.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        said = problem(error, kind, add="add it, or give {key}=VALUE on the command line")
        raise DataError(f"{path}: {said}") from error


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping on top of another.

    >>> merged({"fit": {"epochs": 9, "batch": 8}}, {"fit": {"epochs": 3}})
    {'fit': {'epochs': 3, 'batch': 8}}
    >>> merged({"fusion": {"name": "hgrjca", "options": {"iterations": 3}}}, {"fusion": {"name": "concat"}})
    {'fusion': {'name': 'concat'}}
    """
    out = dict(base)
    for key, value in own.items():
        old = out.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and "name" not in value:
            out[key] = merged(old, value)
        else:
            out[key] = value
    return out


def _extended(path: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    """A file's mapping on top of those that it extends; `below` are the files that extend this one."""
    raw = _mapping(path, below)
    resolved = path.resolve()
    if resolved in below:
        raise DataError(f"{below[-1]}: extends {path.name}, which extends it in turn; remove one of the two")
    if len(below) == LONGEST_CHAIN:
        raise DataError(f"{path}: the last of more than {LONGEST_CHAIN} recipes that extend each other")
    other = raw.pop(EXTENDS, None)
    if other is None:
        return raw
    if not isinstance(other, str):
        raise DataError(f"{path}: extends is the name of a recipe's file, but it is {short(other)}")
    return merged(_extended(path.parent / other, (*below, resolved)), raw)


def _mapping(path: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    whose = f", which {below[-1]} extends" if below else ""
    if not path.exists():
        raise DataError(
            f"{path}: there is no such recipe{whose}; a path is relative to the folder you are in, and the"
            " recipes of avaffect are in the folder recipes of its source"
        )
    raw = _parsed(read_text(path, f"the recipe{whose}", largest=LARGEST_TEXT), str(path))
    if not isinstance(raw, dict):
        raise DataError(f"{path}: a recipe is a mapping of keys to values, e.g. 'seed: 0'")
    return raw


def _parsed(text: str, whose: str) -> Any:
    """A value in YAML.

    Raises
    ------
    DataError
        If it is not YAML, or holds too much or too deep once every alias stands for its whole.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DataError(f"{whose}: not valid YAML: {' '.join(str(error).split())[:300]}") from error
    except RecursionError as error:
        raise DataError(f"{whose}: not valid YAML: nested too deeply") from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # dates and numbers that are none
        raise DataError(f"{whose}: not valid YAML: a value cannot be read ({short(str(error))})") from error
    waiting, seen = [value], 0
    while waiting:
        seen, inner = seen + 1, waiting.pop()
        if seen > MOST_VALUES:
            raise DataError(f"{whose}: more than {MOST_VALUES:,} values, aliases counted; expected a recipe")
        if isinstance(inner, dict):
            waiting += [*inner, *inner.values()]
        elif isinstance(inner, (list, tuple, set)):
            waiting += inner
    return value


def _apply(raw: dict[str, Any], override: str) -> None:
    key, sign, value = override.partition("=")
    if not sign or not key:
        raise DataError(f"override {short(override)}: expected key=value, e.g. data=/path/to/data")
    *parents, last = key.split(".")
    for parent in parents:
        child = raw.setdefault(parent, {})
        if not isinstance(child, dict):
            raise DataError(f"override {short(override)}: {short(parent)} is a value and has no keys")
        raw = child
    raw[last] = _parsed(value, f"override {short(override)}")
