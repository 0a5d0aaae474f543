"""Recipes: everything a training run is made of, in one YAML file with a strict schema.

An unknown key, a value of the wrong kind or a missing one is a `DataError` that names it. ``key.sub=value``
on the command line replaces what the file says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import DataError, nearest


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fit(_Strict):
    """How one network is optimised: AdamW, linear warm-up, then a cosine to zero."""

    epochs: int = Field(gt=0)
    batch: int = Field(gt=0)
    rate: float = Field(gt=0, description="highest learning rate")
    weight_decay: float = Field(0.05, ge=0)
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps")
    average: float = Field(0.995, ge=0, lt=1, description="decay of the running mean of weights")
    precision: str = "32-true"


class FaceRecipe(_Strict):
    """The face encoder and its corpora (paths relative to `Recipe.data`)."""

    options: dict[str, Any] = Field(default_factory=dict, description="of encoder.face.FaceNet")
    ferplus: Path = Path("fer2013_ferplus.npz")
    diffusionfer: Path = Path("diffusionfer_va.npz")
    rated_repeats: int = Field(4, gt=0, description="times a rated face is shown in an epoch")
    fit: Fit


class VoiceRecipe(_Strict):
    """The voice encoder and its corpora."""

    options: dict[str, Any] = Field(default_factory=dict, description="of encoder.voice.VoiceNet")
    speech: Path = Field(Path("speech"), description="folder in `Recipe.data`")
    corpora: tuple[str, ...] = ("ravdess", "emodb4_full", "nemo", "tess", "emogator")
    draws: int = Field(2400, gt=0, description="clips heard in an epoch")
    fit: Fit


class Part(_Strict):
    """A registered part by name, and its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class FusionRecipe(_Strict):
    """What comes after the encoders, and the paired sequences it learns from."""

    temporal: Part = Part(name="tcn")
    mechanism: Part = Part(name="hgrjca")
    joint: Part | None = None
    head: dict[str, Any] = Field(default_factory=dict)
    fused_dim: int = Field(128, gt=0)
    window: float = Field(12.8, gt=0, description="seconds of context at prediction")
    views: int = Field(3, gt=0, description="views of each face and clip")
    ticks: tuple[int, int] = Field((24, 160), description="shortest and longest sequence")
    steps: int = Field(200, gt=0, description="batches in an epoch")
    held_out: int = Field(300, gt=0, description="sequences measured on")
    fit: Fit


class CalibrationRecipe(_Strict):
    """Prediction intervals."""

    coverage: float = Field(0.9, gt=0, lt=1)
    sequences: int = Field(1000, gt=0)


class Recipe(_Strict):
    """A whole run."""

    name: str
    data: Path = Field(description="folder of the corpora")
    work: Path = Field(Path("runs/default"), description="checkpoints and caches")
    output: Path = Field(Path("runs/default/model"), description="folder of the finished model")
    seed: int = 0
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, gt=0)
    face: FaceRecipe
    voice: VoiceRecipe
    fusion: FusionRecipe
    calibration: CalibrationRecipe = CalibrationRecipe(coverage=0.9, sequences=1000)


Kind = TypeVar("Kind", bound=BaseModel)


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.sub=value`` overrides (values are YAML).

    Raises
    ------
    DataError
        If the file is missing, is not YAML, or does not fit the schema.
    """
    return as_recipe(Recipe, read_yaml(path, overrides), path)


def read_yaml(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """What a recipe's file says with the overrides applied, of whatever kind it is.

    Raises
    ------
    DataError
        If the file is missing or is no mapping in YAML.
    """
    path = Path(path)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot read the recipe ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise DataError(f"{path}: a recipe is a mapping of keys to values, e.g. 'seed: 0'")
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
    return f"{key}: {problem['msg']}, but it is {problem['input']!r}"


def _fields(kind: type[BaseModel], where: Sequence[str]) -> list[str]:
    for part in where:
        outer = kind.model_fields[part].annotation
        for inner in (outer, *get_args(outer)):  # `Part | None` too
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                kind = inner
    return list(kind.model_fields)
