"""Tables of runs on clips of actors, against the metric on made-up results."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.comparison.acted_results import (
    Actors,
    conditions,
    gate_table,
    held_table,
    pair_table,
    score_table,
)
from avaffect.evaluate.moments import sums
from avaffect.metric import ccc, pcc

from .conftest import pairs_of

SEEDS = 2
CLIPS = pairs_of(actors=("a", "b", "c", "d", "e", "f"))
LABELS = np.stack([clip.affect for clip in CLIPS]).astype(float)
FOLDS = (slice(0, 20), slice(20, 48))


def runs_of(noise, seed, *, held=0.0, gate=None):
    """Runs by seed and fold: labels and noise; with ``held`` noise also with gates held."""
    random = np.random.default_rng(seed)
    runs = []
    for _ in range(SEEDS):
        values = {key: LABELS + random.normal(0, noise, LABELS.shape) for key in conditions()}
        by_fold = []
        for fold in FOLDS:
            run = {"seconds": np.array(1.0), "parameters": np.array(7)}
            for key in conditions():
                said = values[key][fold]
                run[f"{key}/clips"] = said
                table = [
                    [sums([x, x + 0.1], [y, y]) for x, y in zip(*row, strict=True)]
                    for row in zip(said, LABELS[fold], strict=True)
                ]
                run[f"{key}/ticks"] = np.array(table)
                if held:
                    run[f"held/{key}/clips"] = said + random.normal(0, held, said.shape)
                if gate is not None:
                    run[f"{key}/attended.audio"] = gate(key, len(said))
            by_fold.append(run)
        runs.append(by_fold)
    return runs


@pytest.fixture(scope="module")
def actors():
    return Actors(CLIPS)


@pytest.fixture(scope="module")
def scores(actors):
    runs = {
        ("audio only", "usual"): runs_of(0.9, 1),
        ("visual only", "usual"): runs_of(0.5, 2),
        ("late", "usual"): runs_of(0.1, 3),
    }
    return runs, score_table(runs, actors)


def test_scores_are_those_of_the_metric(scores):
    runs, table = scores
    row = table.query("system == 'late' and condition == 'audio.other.100'").iloc[0]
    for k, target in enumerate(("valence", "arousal")):
        said = [
            np.concatenate([run["audio.other.100/clips"][:, k] for run in seed])
            for seed in runs["late", "usual"]
        ]
        assert row[f"{target}_ccc"] == pytest.approx(np.mean([ccc(x, LABELS[:, k]) for x in said]))
        assert row[f"{target}_pcc"] == pytest.approx(np.mean([pcc(x, LABELS[:, k]) for x in said]))
        ticks = [ccc(np.concatenate([x, x + 0.1]), np.tile(LABELS[:, k], 2)) for x in said]
        assert row[f"{target}_tick_ccc"] == pytest.approx(np.mean(ticks))
        assert row[f"{target}_lo"] < row[f"{target}_ccc"] < row[f"{target}_hi"]
    assert row["seeds"] == SEEDS
    assert row["parameters"] == 7


def test_the_rival_is_the_better_stream_of_the_condition(scores):
    _, table = scores
    assert set(table["valence_rival"]) == {"visual only"}
    of = {
        name: table[table["system"] == name].set_index("condition")["valence_ccc"]
        for name in set(table["system"])
    }
    late = table[table["system"] == "late"].set_index("condition")
    np.testing.assert_allclose(late["valence_gain"], of["late"] - of["visual only"])
    assert (late["valence_gain_lo"] > 0).all()
    assert (late["valence_gain_lo_actors"] > 0).all()
    same = table[table["system"] == "visual only"]
    assert (same[["valence_gain", "valence_gain_lo", "valence_gain_hi"]] == 0).all(axis=None)


def test_one_fusion_less_another_is_paired(actors):
    runs = {
        ("jca", "usual"): runs_of(0.1, 1),
        ("concat", "usual"): runs_of(0.5, 2),
        ("dca", "taught"): runs_of(0.1, 1),
        ("dca", "usual"): runs_of(0.1, 1),
    }
    table = pair_table(runs, actors).set_index(["system", "training", "less", "less_training"])
    assert list(table.index) == [("jca", "usual", "concat", "usual"), ("dca", "taught", "dca", "usual")]
    clean = score_table(runs, actors).query("condition == 'clean'").set_index(["system", "training"])
    expected = clean.loc[("jca", "usual"), "arousal_ccc"] - clean.loc[("concat", "usual"), "arousal_ccc"]
    assert table["arousal_gain"].to_numpy() == pytest.approx([expected, 0])
    assert table["arousal_gain_lo"].iloc[0] > 0
    assert (table.iloc[1] == 0).all()  # the same clips and actors are drawn for both
    assert pair_table({("late", "usual"): runs_of(0.2, 3)}, actors).empty


def test_actors_are_resampled_whole(actors):
    """An error that is one actor's throughout makes differences less sure than one of every clip."""
    random = np.random.default_rng(0)
    offsets = np.repeat(random.normal(0, 0.4, (6, 2)), 8, axis=0)
    drawn = actors.draw([[(LABELS + offsets)[fold] for fold in FOLDS]])
    assert drawn.actors[:, 0].std() > 1.3 * drawn.clips[:, 0].std()


def test_free_gates_are_compared_with_held_ones(actors):
    table = held_table(
        {("hgrjca", "usual"): runs_of(0.2, 4, held=0.5), ("late", "usual"): runs_of(0.2, 5)}, actors
    )
    assert set(table["system"]) == {"hgrjca"}
    assert len(table) == len(conditions())
    assert (table[["valence_gain_lo", "arousal_gain_lo"]] > 0).all(axis=None)


def test_gates_that_follow_the_damage_are_seen():
    def gate(key, count):
        hit = np.full(10, key != "clean", float)
        return np.array([sums(0.2 + 0.5 * hit, hit)] * count)

    table = gate_table({("hgrjca", "taught"): runs_of(0.2, 6, gate=gate)})
    assert table["correlation"].to_numpy() == pytest.approx(1.0)
    np.testing.assert_allclose(table[["intact", "hit"]].to_numpy(), [[0.2, 0.7]] * len(table))
