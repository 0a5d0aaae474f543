"""From the runs on clips of actors to tables: scores by condition, free and held gates, what gates see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..evaluate.bootstrap import interval, resample
from ..evaluate.moments import measures
from ..spec import TARGETS
from ..train.feature_pool import MODALITIES, Pair
from .bench import CLEAN, finished
from .conditions import every_condition
from .systems import System

USUAL, TAUGHT, HELD = "usual", "taught", "held"
"""Trainings, and results with every gate held at its mean."""

TEMPERATURE = 1.0
"""Of taught gates: 0.1, the default, leaves them next to no gradient."""

ALONE = tuple(f"{name} only" for name in MODALITIES)
"""Systems of one stream."""

PAIRS = (
    *((("jca", USUAL), (plain, USUAL)) for plain in ("concat", "late")),
    *((("hgrjca", USUAL), (less, USUAL)) for less in ("concat", "jca")),
    (("grjca", USUAL), ("rjca", USUAL)),
    *(((name, TAUGHT), (name, USUAL)) for name in ("dca", "grjca", "hgrjca")),
)
"""Systems of which one says something by its difference from the other: attention, gates, taught gates."""

Runs = Mapping[tuple[str, str], list[list[dict[str, NDArray]]]]
"""Results by system and training, then by seed and fold."""


@dataclass(frozen=True)
class Drawn:
    """CCC of clip means, and of resamples of clips and of actors.

    Attributes
    ----------
    ccc, pcc : (seeds, 2) numpy.ndarray
    clips, actors : (resamples, 2) numpy.ndarray
        CCC, mean over seeds. The same clips and actors are drawn for everything: differences are paired.
    """

    ccc: NDArray
    pcc: NDArray
    clips: NDArray
    actors: NDArray


class Actors:
    """Labels and actors of all clips, in the order of their folds.

    Parameters
    ----------
    clips : sequence of Pair
    """

    def __init__(self, clips: Sequence[Pair]) -> None:
        self.labels = np.stack([clip.affect for clip in clips]).astype(np.float64)
        self.names, self.unit = np.unique([clip.actor for clip in clips], return_inverse=True)

    def draw(self, by_seed: Sequence[Sequence[NDArray]]) -> Drawn:
        """Scores of clip means, by seed and fold (n, 2)."""
        values = np.stack([np.concatenate(seed) for seed in by_seed]).astype(np.float64)  # (seeds, n, 2)
        x, y = (
            np.moveaxis(values, 0, 1),
            np.broadcast_to(self.labels[:, None], np.moveaxis(values, 0, 1).shape),
        )
        same = np.sign(x) == np.sign(y)
        one = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, same], axis=-1)  # `moments.sums` of one
        table = one.reshape(len(x), -1, one.shape[-1])
        points = measures(table.sum(axis=0))
        drawn = [
            resample(table, unit)["pooled"]["ccc"].reshape(-1, *values.shape[::2]).mean(axis=1)
            for unit in (np.arange(len(x)), self.unit)
        ]
        return Drawn(*(points[name].reshape(-1, len(TARGETS)) for name in ("ccc", "pcc")), *drawn)


def read_runs(
    work: Path, systems: Sequence[System], folds: Sequence[str], seeds: int, trainings: Sequence[str]
) -> dict[tuple[str, str], list[list[dict[str, NDArray]]]]:
    """What is finished, by system and training; a system counts with the seeds that all folds have."""
    found = {
        (system.name, training): finished(work, system, folds, seeds, training)
        for system in systems
        for training in trainings
    }
    return {key: runs for key, runs in found.items() if runs}


def score_table(runs: Runs, actors: Actors) -> pd.DataFrame:
    """Scores of every system, training and condition, one value a clip.

    Returns
    -------
    pd.DataFrame
        Columns: ``system``, ``training``, ``condition``, ``seeds``, ``parameters``, ``seconds`` (CPU, of a
        training), and for each target ``*_ccc`` (mean over seeds), ``*_lo``, ``*_hi`` (clips resampled),
        ``*_sd`` (over seeds), ``*_pcc``, ``*_tick_ccc`` (all ticks of all clips together), ``*_rival`` (the
        stream that alone has the higher CCC in this condition) and ``*_gain`` over it with ``*_gain_lo``,
        ``*_gain_hi`` (clips resampled) and ``*_gain_lo_actors``, ``*_gain_hi_actors`` (actors resampled).
    """
    rows = []
    for condition in conditions():
        drawn = {key: actors.draw(_of_key(of, f"{condition}/clips")) for key, of in runs.items()}
        for key, scores in drawn.items():
            flat = [run for seed in runs[key] for run in seed]
            row: dict[str, object] = {"system": key[0], "training": key[1], "condition": condition}
            row |= {"seeds": len(runs[key]), "parameters": int(flat[0].get("parameters", np.array(0)))}
            row["seconds"] = float(np.mean([run["seconds"] for run in flat]))
            ticks = _tick_ccc(runs[key], condition)
            for k, target in enumerate(TARGETS):
                row |= _own(scores, k, target) | {f"{target}_tick_ccc": ticks[k]}
                alone = {name: drawn[name, USUAL] for name in ALONE if (name, USUAL) in drawn}
                if len(alone) == len(ALONE):
                    rival = max(alone, key=lambda name: alone[name].ccc[:, k].mean())
                    row |= {f"{target}_rival": rival, **_gain(scores, alone[rival], k, f"{target}_gain")}
            rows.append(row)
    return pd.DataFrame(rows)


def pair_table(runs: Runs, actors: Actors) -> pd.DataFrame:
    """CCC on intact clips of one system less another's, for those of `PAIRS` that are both finished.

    Columns: ``system``, ``training``, ``less``, ``less_training``, and for each target ``*_gain``, with
    intervals as in `score_table`. Empty without such a pair.
    """
    rows = []
    for ours, theirs in PAIRS:
        if ours not in runs or theirs not in runs:
            continue
        row: dict[str, object] = {"system": ours[0], "training": ours[1]}
        row |= {"less": theirs[0], "less_training": theirs[1]}
        first, second = (actors.draw(_of_key(runs[key], f"{CLEAN}/clips")) for key in (ours, theirs))
        for k, target in enumerate(TARGETS):
            row |= _gain(first, second, k, f"{target}_gain")
        rows.append(row)
    return pd.DataFrame(rows)


def held_table(runs: Runs, actors: Actors) -> pd.DataFrame:
    """CCC with free gates less that with every gate held at its mean, of the same networks.

    Columns: ``system``, ``training``, ``condition``, and for each target ``*_held`` (CCC with held gates) and
    ``*_gain``, with intervals as in `score_table`. Empty without gates.
    """
    rows = []
    for (system, training), of in runs.items():
        for condition in conditions():
            key = f"{condition}/clips"
            if f"{HELD}/{key}" not in of[0][0]:
                continue
            free, held = (actors.draw(_of_key(of, name)) for name in (key, f"{HELD}/{key}"))
            row: dict[str, object] = {"system": system, "training": training, "condition": condition}
            for k, target in enumerate(TARGETS):
                row |= {f"{target}_held": held.ccc[:, k].mean(), **_gain(free, held, k, f"{target}_gain")}
            rows.append(row)
    return pd.DataFrame(rows)


def gate_table(runs: Runs) -> pd.DataFrame:
    """Pearson correlation of each gate with its tick being hit, intact and changed clips together.

    Columns: ``system``, ``training``, ``condition``, ``gate``, ``correlation`` (mean over seeds; NaN where
    the gate never moves), ``sd`` over seeds, and the gate's means ``intact`` and ``hit``.
    """
    rows = []
    for (system, training), of in runs.items():
        for condition in (each.key for each in every_condition()):
            for name in (n.removeprefix(f"{condition}/") for n in of[0][0] if n.startswith(f"{condition}/")):
                if name in ("clips", "ticks"):
                    continue
                added = np.stack(
                    [
                        sum(run[f"{key}/{name}"].sum(axis=0) for run in seed for key in (CLEAN, condition))
                        for seed in of
                    ]
                ).astype(np.float64)  # (seeds, 7)
                found = measures(added)["pcc"]
                n, gate, hit, _, _, both, _ = added.T
                rows.append(
                    {
                        "system": system,
                        "training": training,
                        "condition": condition,
                        "gate": name,
                        "correlation": found.mean(),
                        "sd": np.std(found, ddof=1) if len(found) > 1 else np.nan,
                        "intact": ((gate - both) / (n - hit)).mean(),
                        "hit": (both / hit).mean(),
                    }
                )
    return pd.DataFrame(rows)


def conditions() -> list[str]:
    """Keys of all conditions, intact clips first."""
    return [CLEAN, *(condition.key for condition in every_condition())]


def _of_key(of: Sequence[Sequence[Mapping[str, NDArray]]], key: str) -> list[list[NDArray]]:
    """One result of each run, by seed and fold."""
    return [[run[key] for run in seed] for seed in of]


def _own(scores: Drawn, k: int, target: str) -> dict[str, object]:
    low, high = interval(scores.clips[:, k])
    ccc = scores.ccc[:, k]
    return {
        f"{target}_ccc": ccc.mean(),
        f"{target}_lo": low,
        f"{target}_hi": high,
        f"{target}_sd": np.std(ccc, ddof=1) if len(ccc) > 1 else np.nan,
        f"{target}_pcc": scores.pcc[:, k].mean(),
    }


def _gain(ours: Drawn, theirs: Drawn, k: int, name: str) -> dict[str, object]:
    clips = interval(ours.clips[:, k] - theirs.clips[:, k])
    actors = interval(ours.actors[:, k] - theirs.actors[:, k])
    return {
        name: ours.ccc[:, k].mean() - theirs.ccc[:, k].mean(),
        f"{name}_lo": clips[0],
        f"{name}_hi": clips[1],
        f"{name}_lo_actors": actors[0],
        f"{name}_hi_actors": actors[1],
    }


def _tick_ccc(of: Sequence[Sequence[Mapping[str, NDArray]]], condition: str) -> NDArray:
    """CCC over all ticks together, mean over seeds, (2,)."""
    key = f"{condition}/ticks"
    added = [sum(run[key].astype(np.float64).sum(axis=0) for run in seed) for seed in of]
    return np.mean([measures(np.asarray(each))["ccc"] for each in added], axis=0)
