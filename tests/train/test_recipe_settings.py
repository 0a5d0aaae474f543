"""What the committed recipes train with, against the formulae of their papers and of the default model.

The formulae are written out here again, by hand and with the numbers of each recipe, so that a renamed key, a
changed default or another schedule cannot change what a recipe means.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from avaffect.train import Fit, NetworkFit, Recipe, read_recipe
from avaffect.train.optimiser import LearningRate, create_optimizer
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe

ROOT = Path(__file__).parents[2] / "recipes"

Curve = Callable[[int, int], float]
"""Learning rate of an epoch's first step: from the epoch and the steps of one."""


def warm_cosine(highest: float, epochs: int, warmup: float) -> Curve:
    """So many epochs rise linearly, the others fall as half a cosine to zero."""

    def at(step: int, steps: int) -> float:
        total = epochs * steps
        rising = max(1, round(warmup * steps))
        if step < rising:
            return highest * (step + 1) / rising
        return highest * 0.5 * (1 + math.cos(math.pi * (step - rising) / (total - rising)))

    return at


def steps_of(highest: float, factor: float, every: int, start: int) -> Curve:
    return lambda step, steps: highest * factor ** max(0, (step // steps - start) // every)


def plateau(highest: float, warmup: int = 0) -> Curve:
    """Nothing was measured: after the warm-up it stays where it is."""
    return lambda step, steps: highest * min(1.0, (step + 1) / (warmup * steps)) if warmup else highest


def one_epoch_then_cosine(highest: float, epochs: int) -> Curve:
    def at(step: int, steps: int) -> float:
        if step < steps:
            return highest * (step + 1) / steps
        return highest * 0.5 * (1 + math.cos(math.pi * (step - steps) / ((epochs - 1) * steps)))

    return at


def check_curve(plan: Fit, expected: Curve, *, steps: int) -> None:
    learning_rate = LearningRate(plan.schedule, plan.learning_rate, epochs=plan.epochs, steps=steps)
    total = plan.epochs * steps
    for step in (0, 1, steps // 2, steps, min(3 * steps + 1, total - 1), total // 3, total // 2, total - 1):
        assert learning_rate.at(step) == pytest.approx(expected(step, steps), rel=1e-9), step


def check_groups(plan: Fit, kind: type, *, weight_decay: float, all_decay: bool) -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    optimizer = create_optimizer(module, plan)
    assert type(optimizer) is kind
    decays = {
        id(parameter): group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert len(decays) == 4
    for parameter in module.parameters():
        wanted = weight_decay if all_decay or parameter.ndim > 1 else 0.0
        assert decays[id(parameter)] == wanted


# epochs, batch, learning rate, average of weights, steps of an epoch: for face, voice, network
DEFAULT = {
    "face": (40, 256, 3e-3, 0.995, 111),
    "voice": (15, 48, 2e-3, 0.99, 2400 // 48),
    "network": (3, 32, 1e-3, 0.995, 100),
}
OPEN = {
    "face": (60, 64, 3e-3, 0.995, 13),
    "voice": (15, 48, 2e-3, 0.99, 2400 // 48),
    "network": (3, 32, 1e-3, 0.995, 100),
}
GATE = {"hgrjca.default": 0.1, "hgrjca.open": 0.1}


def part_of(recipe: CorpusRecipe, part: str) -> Fit:
    return {"face": recipe.face.fit, "voice": recipe.voice.fit, "network": recipe.fit}[part]


@pytest.mark.parametrize("part", list(DEFAULT))
@pytest.mark.parametrize("path", sorted(ROOT.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_default_models(path: Path, part: str) -> None:
    recipe = read_corpus_recipe(path)
    plan = part_of(recipe, part)
    epochs, batch, highest, average, steps = (OPEN if path.stem == "hgrjca.open" else DEFAULT)[part]
    assert (plan.epochs, plan.batch, plan.ema_decay, plan.clip) == (epochs, batch, average, 5.0)
    voice = part == "voice"  # cheap, and measured once, on what was left out
    assert (plan.checkpoint, plan.measure_every) == ("last", 1 if voice else 4)
    assert plan.precision == ("32-true" if voice else "bf16-mixed")
    warmup = {"face": epochs / 20, "voice": 1.5, "network": 0.5}[part]
    check_curve(plan, warm_cosine(highest, epochs, warmup), steps=steps)
    check_groups(plan, torch.optim.AdamW, weight_decay=0.05, all_decay=False)
    if isinstance(plan, NetworkFit):
        assert (plan.loss.per, plan.loss.mse, plan.loss.gate) == ("batch", 2.0, GATE.get(path.stem, 0.0))
        assert (plan.noise, plan.hide) == (0.15, 0.2)


ADAM, ADAMW = torch.optim.Adam, torch.optim.AdamW
# kind, weight decay, epochs, batch, learning rates, sample of the loss, patience
CA = (ADAM, 0.0, 60, 16, steps_of(1e-4, 0.8, 2, 15), "batch", None)
BEHIND_DCA = (ADAMW, 1e-5, 100, 64, plateau(3e-4), "batch", None)
BEHIND_RJCMA = (ADAM, 1e-3, 100, 12, plateau(3e-4, warmup=5), "window", 50)
STORES = {
    "affwild2/ca": CA,
    "affwild2/dca": BEHIND_DCA,
    "affwild2/grjca": BEHIND_RJCMA,
    "affwild2/hgrjca": BEHIND_RJCMA,
    "affwild2/iaca": BEHIND_DCA,
    "affwild2/jca.abaw3": (ADAM, 0.0, 30, 96, steps_of(1e-3, 0.8, 2, 5), "batch", None),
    "affwild2/jca.tbiom": (ADAM, 0.0, 50, 64, plateau(1e-4), "batch", None),
    "affwild2/rjca": (ADAM, 0.0, 50, 64, plateau(1e-4), "batch", None),
    "affwild2/rjcma": (ADAM, 1e-3, 100, 12, plateau(1e-5, warmup=5), "window", 50),
    "recola/ca": CA,
    "recola/dca": (ADAMW, 1e-5, 100, 16, plateau(3e-4), "batch", None),
    "recola/jca": (ADAM, 0.0, 50, 16, plateau(1e-4), "batch", None),
    "studyforrest/fusion": (ADAMW, 0.05, 6, 32, one_epoch_then_cosine(2e-3, 6), "batch", None),
}
# factor, epochs waited, what is monitored, lowest learning rate
PLATEAUS = {
    **dict.fromkeys(("affwild2/grjca", "affwild2/hgrjca", "affwild2/rjcma"), (0.1, 5, "val", 1e-8)),
    **dict.fromkeys(("affwild2/dca", "affwild2/iaca", "affwild2/jca.tbiom"), (0.5, 10, "train", 0.0)),
    **dict.fromkeys(("affwild2/rjca", "recola/dca", "recola/jca"), (0.5, 10, "train", 0.0)),
}
EVERY = sorted(
    str(path.relative_to(ROOT).with_suffix(""))
    for path in ROOT.glob("*/*.yaml")
    if path.parent.name not in ("folder", "acted")  # no paper, no settings of an earlier model
)


def stored(name: str) -> Recipe:
    return read_recipe(ROOT / f"{name}.yaml")


@pytest.mark.parametrize("name", EVERY)
def test_the_recipes_for_stores(name: str) -> None:
    plan = stored(name).fit
    kind, weight_decay, epochs, batch, curve, per, patience = STORES[name]
    assert (plan.epochs, plan.batch, plan.patience) == (epochs, batch, patience)
    assert (plan.loss.per, plan.loss.mse, plan.loss.gate) == (per, 0.0, 0.0)
    assert (plan.noise, plan.hide, plan.ema_decay) == (0.0, 0.0, None)
    last = name == "studyforrest/fusion"
    assert (plan.checkpoint, plan.clip) == (("last", 1.0) if last else ("best", None))
    check_curve(plan, curve, steps=37)
    check_groups(plan, kind, weight_decay=weight_decay, all_decay=True)


@pytest.mark.parametrize("name", PLATEAUS)
def test_plateaus(name: str) -> None:
    plan = stored(name).fit
    factor, patience, monitor, lowest = PLATEAUS[name]
    assert plan.schedule.monitor == monitor
    learning_rate = LearningRate(plan.schedule, plan.learning_rate, epochs=plan.epochs, steps=4)
    far = 4 * plan.epochs
    learning_rate.measured(0.0)
    for _ in range(patience):
        learning_rate.measured(0.0)
        assert learning_rate.at(far) == plan.learning_rate
    learning_rate.measured(0.0)
    assert learning_rate.at(far) == pytest.approx(factor * plan.learning_rate)
    for _ in range(1000):
        learning_rate.measured(-1.0)
    assert learning_rate.at(far) == pytest.approx(lowest, abs=1e-12)
