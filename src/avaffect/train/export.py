"""The last stages of a run: intervals for the trained network, and the model with its card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

from .. import checkpoint
from ..corpus.store import FeatureStore
from ..progress import Hook
from ..spec import TARGETS
from . import store as stores
from .adapt import load_face
from .calibrate import coverages, half_widths
from .card import write_card, write_store_card
from .claims import check_output, claim, is_done
from .evaluate import predictions
from .feature_cache import read_pools
from .fusion import load_network, pool_folds
from .left_out import LeftOut, coverage_by_fold, figures, fit_scale, read_left_out, scaled
from .model_spec import encoders_of
from .paired import SequenceCorruption
from .paired_batches import held_out
from .quality import measure_widening
from .recipe import CorpusRecipe, Recipe, StoreRecipe
from .result import load_figures, save_result
from .step import step_response
from .voice import load_voice

STAGES = ("face", "adapt", "voice", "fusion", "calibration")
"""Stages that leave figures."""


def calibrate(recipe: Recipe, hook: Hook) -> None:
    """Half-widths of intervals on validation data, and for paired sequences their coverage on test people."""
    folder = recipe.folder("calibration")
    if claim(recipe, "calibration"):
        return
    network = load_network(recipe).network
    coverage = recipe.calibration.coverage
    if isinstance(recipe, StoreRecipe):
        _, val = stores.windows_of(recipe, FeatureStore(recipe.store))
        widths = half_widths(
            lambda hide: list(stores.predict(network, val, hide=hide).values()),
            network.streams,
            network.targets,
            coverage=coverage,
        )
        save_result(folder, {}, {"half_widths": widths})
        return
    assert isinstance(recipe, CorpusRecipe)
    if recipe.acted is not None:
        save_result(folder, {}, _on_strangers(recipe, network.streams, hook))
        return
    pools = read_pools(recipe, hook)
    usual = {
        split: held_out(
            pools[split],
            count=recipe.calibration.sequences,
            ticks=recipe.paired.ticks[1],
            seed=recipe.seed + 7,
            corruption=SequenceCorruption(),
        )
        for split in ("val", "test")
    }
    on = {split: partial(predictions, network, data) for split, data in usual.items()}
    widths = half_widths(on["val"], network.streams, TARGETS, coverage=coverage)
    covered = coverages(on["test"], network.streams, TARGETS, widths)
    save_result(folder, {}, {"half_widths": widths, "coverage": covered})


def _on_strangers(recipe: CorpusRecipe, streams: Sequence[str], hook: Hook) -> dict[str, Any]:
    """Scale, half-widths and figures from clips whose corpus or actor was left out."""
    coverage = recipe.calibration.coverage
    found = read_left_out(recipe, hook)
    scale = fit_scale(found)
    found = scaled(found, scale)
    corpora = [clip.corpus for clip in found.clips]
    return {
        "scale": {target: list(pair) for target, pair in scale.items()},
        "half_widths": half_widths(found.predict, streams, TARGETS, coverage=coverage, groups=corpora),
        "widening": measure_widening(recipe, found, streams, hook),
        "coverage": coverage_by_fold(found, streams, coverage=coverage),
        "strangers": figures(found, streams),
        "step": _step(recipe, found, hook) if len(streams) > 1 else {},
    }


def _step(recipe: CorpusRecipe, found: LeftOut, hook: Hook) -> dict[str, float]:
    pools = read_pools(recipe, hook)
    return step_response(found, pools["train"].pairs, pool_folds(recipe, pools))


def export(recipe: Recipe, _hook: Hook) -> None:
    """Write spec, weights and card to the recipe's `output`.

    Raises
    ------
    DataError
        As `check_output`, or if a stage is not done.
    """
    check_output(recipe)
    stages = STAGES if isinstance(recipe, CorpusRecipe) else STAGES[3:]
    done = {
        stage: load_figures(recipe.folder(stage))
        for stage in stages
        if stage != "adapt" or is_done(recipe.folder(stage))
    }
    model = load_network(recipe)
    model.spec = replace(
        model.spec,
        scale={target: tuple(pair) for target, pair in done["calibration"].get("scale", {}).items()},
        calibration=done["calibration"]["half_widths"],
        widening=done["calibration"].get("widening", {}),
        metrics=flat(done),
    )
    encoders: dict[str, nn.Module]
    if isinstance(recipe, CorpusRecipe):
        encoders = {"visual": load_face(recipe)[0], "audio": load_voice(recipe)[0]}
        card = write_card(model.spec, recipe, done)
    else:
        assert isinstance(recipe, StoreRecipe)
        encoders = {}
        if recipe.encoders is not None:
            encoders = dict(encoders_of(recipe, FeatureStore(recipe.store)).encoders.items())
        card = write_store_card(model.spec)
    for name, encoder in model.encoders.items():
        encoder.load_state_dict(encoders[name].state_dict())
    # Weights that ship are halved; those of an experiment are exactly what was trained.
    checkpoint.save(model, recipe.output, card=card, half=isinstance(recipe, CorpusRecipe))


def flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Nested figures as ``stage/key/...``: number; lists, and what has no value, are left out.

    >>> flat({"face": {"test": {"accuracy": 0.81234, "gain": [0.1]}}})
    {'face/test/accuracy': 0.8123}
    """
    found: dict[str, float] = {}
    for key, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}/")
        elif isinstance(value, float) and math.isfinite(value):
            found[f"{prefix}{key}"] = round(value, 4)
    return found
