"""The bidirectional LSTM: PyTorch's own as the reference, masks, sizes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from avaffect.errors import ModelError
from avaffect.temporal import BLSTM


def build(**options: object) -> BLSTM:
    torch.manual_seed(0)
    model = BLSTM(6, 8, **options).double().eval()
    if isinstance(model.state, nn.Parameter):
        nn.init.normal_(model.state)
    return model


def reference(model: BLSTM, x: Tensor) -> Tensor:
    """torch.nn.LSTM in both directions with the same weights; x (b, t, 6)."""
    layers = len(model.forwards)
    lstm = nn.LSTM(6, 4, layers, batch_first=True, bidirectional=True).double()
    state = {}
    for layer in range(layers):
        for ours, end in ((model.forwards[layer], ""), (model.backwards[layer], "_reverse")):
            for key, value in ours.state_dict().items():
                state[key.replace("_l0", f"_l{layer}{end}")] = value
    lstm.load_state_dict(state)
    start = model.state.reshape(2, 2 * layers, 1, 4).expand(-1, -1, len(x), -1).contiguous()
    return lstm(x, (start[0], start[1]))[0]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_is_the_bidirectional_lstm(layers: int) -> None:
    model = build(layers=layers)
    x = torch.randn(3, 9, 6, dtype=torch.float64)
    torch.testing.assert_close(model(x), reference(model, x))


@pytest.mark.parametrize(
    "options", [{}, {"skip": True, "normalise": True}, {"learned_state": False}], ids=str
)
def test_masked_ticks_are_passed_over(options: dict[str, bool]) -> None:
    """Each sequence gives what it gives without its masked ticks, whatever lies in them."""
    model = build(**options)
    x = torch.randn(4, 9, 6, dtype=torch.float64)
    mask = torch.rand(4, 9, generator=torch.Generator().manual_seed(1)) > 0.4
    mask[3] = False
    y = model(torch.where(mask.unsqueeze(-1), x, torch.nan), mask)
    assert (y[~mask] == 0).all()
    for index in range(3):
        alone = model(x[index : index + 1, mask[index]])
        torch.testing.assert_close(y[index, mask[index]], alone[0])


def test_skip_and_norm() -> None:
    model = build(skip=True, normalise=True)
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    y = model.skip(torch.cat([x, reference(model, x)], dim=-1))
    torch.testing.assert_close(model(x), y / y.norm(dim=-1, keepdim=True))


def test_sizes_of_the_published_ones() -> None:
    for dim, size in ((512, 3_680_768), (1024, 4_991_488)):
        model = BLSTM(dim, 512, skip=True, normalise=True)
        assert sum(each.numel() for each in model.parameters()) == size


def test_learned_state_matters_and_learns() -> None:
    model = build()
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    before = model(x)
    before.square().sum().backward()
    assert all(each.grad.abs().max() > 0 for each in model.parameters())
    with torch.no_grad():
        model.state.zero_()
    assert (model(x) - before).abs().max() > 1e-3


def test_half_precision_of_an_empty_sequence() -> None:
    model = build(skip=True, normalise=True).to(torch.bfloat16)
    mask = torch.zeros(1, 4, dtype=torch.bool)
    assert (model(torch.full((1, 4, 6), torch.nan, dtype=torch.bfloat16), mask) == 0).all()


def test_odd_size_is_refused() -> None:
    with pytest.raises(ModelError, match="dim_out=7.*even"):
        BLSTM(6, 7)
    with pytest.raises(ModelError, match="layers=0"):
        BLSTM(6, 8, layers=0)
