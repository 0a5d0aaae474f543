"""The benchmark of imputation on tiny data: what lacks what, what is filled, and the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avaffect.comparison.network import Example, Settings
from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.errors import DataError
from avaffect.imputation import runs
from avaffect.imputation.comparison import compare, lack
from avaffect.imputation.digits import KINDS, digit_pairs, drop_one
from avaffect.imputation.report import write_report
from avaffect.imputation.runs import Bench
from avaffect.imputation.systems import SYSTEMS, Plan, filled, standardise
from avaffect.imputation.training import MutualFit

QUICK = Plan(network=Settings(steps=2, batch=2, window=8), imputer=MutualFit(rounds=2, batch=16))


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    """Ten recordings of five people with two streams."""
    rng = np.random.default_rng(0)
    for i in range(10):
        ticks = 12 + i
        features = Features(
            {name: rng.normal(size=(ticks, dim)).astype(np.float32) for name, dim in (("a", 3), ("b", 4))},
            {name: np.ones(ticks, bool) for name in ("a", "b")},
        )
        labels = np.tile(rng.uniform(-1, 1, 2).astype(np.float32), (ticks, 1))
        meta = Meta(f"r{i}", f"p{i % 5}", "", "made up", ("valence", "arousal"), 12.5)
        write(tmp_path / "store", meta, features, labels, np.ones(ticks, bool), half=False)
    return FeatureStore(tmp_path / "store")


def example(ticks: int = 5) -> Example:
    rng = np.random.default_rng(ticks)
    values = {"a": rng.normal(size=(ticks, 3)), "b": rng.normal(size=(ticks, 4))}
    return Example.build(values, {name: np.ones(ticks, bool) for name in values}, np.zeros((ticks, 2)))


def test_shares_of_the_recordings_lack_a_stream() -> None:
    found = lack([example() for _ in range(20)], seed=0)
    have = [tuple(name for name, mask in each.masks.items() if mask.any()) for each in found]
    assert (have.count(("b",)), have.count(("a",)), have.count(("a", "b"))) == (6, 6, 8)
    assert all(not each.streams["a"].any() for each in found if not each.masks["a"].any())


def test_only_what_is_missing_is_filled() -> None:
    whole = example()
    gone = replace(whole, masks=whole.masks | {"a": torch.tensor([True, False, True, False, True])})
    made = filled(gone, lambda source, values: values[:, :3] + 100)
    assert made.masks["a"].all()
    torch.testing.assert_close(made.streams["a"][1], whole.streams["b"][1, :3] + 100)
    torch.testing.assert_close(made.streams["a"][0], whole.streams["a"][0])
    torch.testing.assert_close(made.streams["b"], whole.streams["b"])


def test_masked_ticks_count_in_no_scale() -> None:
    spoiled = example()
    spoiled.streams["a"][0] = 1e9
    hidden = replace(spoiled, masks=spoiled.masks | {"a": torch.arange(5) > 0})
    ((made,), _) = standardise([hidden], [])
    assert not made.streams["a"][0].any()
    torch.testing.assert_close(made.streams["a"][1:].mean(0), torch.zeros(3), atol=1e-5, rtol=0)


def test_every_system_is_scored_whole_and_without_each_stream(store: FeatureStore) -> None:
    found = compare(store, 0, 0, QUICK)
    assert set(found.scores) == {
        (system, condition, target)
        for system in SYSTEMS
        for condition in ("whole", "no a", "no b")
        for target in ("valence", "arousal")
    }
    assert set(found.errors) == {(name, s) for name in ("imputed", "linear", "mean") for s in ("a", "b")}
    assert found.scores == compare(store, 0, 0, QUICK).scores


def test_a_store_of_one_stream_is_refused(tmp_path) -> None:
    features = Features({"a": np.ones((3, 1), np.float32)}, {"a": np.ones(3, bool)})
    meta = Meta("r", "p", "", "made up", ("valence",), 12.5)
    write(tmp_path, meta, features, np.zeros((3, 1), np.float32), np.ones(3, bool), half=False)
    with pytest.raises(DataError, match="expected two"):
        compare(FeatureStore(tmp_path), 0, 0)


def test_digits_are_paired_by_class_and_no_test_digit_is_trained_on() -> None:
    train, test = digit_pairs(0)
    assert len(train.labels) + len(test.labels) == 1797
    assert {kind: values.shape[1] for kind, values in train.images.items()} == {KINDS[0]: 64, KINDS[1]: 256}
    for values in (*train.images.values(), *test.images.values()):
        assert float(values.min()) >= 0
        assert float(values.max()) <= 1
        assert values.sum(1).min() > 1  # nothing is blank
    for kind in KINDS:  # images of a class are nearer to one another than to all
        means = torch.stack([train.images[kind][train.labels == digit].mean(0) for digit in range(10)])
        nearest = torch.cdist(test.images[kind], means).argmin(1).numpy()
        assert (nearest == test.labels).mean() > 0.6


def test_a_share_stays_pairs_and_nothing_loses_both() -> None:
    present = torch.stack(list(drop_one(1000, 0.2, np.random.default_rng(0)).values()))
    assert int(present.all(0).sum()) == 200
    assert present.any(0).all()
    assert 350 < int(present[0].sum()) - 200 < 450


def test_the_page_holds_every_table_and_no_run_is_done_twice(
    store: FeatureStore, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SHARES", (0.5,))
    bench = Bench(tmp_path / "work", store, QUICK, MutualFit(rounds=1, batch=16))
    tables = bench.run(1)
    page = write_report(tmp_path, tables, "avaffect benchmark imputation").read_text()
    assert all(f"| `{system}` |" in page for system in SYSTEMS)
    assert "| 50 % | used |" in page
    assert len(tables["errors"]) == 5 * 3 * 2  # folds, imputers and the mean, streams
    assert (tmp_path / "imputation" / "streams.csv").is_file()
    with (tmp_path / "imputation.md").open("a") as file:
        file.write("\n## Remarks\n\nOurs.\n")
    assert write_report(tmp_path, tables, "again").read_text().endswith("\n\n## Remarks\n\nOurs.\n")
    monkeypatch.setattr(runs, "compare", None)
    monkeypatch.setattr(runs, "run", None)
    assert all(again.equals(tables[name]) for name, again in bench.run(1).items())
    with pytest.raises(DataError, match="with other settings; give another --work"):
        Bench(tmp_path / "work", store, QUICK).run(1)
