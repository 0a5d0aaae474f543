"""Imputation of feature streams: what is filled, from what, and that it is better than the mean."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from avaffect.errors import DataError, ModelError
from avaffect.imputation import MutualFit, StreamImputer
from avaffect.imputation.training import batches

DIMS = {"audio": 4, "visual": 6}


def streams(count: int = 600, seed: int = 0) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two streams that share three hidden causes, and masks of which a third has both."""
    generator = torch.Generator().manual_seed(seed)
    cause = torch.randn(count, 3, generator=generator)
    mixing = torch.Generator().manual_seed(99)
    found = {
        name: 3 + 2 * cause @ torch.randn(3, dim, generator=mixing) + 0.1 * torch.randn(count, dim)
        for name, dim in DIMS.items()
    }
    kind = torch.arange(count) % 3
    return found, {"audio": kind != 1, "visual": kind != 2}


@pytest.fixture(scope="module")
def imputer() -> StreamImputer:
    torch.manual_seed(0)
    made = StreamImputer(DIMS, latent=4, hidden=(32, 32), pseudo_inputs=16)
    made.fit(*streams(), MutualFit(rounds=250, batch=32, learning_rate=3e-3))
    return made


def test_what_is_known_stays_and_what_is_filled_is_nearer_than_the_mean(imputer: StreamImputer) -> None:
    truth, masks = streams(seed=1)
    filled, known = imputer(truth, masks)
    for name in DIMS:
        assert torch.equal(filled[name][masks[name]], truth[name][masks[name]])
        assert known[name].all()
        lacking = ~masks[name]
        missed = (filled[name] - truth[name])[lacking].abs().mean()
        spread = (truth[name] - truth[name][masks[name]].mean(0))[lacking].abs().mean()
        assert missed < 0.6 * spread


def test_a_tick_without_either_stream_stays_empty(imputer: StreamImputer) -> None:
    truth, masks = streams()
    masks = {name: mask & (torch.arange(600) > 0) for name, mask in masks.items()}
    filled, known = imputer(truth, masks)
    assert not known["audio"][0]
    assert all(float(values[0].abs().sum()) == 0 for values in filled.values())


def test_hidden_values_are_not_read(imputer: StreamImputer) -> None:
    truth, masks = streams()
    spoiled = {name: x.masked_fill(~masks[name][:, None], float("nan")) for name, x in truth.items()}
    torch.testing.assert_close(imputer(spoiled, masks), imputer(truth, masks))
    torch.manual_seed(0)
    twin = StreamImputer(DIMS, latent=4, hidden=(8, 8), pseudo_inputs=16)
    twin.fit(spoiled, masks, MutualFit(rounds=3))
    assert all(value.isfinite().all() for value in twin.state_dict().values())


def test_saved_weights_impute_the_same(imputer: StreamImputer, tmp_path) -> None:
    truth, masks = streams()
    again = StreamImputer.load(imputer.save(tmp_path / "imputer.safetensors"))
    torch.testing.assert_close(again(truth, masks), imputer(truth, masks))
    (tmp_path / "other.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="holds no imputer"):
        StreamImputer.load(tmp_path / "other.safetensors")


def test_the_same_seed_gives_the_same_imputer() -> None:
    def trained() -> StreamImputer:
        torch.manual_seed(1)
        made = StreamImputer(DIMS, latent=2, hidden=(8, 8), pseudo_inputs=8)
        made.fit(*streams(), MutualFit(rounds=3), seed=5)
        return made

    first, second = trained().state_dict(), trained().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_complete_data_train_too_and_data_without_pairs_do_not() -> None:
    truth, _ = streams(60)
    everywhere = torch.ones(60, dtype=torch.bool)
    StreamImputer(DIMS, latent=2, hidden=(8, 8)).fit(
        truth, {"audio": everywhere, "visual": everywhere}, MutualFit(rounds=2)
    )
    with pytest.raises(DataError, match="no example has both"):
        StreamImputer(DIMS).fit(truth, {"audio": everywhere, "visual": ~everywhere})


def test_batches_take_every_example_once_an_epoch() -> None:
    rows = torch.tensor([2, 5, 7, 8, 9])
    drawn = batches(rows, 2, torch.Generator().manual_seed(0))
    for _ in range(3):
        epoch = torch.cat([next(drawn) for _ in range(3)])
        assert sorted(epoch.tolist()) == rows.tolist()


def test_three_streams_are_refused() -> None:
    with pytest.raises(ModelError, match="between two"):
        StreamImputer({"audio": 1, "visual": 1, "text": 1})
