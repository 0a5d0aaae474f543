import numpy as np
import pytest

from avaffect.comparison import Job, choose, curve_table, every_damage, gate_table, main_table
from avaffect.comparison.results import correlation


def lin(x, y):
    """CCC by its formula, over what is labelled."""
    keep = np.isfinite(y)
    x, y = x[keep], y[keep]
    return 2 * np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def write(work, system, segment, seed, training="clean", **arrays):
    path = Job(system, segment.name, seed, training).path(work)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, seconds=np.array(2.0), parameters=np.array(7), **arrays)


@pytest.fixture
def work(tmp_path, segments):
    """Two seeds of three systems; `jca`'s second lacks a segment."""
    random = np.random.default_rng(0)
    for system in choose(["concat", "jca", "late"]):
        for seed in range(2):
            for segment in segments[: 4 if (system.name, seed) == ("jca", 1) else 5]:
                blur = 0.5 if system.name == "late" else 0.1 + 0.2 * seed
                values = np.nan_to_num(segment.labels) + blur * random.normal(size=segment.labels.shape)
                write(tmp_path, system, segment, seed, clean=np.clip(values, -1, 1).astype("f4"))
    return tmp_path


def pooled(work, system, segments, seed, target, key="clean"):
    (chosen,) = choose([system])
    values = [np.load(Job(chosen, s.name, seed).path(work))[key][:, target] for s in segments]
    return lin(np.concatenate(values).astype(float), np.concatenate([s.labels[:, target] for s in segments]))


def test_the_table_equals_an_independent_ccc(work, segments):
    table = main_table(work, choose([]), segments, seeds=2)
    assert list(table.index) == ["concat", "jca", "late"]
    each = [pooled(work, "late", segments, seed, 1) for seed in range(2)]
    assert table.loc["late", "arousal_ccc"] == pytest.approx(np.mean(each), abs=1e-6)
    assert table.loc["late", "arousal_sd"] == pytest.approx(np.std(each, ddof=1), abs=1e-6)
    gain = np.mean([pooled(work, "concat", segments, seed, 0) for seed in range(2)])
    expected = np.mean([pooled(work, "late", segments, seed, 0) for seed in range(2)]) - gain
    assert table.loc["late", "valence_gain"] == pytest.approx(expected, abs=1e-6)
    assert (table["arousal_lo"] < table["arousal_ccc"]).all()
    assert (table["arousal_hi"] > table["arousal_ccc"]).all()


def test_a_seed_counts_only_with_all_segments(work, segments):
    table = main_table(work, choose(["concat", "jca"]), segments, seeds=2)
    assert table["seeds"].to_dict() == {"concat": 2, "jca": 1}
    assert table.loc["jca", "arousal_ccc"] == pytest.approx(pooled(work, "jca", segments, 0, 1), abs=1e-6)
    assert np.isnan(table.loc["jca", "arousal_sd"])


def test_nothing_finished_is_an_empty_table(tmp_path, segments):
    assert main_table(tmp_path, choose([]), segments, seeds=2).empty


@pytest.fixture
def damaged(tmp_path, segments):
    """A system whose own gate falls where it is hit, and whose predictions are lost there."""
    (system,) = choose(["hgrjca"])
    random = np.random.default_rng(1)
    for segment in segments:
        labels = np.nan_to_num(segment.labels)
        arrays = {"clean": labels}
        for damage in every_damage():
            hit = random.random(len(labels)) < damage.share
            arrays[damage.key] = np.where(hit[:, None], 0.0, labels)
            arrays[f"{damage.key}/hit"] = hit
            arrays[f"{damage.key}/attended.audio"] = np.where(hit, 0.2, 0.6)
            arrays[f"{damage.key}/attended.visual"] = np.full(len(hit), 0.5)
        write(tmp_path, system, segment, 0, **arrays)
    return tmp_path


def test_curves_are_pooled_ccc_by_share(damaged, segments):
    table = curve_table(damaged, choose(["hgrjca"]), segments, 1, "clean")
    assert len(table) == 4 * 6
    row = table.query("stream == 'visual' and kind == 'other' and share == 0.7")
    expected = pooled(damaged, "hgrjca", segments, 0, 1, "visual.other.70")
    assert row["arousal"].item() == pytest.approx(expected, abs=1e-6)
    assert table.query("share == 0")["arousal"].to_numpy() == pytest.approx(1.0)
    assert table.groupby("share")["arousal"].mean().is_monotonic_decreasing


def test_gates_that_follow_the_damage_are_seen(damaged, segments):
    table = gate_table(damaged, choose(["hgrjca"]), segments, 1, "clean")
    mine = table.query("stream == 'audio' and gate == 'attended.audio'")
    assert mine["correlation"].to_numpy() == pytest.approx(-1.0)
    assert mine[["intact", "hit"]].to_numpy() == pytest.approx(np.array([[0.6, 0.2]] * 2))
    still = table[table["gate"] == "attended.visual"]
    assert still["correlation"].isna().all()


def test_correlation_equals_its_formula():
    random = np.random.default_rng(0)
    gate, hit = random.random(200), random.random(200) < 0.4
    h = hit - hit.mean()
    expected = np.sum((gate - gate.mean()) * h) / np.sqrt(np.sum((gate - gate.mean()) ** 2) * np.sum(h**2))
    assert correlation(gate, hit) == pytest.approx(expected)
