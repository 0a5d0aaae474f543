"""Recipes: everything a training run is made of, in one YAML file with a strict schema.

A recipe trains the network behind the encoders, from one of two sources: `StoreRecipe` from a feature store,
`CorpusRecipe` from corpora of faces and of voices, whose encoders it trains first. The keys of the network
and of its training stand at the top of both, and mean the same.

An unknown key, a value of the wrong kind or a missing one is a `DataError` that names it. ``key.sub=value``
on the command line replaces what the file says, and ``extends: other.yaml`` in it builds on another recipe.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from ..arguments import checks_types
from ..corpus.speech import CORPORA as VOICES
from ..device import MOST_THREADS, MOST_WORKERS
from ..errors import DataError, nearest
from ..registry import load_plugins
from ..schema import Size, short
from ..spec import LONGEST_WINDOW, Component, HeadOptions
from .recipe_file import as_recipe, read_yaml

FACES = ("ferplus", "diffusionfer")


Count = Annotated[int, Field(gt=0, le=1_000_000)]


def _no_null(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError(f"no path holds a null byte, but it is {str(path)!r}")
    return path


Place = Annotated[Path, AfterValidator(_no_null)]


class Strict(BaseModel):
    """A part of a recipe: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Part(Strict):
    """A registered part by name, and its options."""

    name: str
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def component(self) -> Component:
        """As a spec has it."""
        return Component(self.name, self.options)


class Schedule(Strict):
    """The learning rate over the epochs, behind a linear warm-up.

    ``constant``; ``cosine``: half a cosine down to ``min_learning_rate`` at the last step; ``step``: times
    ``factor`` every ``every`` epochs after ``start``; ``plateau``: times ``factor`` when what is monitored
    has not become better for more than ``patience`` epochs.
    """

    name: Literal["constant", "cosine", "step", "plateau"] = "cosine"
    warmup: float = Field(default=0.0, ge=0, description="epochs, parts of one too")
    min_learning_rate: float = Field(default=0.0, ge=0, description="none of them goes below it")
    factor: float = Field(default=0.5, gt=0, le=1)
    every: Count = Field(default=1, description="epochs")
    start: int = Field(default=0, ge=0, le=1_000_000, description="epochs")
    patience: int = Field(default=10, ge=0, le=1_000_000, description="epochs")
    monitor: Literal["val", "train"] = Field(default="val", description="validation CCC or training loss")


class Fit(Strict):
    """How a network or an encoder is optimised: how long, how fast, on what machines."""

    epochs: Count
    batch: Count = Field(description="items in a step, over all processes together")
    optimizer: Literal["adam", "adamw", "sgd"] = "adamw"
    learning_rate: float = Field(gt=0, description="the highest")
    weight_decay: float = Field(default=0.0, ge=0)
    decay: Literal["all", "matrices"] = Field(
        default="all", description="what decays: all parameters, or none with one axis (gains and biases)"
    )
    momentum: float = Field(default=0.9, ge=0, lt=1, description="of sgd")
    schedule: Schedule = Schedule()
    clip: float | None = Field(default=None, gt=0, description="largest norm of the gradient")
    checkpoint: Literal["best", "last"] = Field(
        default="best", description="the epoch that is kept: with the best validation CCC, or the last"
    )
    patience: Count | None = Field(default=None, description="epochs without a better CCC")
    measure_every: Count = Field(default=1, description="epochs from one validation to the next")
    ema_decay: float | None = Field(
        default=None, gt=0, lt=1, description="keep the exponential moving average of the weights"
    )
    precision: Literal["32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"] = Field(
        default="32-true", description="as Lightning names it"
    )
    workers: int = Field(
        default=0, ge=0, le=MOST_WORKERS, description="processes that make batches; 0: the training one"
    )
    devices: int = Field(
        default=1, gt=0, le=1024, description="processes on a machine; under torchrun its number"
    )
    nodes: int = Field(default=1, gt=0, le=1024, description="machines")


class Loss(Strict):
    """1 - CCC, averaged over the targets and over what is one sample each, and a share of other losses.

    ``per``: all labelled ticks of a ``batch`` are one sample, or those of each ``recording`` in it, or those
    of each ``window``.
    """

    per: Literal["batch", "recording", "window"] = "batch"
    mse: float = Field(default=0.0, ge=0, description="weight of the mean squared error")
    gate: float = Field(default=0.0, ge=0, description="weight of the loss that teaches gates")
    fusion: float = Field(
        default=0.0, ge=0, description="weight of the fusion's own losses, such as bibimodal's discriminator"
    )


class NetworkFit(Fit):
    """How the network behind the encoders is trained."""

    loss: Loss = Loss()
    noise: float = Field(default=0.0, ge=0, description="on the features, in their standard deviations")
    hide: float = Field(default=0.0, ge=0, le=1, description="share of sequences without one of the streams")


class CalibrationRecipe(Strict):
    """Prediction intervals."""

    coverage: float = Field(default=0.9, gt=0, lt=1, description="share of labels inside")
    sequences: Count = Field(default=1000, description="paired sequences to measure on")


def _threads() -> int:
    """All cores, shared with the processes that torchrun has started beside this one."""
    share = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    return min(max(share, 1), MOST_THREADS)


class Recipe(Strict):
    """What both sources share: the network and its training. Sizes are per tick, durations in seconds."""

    name: str = Field(pattern=r"^\w[\w-]*(\.[\w-]+)+$", description="architecture.tag, as in hgrjca.default")
    output: Place = Field(description="folder of the finished model")
    seed: int = Field(default=0, ge=0, lt=2**32)
    threads: int = Field(default_factory=_threads, gt=0, le=MOST_THREADS)
    plugins: tuple[str, ...] = Field(default=(), description="modules that register parts of their own")

    streams: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="in the fusion's order; None: all, by name"
    )
    standardise: bool = Field(default=False, description="features to mean 0 and deviation 1")
    temporal: Part | None = Part(name="tcn")
    temporal_dim: Size | dict[str, Size] | None = Field(
        default=64, description="size behind the temporal networks: of all streams, or by stream"
    )
    fusion: Part | None = Field(default=None, description="None with a single stream")
    fused_temporal: Part | None = Field(default=None, description="temporal network on the fused features")
    fused_temporal_dim: Size | None = Field(default=None, description="its output; None: as its input")
    head: HeadOptions = Field(default_factory=HeadOptions, description="of avaffect.model.AffectHead")
    window: float = Field(gt=0, le=3600, description="seconds that the network sees at once")
    fit: NetworkFit
    calibration: CalibrationRecipe = CalibrationRecipe()

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.streams is not None and len(set(self.streams)) < len(self.streams):
            raise ValueError(f"streams {list(self.streams)} name one twice; name each once")
        return self

    def folder(self, stage: str) -> Path:
        """Where a stage leaves its result."""
        return self.output / stage


class _Corpora(Strict):
    corpora: tuple[str, ...] = Field(min_length=1, description="trained on, and measured on held-out parts")
    unseen: tuple[str, ...] = Field(default=(), description="measured on only, whole")

    def _check(self, known: Iterable[str]) -> Self:
        for name in (*self.corpora, *self.unseen):
            if name not in known:
                raise ValueError(f"unknown corpus {short(name)}; {nearest(name, known)}")
            if (*self.corpora, *self.unseen).count(name) > 1:
                raise ValueError(f"{name!r} is named twice in corpora and unseen; name it once")
        return self


class AdaptRecipe(Strict):
    """The face encoder's second training: on faces of acted videos, among those of its first."""

    draws: Count = Field(default=12_000, description="faces shown in an epoch, half of them acted")
    fit: Fit


class FaceRecipe(_Corpora):
    """The face encoder and its corpora (paths relative to `CorpusRecipe.data`)."""

    encoder: Part = Part(name="face")
    corpora: tuple[str, ...] = Field(default=FACES, min_length=1)
    ferplus: Place = Path("fer2013_ferplus.npz")
    diffusionfer: Place = Path("diffusionfer_va.npz")
    rated_repeats: Count = Field(default=4, description="times a rated face is shown in an epoch")
    fit: Fit
    adapt: AdaptRecipe | None = Field(default=None, description="None: never shown acted videos")

    @model_validator(mode="after")
    def _known(self) -> Self:
        return self._check(FACES)


class VoiceRecipe(_Corpora):
    """The voice encoder and its corpora."""

    encoder: Part = Part(name="voice")
    speech: Place = Field(default=Path("speech"), description="folder in `CorpusRecipe.data`")
    corpora: tuple[str, ...] = Field(default=VOICES, min_length=1)
    published: Place | None = Field(
        default=None,
        description="file in `CorpusRecipe.data` with the encoder's frozen weights, if it has some",
    )
    views: Count = Field(default=5, description="augmented versions of each clip")
    draws: Count = Field(default=2400, description="clips heard in an epoch")
    fit: Fit

    @model_validator(mode="after")
    def _known(self) -> Self:
        return self._check(VOICES)


class ActedRecipe(Strict):
    """Videos of actors: faces and voices of the same people (`avaffect.corpus.acted`)."""

    folder: Place = Field(description="folder in `CorpusRecipe.data`")
    folds: int = Field(default=5, ge=2, le=100, description="parts that are left out once each")
    share: float = Field(default=0.3, ge=0, lt=1, description="of the sequences that the fusion learns from")
    epochs: Count = Field(
        default=4, description="of the networks that leave out a fold, to be measured on it"
    )


Offset = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
Ticks = Annotated[int, Field(gt=0, le=LONGEST_WINDOW)]


class PairedRecipe(Strict):
    """The paired sequences of faces and voices that the network learns from."""

    views: Count = Field(default=3, description="views of each face and clip")
    ticks: tuple[Ticks, Ticks] = Field(default=(24, 160), description="shortest and longest sequence")
    steps: Count = Field(default=200, description="batches in an epoch")
    held_out: Count = Field(default=300, description="sequences measured on")
    face_generalisation_error: Offset | None = Field(
        default=None,
        description="standard deviation of the error that faces are rendered with, valence and arousal: "
        "so they tell as little as faces never seen; measured on videos of actors if absent, 0 without them",
    )
    voice_generalisation_error: Offset | None = Field(default=None, description="likewise; 0 if absent")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ticks[0] > self.ticks[1]:
            raise ValueError(f"ticks: the shortest is longer than the longest: {list(self.ticks)}")
        return self


class CorpusRecipe(Recipe):
    """A run on corpora of faces and of voices.

    Recipes that share ``work`` share encoders and the features of every face and clip; what belongs to one
    of them alone lies in the folder of its name in there.
    """

    data: Place = Field(description="folder of the corpora")
    work: Place = Field(default=Path("runs/default"), description="checkpoints and caches")
    output: Place = Field(default=Path("runs/default/model"), description="folder of the finished model")
    streams: tuple[Literal["audio", "visual"], ...] = Field(
        default=("audio", "visual"),
        min_length=1,
        description="those that the model has, in the fusion's order",
    )
    window: float = Field(default=12.8, gt=0, le=3600, description="seconds that prediction sees at once")
    face: FaceRecipe
    voice: VoiceRecipe
    acted: ActedRecipe | None = None
    paired: PairedRecipe = PairedRecipe()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.standardise:
            raise ValueError("standardise is for stores: the encoders trained here scale their features")
        if self.face.adapt is not None and self.acted is None:
            raise ValueError("face.adapt needs videos of actors; give acted.folder, or drop it")
        return self

    def folder(self, stage: str) -> Path:
        """What recipes share lies in ``work``, what is this recipe's alone in its own folder in there."""
        shared = stage in ("acted", "face", "adapt", "voice", "features")
        return self.work / stage if shared else self.work / self.name / stage


class StoreRecipe(Recipe):
    """A run on a feature store."""

    store: Place = Field(description="folder that `avaffect extract` wrote")
    output: Place = Field(default=Path("runs/store"), description="folder of checkpoints and the model")
    encoders: str | None = Field(
        default=None,
        description="model that the store was extracted with; the output then predicts from media",
    )
    folds: int | Literal["subject"] | None = Field(
        default=None, description="rolling folds, or one a subject; None: the official split"
    )
    fold: int | str = Field(default=0, description="which of the folds validates: its place or its name")
    shared_subjects: bool = Field(
        default=False, description="train although subjects are in validation or test too"
    )
    hop: float = Field(gt=0, le=3600, description="seconds from one window to the next")
    targets: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="None: all of the store's"
    )

    @model_validator(mode="after")
    def _no_gate_loss(self) -> Self:
        if self.fit.loss.gate:
            raise ValueError("fit.loss.gate needs to know what is corrupted, stores do not; leave it out")
        return self


SOURCES: Mapping[str, type[Recipe]] = {"store": StoreRecipe, "data": CorpusRecipe}
"""The kind of a recipe by the key that names its source."""


@checks_types
def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key.sub=value`` overrides (values are YAML).

    Returns
    -------
    Recipe
        A `StoreRecipe` with the key ``store``, a `CorpusRecipe` with the key ``data``.

    Raises
    ------
    DataError
        If the file is missing, is not YAML, names no source or two, or does not fit the schema.
    """
    raw = read_yaml(path, overrides)
    if isinstance(plugins := raw.get("plugins"), list):
        load_plugins(map(str, plugins), folder=Path(path).parent)
    named = [key for key in SOURCES if key in raw]
    if len(named) != 1:
        found = "both store and data" if named else "no source"
        raise DataError(
            f"{path}: {found}; give store=FOLDER (a feature store) or data=FOLDER (corpora), one of the two"
        )
    return as_recipe(SOURCES[named[0]], raw, path)


def read_corpus_recipe(path: str | Path, overrides: Sequence[str] = ()) -> CorpusRecipe:
    """`read_recipe` of a recipe that trains from corpora.

    Raises
    ------
    DataError
        As `read_recipe`, and if the recipe trains from a feature store.
    """
    recipe = read_recipe(path, overrides)
    if not isinstance(recipe, CorpusRecipe):
        raise DataError(f"{path} trains from a feature store; expected a recipe with data=FOLDER (corpora)")
    return recipe
