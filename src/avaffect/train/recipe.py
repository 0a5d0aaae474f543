"""Recipes: everything a training run is made of, in one YAML file with a strict schema.

An unknown key, a value of the wrong kind or a missing one is a `DataError` that names it. ``key.sub=value``
on the command line replaces what the file says, and ``extends: other.yaml`` in it builds on another recipe.

Recipes that share `Recipe.work` share encoders and the features of every face and clip; what belongs to one
of them alone lies in the folder of its name in there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..corpus.speech import CORPORA as VOICES
from ..errors import nearest
from .recipe_file import as_recipe, read_yaml

FACES = ("ferplus", "diffusionfer")


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


class _Corpora(_Strict):
    corpora: tuple[str, ...] = Field(min_length=1, description="trained on, and measured on held-out parts")
    unseen: tuple[str, ...] = Field((), description="measured on only, whole")

    def _check(self, known: Iterable[str]) -> Self:
        for name in (*self.corpora, *self.unseen):
            if name not in known:
                raise ValueError(f"unknown corpus {name!r}; {nearest(name, known)}")
            if (*self.corpora, *self.unseen).count(name) > 1:
                raise ValueError(f"{name!r} is named twice in corpora and unseen; name it once")
        return self


class FaceRecipe(_Corpora):
    """The face encoder and its corpora (paths relative to `Recipe.data`)."""

    options: dict[str, Any] = Field(default_factory=dict, description="of encoder.face.FaceNet")
    corpora: tuple[str, ...] = Field(FACES, min_length=1)
    ferplus: Path = Path("fer2013_ferplus.npz")
    diffusionfer: Path = Path("diffusionfer_va.npz")
    rated_repeats: int = Field(4, gt=0, description="times a rated face is shown in an epoch")
    fit: Fit

    @model_validator(mode="after")
    def _known(self) -> Self:
        return self._check(FACES)


class VoiceRecipe(_Corpora):
    """The voice encoder and its corpora."""

    options: dict[str, Any] = Field(default_factory=dict, description="of encoder.voice.VoiceNet")
    speech: Path = Field(Path("speech"), description="folder in `Recipe.data`")
    corpora: tuple[str, ...] = Field(VOICES, min_length=1)
    draws: int = Field(2400, gt=0, description="clips heard in an epoch")
    fit: Fit

    @model_validator(mode="after")
    def _known(self) -> Self:
        return self._check(VOICES)


class Part(_Strict):
    """A registered part by name, and its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


Slip = tuple[float, float]


class FusionRecipe(_Strict):
    """What comes after the encoders, and the paired sequences it learns from."""

    streams: tuple[Literal["audio", "visual"], ...] = Field(
        ("audio", "visual"), min_length=1, description="those that the model has, in the fusion's order"
    )
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
    face_slip: Slip | None = Field(
        None, description="standard deviation of what strangers add to the error, valence and arousal"
    )
    voice_slip: Slip | None = Field(None, description="likewise; measured on validation items if absent")
    noise: float = Field(0.15, ge=0, description="of the features, in their standard deviations")
    hide: float = Field(0.2, ge=0, le=1, description="share of sequences without one of the streams")
    gate: float = Field(0.0, ge=0, description="weight of the loss that tells gates what is damaged")
    fit: Fit

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.streams)) < len(self.streams):
            raise ValueError(f"streams {list(self.streams)} name one twice; name each once")
        return self


class CalibrationRecipe(_Strict):
    """Prediction intervals."""

    coverage: float = Field(0.9, gt=0, lt=1)
    sequences: int = Field(1000, gt=0)


class Recipe(_Strict):
    """A whole run."""

    name: str = Field(pattern=r"^\w[\w-]*(\.[\w-]+)+$", description="architecture.tag, as in hgrjca.default")
    data: Path = Field(description="folder of the corpora")
    work: Path = Field(Path("runs/default"), description="checkpoints and caches")
    output: Path = Field(Path("runs/default/model"), description="folder of the finished model")
    seed: int = 0
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, gt=0)
    face: FaceRecipe
    voice: VoiceRecipe
    fusion: FusionRecipe
    calibration: CalibrationRecipe = CalibrationRecipe(coverage=0.9, sequences=1000)

    @property
    def own(self) -> Path:
        """Folder of what recipes with the same encoders do not share: fusion and calibration."""
        return self.work / self.name


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.sub=value`` overrides (values are YAML).

    Raises
    ------
    DataError
        If the file is missing, is not YAML, or does not fit the schema.
    """
    return as_recipe(Recipe, read_yaml(path, overrides), path)
