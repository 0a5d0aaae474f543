"""One recurrent layer over the available ticks: PyTorch's own as the reference, also when exported."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from avaffect.temporal.recurrence import recur, turns


class Both(nn.Module):
    """A layer read forwards and backwards."""

    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU]) -> None:
        super().__init__()
        self.layer = kind(4, 3, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        both = torch.cat(recur([self.layer, self.layer], [x, x], turns(mask)), dim=-1)
        return torch.where(mask.unsqueeze(-1), both, 0.0)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_reads_the_available_ticks_in_their_order(kind: type[nn.LSTM] | type[nn.GRU]) -> None:
    torch.manual_seed(0)
    both = Both(kind)
    x, mask = torch.randn(3, 9, 4), torch.rand(3, 9) > 0.4
    y = both(x, mask)
    for index in range(3):
        there = x[index, mask[index]]
        wanted = [both.layer(there[None])[0][0], both.layer(there.flip(0)[None])[0][0].flip(0)]
        torch.testing.assert_close(y[index, mask[index]], torch.cat(wanted, dim=-1))


def test_gru_exports_with_open_batch_and_time() -> None:
    """The LSTM with an initial state: tests of all temporal networks."""
    torch.manual_seed(0)
    both = Both(nn.GRU).eval()
    shape = {0: torch.export.Dim("batch"), 1: torch.export.Dim("time", min=2)}
    given = (torch.randn(3, 7, 4), torch.rand(3, 7) > 0.3)
    program = torch.export.export(both, given, dynamic_shapes=(shape, shape)).module()
    for batch, ticks in ((2, 12), (4, 5)):
        other = (torch.randn(batch, ticks, 4), torch.rand(batch, ticks) > 0.3)
        torch.testing.assert_close(program(*other), both(*other))
