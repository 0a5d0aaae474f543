"""Reading a recipe's file: what it extends, what the command line replaces, and errors that name the key.

``extends: other.yaml`` (relative to the file) takes everything from another recipe first. Mappings are merged
key by key; one with a ``name`` of its own below the top is a part of the model, and replaces the other part
whole, options included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import DataError, nearest

EXTENDS = "extends"

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
        raise DataError(f"{path}: {_first(error, kind)}") from error


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
    resolved = path.resolve()
    if resolved in below:
        raise DataError(f"{below[-1]}: extends {path.name}, which extends it in turn; remove one of the two")
    raw = _mapping(path, below)
    other = raw.pop(EXTENDS, None)
    if other is None:
        return raw
    if not isinstance(other, str):
        raise DataError(f"{path}: extends is the name of a recipe's file, but it is {other!r}")
    return merged(_extended(path.parent / other, (*below, resolved)), raw)


def _mapping(path: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        whose = f", which {below[-1]} extends" if below else ""
        raise DataError(f"{path}: cannot read the recipe{whose} ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise DataError(f"{path}: a recipe is a mapping of keys to values, e.g. 'seed: 0'")
    return raw


def _apply(raw: dict[str, Any], override: str) -> None:
    key, sign, value = override.partition("=")
    if not sign or not key:
        raise DataError(f"override {override!r}: expected key=value, e.g. data=/path/to/data")
    *parents, last = key.split(".")
    for parent in parents:
        child = raw.setdefault(parent, {})
        if not isinstance(child, dict):
            raise DataError(f"override {override!r}: {parent!r} is a value and has no keys")
        raw = child
    raw[last] = yaml.safe_load(value)


def _first(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first problem in one line, with the nearest known key for an unknown one."""
    problem = error.errors()[0]
    where = [str(part) for part in problem["loc"]]
    key = ".".join(where)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {nearest(where[-1], _fields(kind, where[:-1]))}"
    if problem["type"] == "missing":
        return f"the key {key!r} is missing; add it, or give {key}=VALUE on the command line"
    if problem["type"] == "value_error":  # a check of ours, which says it all
        return f"{key}: {problem['ctx']['error']}" if key else str(problem["ctx"]["error"])
    return f"{key}: {problem['msg']}, but it is {problem['input']!r}"


def _fields(kind: type[BaseModel], where: Sequence[str]) -> list[str]:
    for part in where:
        outer = kind.model_fields[part].annotation
        for inner in (outer, *get_args(outer)):  # `Part | None` too
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                kind = inner
    return list(kind.model_fields)
