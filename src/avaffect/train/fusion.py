"""The fusion stage of a run: train the network behind the encoders, from paired sequences or from a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from pathlib import Path
from typing import Any

from lightning import seed_everything
from lightning.pytorch.utilities import rank_zero_only

from ..construction import constructing
from ..corpus.store import FeatureStore
from ..model import AffectModel, FusionNetwork
from ..progress import Hook
from . import store as stores
from .batches import Batch, Batches
from .claims import claim, is_done
from .evaluate import advantage, error_by_corruption, evaluate, gates_by_corruption
from .feature_cache import read_pools
from .feature_pool import FeaturePool
from .folds import Fold, folds_of
from .model_spec import spec_of
from .module import NetworkModule
from .paired import SequenceCorruption
from .paired_batches import PairedBatches, evaluation_sets
from .prediction import score
from .recipe import CorpusRecipe, Recipe, StoreRecipe
from .result import load_result, save_result
from .selection import with_mean_ccc
from .trainer import Fitted, check_plan, fit

VALIDATION_SEQUENCES = 100


@dataclass(frozen=True)
class TrainingData:
    """What a network is trained and measured on.

    Attributes
    ----------
    batches : Batches
    recordings : int
        Number of training recordings that a batch can hold windows of.
    measure : callable
        Validation figures of a network, ``ccc`` among them.
    figures : callable
        What the stage reports of the trained network.
    """

    batches: Batches
    recordings: int
    measure: Callable[[FusionNetwork], dict[str, float]]
    figures: Callable[[FusionNetwork, Fitted], dict[str, Any]]


def train_network(recipe: Recipe, hook: Hook) -> None:
    """Train the network unless the folder of the stage holds the result.

    Raises
    ------
    DataError
        If the data do not fit the recipe, or the folder is that of another one.
    """
    folder = recipe.folder("fusion")
    # What does not fit is said before a folder is made.
    check_plan(recipe.fit, measured=True)
    spec = spec_of(recipe)
    with constructing(f"recipe {recipe.name}"):
        network = FusionNetwork(spec)
    if isinstance(recipe, StoreRecipe):
        stores.split_of(recipe, FeatureStore(recipe.store))
    if claim(recipe, "fusion"):
        return
    data = data_of(recipe, network, hook)
    module = NetworkModule(network, recipe.fit, recordings=data.recordings)

    def measure() -> dict[str, float]:
        assert isinstance(module.kept, FusionNetwork)
        return data.measure(module.kept)

    fitted = fit(
        module, data.batches, measure=measure, folder=folder, stage="fusion", seed=recipe.seed, hook=hook
    )
    if isinstance(recipe, CorpusRecipe) and recipe.acted is not None:
        train_folds(recipe, read_pools(recipe, hook), folder, hook)
    rank_zero_only(save_result)(folder, {"network": network}, data.figures(network, fitted))


def train_folds(recipe: CorpusRecipe, pools: Mapping[str, FeaturePool], folder: Path, hook: Hook) -> None:
    """Train a network without each fold of corpora and actors, to be measured on them.

    Those whose result lies in ``folder`` are not trained again.
    """
    assert recipe.acted is not None
    plan = recipe.fit.model_copy(update={"epochs": recipe.acted.epochs})
    for fold in pool_folds(recipe, pools):
        own = folder / fold.name
        if is_done(own):
            continue
        seed_everything(recipe.seed, verbose=False)  # the same first weights, whatever came before
        network = FusionNetwork(spec_of(recipe))
        batches = _batches(recipe, without(pools["train"], fold))
        module = NetworkModule(network, plan, recordings=plan.batch)
        fit(module, batches, folder=own, stage=f"fusion {fold.name}", seed=recipe.seed, hook=hook)
        rank_zero_only(save_result)(own, {"network": network}, {})


def load_folds(recipe: CorpusRecipe, folds: Sequence[Fold]) -> dict[str, FusionNetwork]:
    """The network of each fold, by its name.

    Raises
    ------
    DataError
        If the stage is not done, or was of another recipe.
    """
    found = {}
    for fold in folds:
        found[fold.name] = FusionNetwork(spec_of(recipe))
        load_result(recipe, "fusion", {"network": found[fold.name]}, part=fold.name)
    return found


def pool_folds(recipe: CorpusRecipe, pools: Mapping[str, FeaturePool]) -> list[Fold]:
    """The folds of a recipe, by the people of its pools: those of the encoders."""
    speakers = {speaker for pool in pools.values() for speaker in pool.voices}
    return folds_of(recipe, pools["train"].pairs, speakers)


def without(pool: FeaturePool, fold: Fold) -> FeaturePool:
    """A pool without the corpora, speakers and actors of a fold."""
    voices = {
        speaker: [clip for clip in clips if clip.corpus not in fold.units]
        for speaker, clips in pool.voices.items()
        if speaker not in fold.units
    }
    return replace(
        pool,
        voices={speaker: clips for speaker, clips in voices.items() if clips},
        pairs={actor: pairs for actor, pairs in pool.pairs.items() if actor not in fold.units},
    )


def load_network(recipe: Recipe) -> AffectModel:
    """The model with the network that this stage has trained; its encoders are untrained.

    Raises
    ------
    DataError
        If the stage is not done, or was of another recipe.
    """
    spec = spec_of(recipe)
    with constructing(f"recipe {recipe.name}"):
        model = AffectModel(spec)
    load_result(recipe, "fusion", {"network": model.network})
    return model.eval()


@singledispatch
def data_of(recipe: Recipe, network: FusionNetwork, hook: Hook) -> TrainingData:
    """What a recipe's network is trained and measured on.

    Raises
    ------
    DataError
        If the data do not fit the recipe.
    """
    raise NotImplementedError(type(recipe))


@data_of.register
def _paired(recipe: CorpusRecipe, network: FusionNetwork, hook: Hook) -> TrainingData:
    pools, plan = read_pools(recipe, hook), recipe.paired
    batches = _batches(recipe, pools["train"])
    validation = evaluation_sets(recipe, pools["val"], count=VALIDATION_SEQUENCES)

    def measure(network: FusionNetwork) -> dict[str, float]:
        figures = {
            f"{name}/{key}": value
            for name, data in validation.items()
            for key, value in evaluate(network, data).items()
        }
        own = with_mean_ccc({key: value for key, value in figures.items() if "/fusion/" in key})
        return {"ccc": own["ccc"], **figures}

    def figures(network: FusionNetwork, fitted: Fitted) -> dict[str, Any]:
        sets = evaluation_sets(recipe, pools["test"], count=plan.held_out)
        return {
            **{name: _on_sequences(network, data) for name, data in sets.items()},
            "face_generalisation_error": list(pools["train"].face_generalisation_error),
            "voice_generalisation_error": list(pools["train"].voice_generalisation_error),
        }

    return TrainingData(batches, recipe.fit.batch, measure, figures)


def _batches(recipe: CorpusRecipe, pool: FeaturePool) -> PairedBatches:
    return PairedBatches(
        pool,
        steps=recipe.paired.steps,
        batch=recipe.fit.batch,
        ticks=recipe.paired.ticks,
        seed=recipe.seed,
        corruption=SequenceCorruption(),
        pair_share=recipe.acted.share if recipe.acted else 0.0,
    )


def _on_sequences(network: FusionNetwork, data: Batch) -> dict[str, Any]:
    figures: dict[str, Any] = {**evaluate(network, data), "error": error_by_corruption(network, data)}
    if len(network.streams) > 1:
        figures |= {"advantage": advantage(network, data), "gates": gates_by_corruption(network, data)}
    return figures


@data_of.register
def _stored(recipe: StoreRecipe, network: FusionNetwork, hook: Hook) -> TrainingData:
    train, val = stores.windows_of(recipe, FeatureStore(recipe.store))
    batches = stores.WindowBatches(train, network.targets, batch=recipe.fit.batch, seed=recipe.seed)
    stores.measure_scale(network, train)

    def measure(network: FusionNetwork) -> dict[str, float]:
        return score(stores.predict(network, val, batch=recipe.fit.batch), network.targets)

    def figures(network: FusionNetwork, fitted: Fitted) -> dict[str, Any]:
        return {"epoch": fitted.epoch, "epochs": len(fitted.history), "val": fitted.figures}

    return TrainingData(batches, len(train.recordings), measure, figures)
