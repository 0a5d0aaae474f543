"""A run on a feature store: train, measure, write the model."""

from __future__ import annotations

import json
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only

from ... import __version__
from ...corpus.store import FeatureStore
from ...corpus.windows import Windows
from ...errors import DataError
from ...files import replacing
from ...model import AffectModel
from ..fit import Hook
from . import SequenceResult, fit_sequence
from .checkpoint import SequenceSpec, save_sequence
from .export import save_whole, whole_model
from .recipe import StoreRecipe

RECIPE, FIGURES, RUN = "recipe.json", "figures.json", "run"


def train_sequence(settings: StoreRecipe, hook: Hook) -> None:
    """Train what the recipe says unless its `output` holds the result.

    The folder gets ``recipe.json``, ``run/`` (checkpoints, table of epochs, TensorBoard's events),
    ``figures.json``, and the model: spec, weights and card for `avaffect.load` where the recipe names the
    ``encoders``, else ``sequence.json`` and weights for `avaffect.train.sequence.load_sequence`.

    Raises
    ------
    DataError
        If the store does not fit the recipe, or the folder is that of another one.
    """
    store = FeatureStore(settings.store)
    model = settings.model(store)
    whole = None if settings.encoders is None else whole_model(settings, store, model)
    train, val = settings.windows(store)
    claim(settings)
    if (settings.output / FIGURES).is_file():
        return
    result = fit_sequence(model, train, val, settings.fit, settings.output / RUN, settings.seed, hook=hook)
    write(settings, store, result, val, whole)


def claim(settings: StoreRecipe) -> None:
    """Make the output folder this recipe's.

    Raises
    ------
    DataError
        If another recipe has trained there, or it cannot be written to.
    """
    path = settings.output / RECIPE
    text = settings.model_dump_json(indent=2, exclude={"threads"}) + "\n"
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise DataError(
                f"{settings.output} holds a run of other settings; give another output=FOLDER, or remove it"
            )
        return
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
        _write(path, text)
    except OSError as error:
        raise DataError(f"cannot write {path} ({error.strerror}); give another output=FOLDER") from error


@rank_zero_only
def write(
    settings: StoreRecipe,
    store: FeatureStore,
    result: SequenceResult,
    val: Windows,
    whole: AffectModel | None,
) -> None:
    """Write the model and, last, the figures, whose presence says that the run is done."""
    if whole is None:
        save_sequence(result.model, describe(settings, store, result), settings.output)
    else:
        save_whole(whole, result, val, settings.output)
    figures = {"epoch": result.epoch, "epochs": len(result.history), "val": result.figures}
    _write(settings.output / FIGURES, json.dumps(figures, indent=2) + "\n")


def describe(settings: StoreRecipe, store: FeatureStore, result: SequenceResult) -> SequenceSpec:
    """The description of a trained model without encoders."""
    parts = {"fused_dim", "temporal", "fusion", "joint", "joint_dim", "head", "standardise"}
    meta = store.recordings[0].meta
    return SequenceSpec(
        name=settings.name,
        dims=result.model.dims,
        targets=result.model.targets,
        options=settings.model_dump(include=parts),
        rate=store.tick_rate,
        window=settings.window,
        corpus=meta.corpus,
        encoders=meta.encoders,
        metrics=result.figures,
        code_version=__version__,
    )


@rank_zero_only
def _write(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
