"""The fusion stage of a run: train what comes after the encoders on paired sequences, and measure it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from ... import __version__
from ...model import AffectModel
from ...spec import Component, Spec, Stream
from ..corpus_terms import corpora_of, licence_of, meaning_of
from ..feature_cache import read_pools
from ..feature_pool import FeaturePool
from ..fit import EpochData, EveryEpochs, Hook, fit
from ..paired import CLEAN, CORRUPTED, SequenceCorruption
from ..recipe import Recipe
from ..result import is_done, load_result, save_result
from .judge import advantage, error_by_damage, gates_in_damage, judge
from .module import FusionModule, PairedBatches, held_out


def spec_of(settings: Recipe) -> Spec:
    """The untrained model's description."""
    plan = settings.fusion
    options = {"audio": settings.voice.options, "visual": settings.face.options}
    encoders = {"audio": "voice", "visual": "face"}
    preprocessing: dict[str, dict[str, Any]] = {"audio": {"logmel": "default16k"}, "visual": {"crop": 112}}
    return Spec(
        name=settings.name,
        streams={
            name: Stream(
                encoder=Component(encoders[name], options[name]),
                temporal=Component(plan.temporal.name, plan.temporal.options),
                dim=int(options[name].get("dim", 128)),
                temporal_dim=plan.fused_dim,
                preprocessing=preprocessing[name],
            )
            for name in plan.streams
        },
        fusion=Component(plan.mechanism.name, plan.mechanism.options),
        fused_temporal=Component(plan.joint.name, plan.joint.options) if plan.joint else None,
        head=plan.head,
        window=plan.window,
        coverage=settings.calibration.coverage,
        meaning=meaning_of(settings),
        licence=licence_of(settings),
        corpora=corpora_of(settings),
        code_version=__version__,
    )


def folder_of(settings: Recipe) -> Path:
    """Where the stage leaves its result."""
    return settings.own / "fusion"


def train_fusion(settings: Recipe, hook: Hook) -> None:
    """Train everything after the encoders unless `folder_of` the recipe holds the result."""
    folder = folder_of(settings)
    if is_done(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    pools = read_pools(settings, hook)
    plan = settings.fusion
    batches = PairedBatches(
        pools["train"],
        steps=plan.steps,
        batch=plan.fit.batch,
        ticks=plan.ticks,
        seed=settings.seed,
        corruption=SequenceCorruption(),
    )
    module = FusionModule(
        model=AffectModel(spec_of(settings)),
        plan=plan.fit,
        steps=plan.fit.epochs * plan.steps,
        noise=plan.noise,
        hide=plan.hide,
        gate=plan.gate,
    )
    watched = sequences(settings, pools["val"], count=100)

    def measure() -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, data in watched.items()
            for key, value in judge(module.averaged(), data).items()
        }

    fit(
        module,
        EpochData(batches),
        stage="fusion",
        folder=folder,
        plan=plan.fit,
        seed=settings.seed,
        hook=hook,
        callbacks=(EveryEpochs(measure, every=4),),
    )
    model = module.averaged()
    sets = sequences(settings, pools["test"], count=plan.held_out)
    errors: dict[str, Any] = {
        "face_generalisation_error": list(pools["train"].face_generalisation_error),
        "voice_generalisation_error": list(pools["train"].voice_generalisation_error),
    }
    figures = {name: _figures(model, data) for name, data in sets.items()} | errors
    save_result(folder, {"after": model.network}, figures)
    (folder / "last.ckpt").unlink(missing_ok=True)


def load_fusion(settings: Recipe, spec: Spec | None = None) -> AffectModel:
    """The model with all that this stage has trained, in evaluation mode; its encoders are untrained."""
    model = AffectModel(spec or spec_of(settings))
    load_result(folder_of(settings), {"after": model.network})
    return model.eval()


def sequences(settings: Recipe, pool: FeaturePool, *, count: int) -> dict[str, dict[str, Tensor]]:
    """Sequences to measure on, ``clean`` and ``corrupted``: for one seed the same, whatever the model."""
    ticks, seed = settings.fusion.ticks[1], settings.seed + 1
    return {
        name: held_out(pool, count=count, ticks=ticks, seed=seed, corruption=corruption)
        for name, corruption in (("clean", CLEAN), ("corrupted", CORRUPTED))
    }


def _figures(model: AffectModel, data: dict[str, Tensor]) -> dict[str, Any]:
    figures: dict[str, Any] = {**judge(model, data), "error": error_by_damage(model, data)}
    if len(model.spec.streams) > 1:
        figures |= {"advantage": advantage(model, data), "gates": gates_in_damage(model, data)}
    return figures
