"""Shares of batches."""

from avaffect.corpus.windows import Windows
from avaffect.train.sequence.batches import Batches, Shares


def test_order_depends_on_seed_and_epoch_alone():
    def epoch(number, seed=0):
        shares = Shares(11, batch=4, seed=seed)
        shares.set_epoch(number)
        return list(shares)

    assert [len(batch) for batch in epoch(0)] == [4, 4, 3]
    assert sorted(i for batch in epoch(0) for i in batch) == list(range(11))
    assert epoch(3) == epoch(3)
    assert epoch(3) != epoch(2)
    assert epoch(3) != epoch(3, seed=1)


def test_processes_share_each_batch():
    whole = list(Shares(9, batch=4, seed=0))
    parts = [list(Shares(9, batch=4, seed=0, process=p, processes=2)) for p in range(2)]
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(batch) for batch in whole]
    assert parts[1][-1] == []


def test_an_empty_share_is_a_window_without_ratings(store):
    windows = Windows(store.recordings, ticks=30, hop=30)
    batches = Batches(windows)
    empty = batches[[]]
    assert empty["audio"].shape == (1, 30, 3)
    assert empty["affect"].isnan().all()
    full = batches[[0, len(windows) - 1]]
    assert full["recording"].tolist() == [0, 5]
    assert full["affect"].isfinite().any()
