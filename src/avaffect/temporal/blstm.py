"""Bidirectional LSTM over the available ticks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from avaffect.errors import ModelError

from .recurrence import recur, turns


class BLSTM(nn.Module):
    """Bidirectional LSTM; masked ticks are passed over, as if the sequence did not have them.

    ::

        Y   = BLSTM(X) from a learned initial state            (t, dim_out), half of it per direction
        out = Linear([X, Y])  (skip=True), else Y
        out = out / |out|     (normalise=True), per tick

    ``skip=True, normalise=True`` is the wrapper of the RJCA and DCA networks (`rjca.icassp2023`):
    for 512 to 512 it has 3,680,768 parameters, for the joint 1,024 to 512, 4,991,488.

    Parameters
    ----------
    dim_in, dim_out : int
        Feature sizes; ``dim_out`` even.
    layers : int
    dropout : float
        Between layers, and before the linear layer of ``skip``.
    learned_state : bool
        Learn the initial state of each layer and direction (from zeros); otherwise it is zero.
    skip, normalise : bool
        As above.

    Raises
    ------
    ModelError
        ``dim_out`` is odd or ``layers`` below 1.

    >>> BLSTM(64, 32)(torch.zeros(2, 50, 64)).shape
    torch.Size([2, 50, 32])
    """

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        *,
        layers: int = 2,
        dropout: float = 0.0,
        learned_state: bool = True,
        skip: bool = False,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        if dim_out % 2 or layers < 1:
            raise ModelError(
                f"dim_out={dim_out}, layers={layers}; expected an even size (half per direction) "
                f"and one layer or more"
            )
        half = dim_out // 2
        sizes = [dim_in] + [dim_out] * (layers - 1)
        # One LSTM per layer and direction, so that each direction can take its own order of ticks.
        self.forwards = nn.ModuleList(nn.LSTM(size, half, batch_first=True) for size in sizes)
        self.backwards = nn.ModuleList(nn.LSTM(size, half, batch_first=True) for size in sizes)
        state = torch.zeros(2, layers, 2, half)  # (h or c, layer, direction, half)
        if learned_state:
            self.state = nn.Parameter(state)
        else:
            self.register_buffer("state", state, persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.skip = nn.Linear(dim_in + dim_out, dim_out) if skip else None
        self.normalise = normalise

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Run over a sequence.

        Parameters
        ----------
        x : (b, t, dim_in) torch.Tensor
        mask : (b, t) bool torch.Tensor, optional
            True where available.

        Returns
        -------
        (b, t, dim_out) torch.Tensor
            Zero at masked ticks.
        """
        if mask is None:
            mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        x = torch.where(mask.unsqueeze(-1), x, 0.0)
        y = x
        order = turns(mask)
        for layer, directions in enumerate(zip(self.forwards, self.backwards, strict=True)):
            if layer > 0:
                y = self.dropout(y)
            states = self.state[:, layer].unbind(1)
            y = torch.cat(recur(directions, [y, y], order, states), dim=-1)  # (b, t, dim_out)
        if self.skip is not None:
            y = self.skip(self.dropout(torch.cat([x, y], dim=-1)))
        if self.normalise:
            # In float32 or better: in float16 the floor under the norm, 1e-12, is itself zero.
            y = normalize(y.to(torch.promote_types(y.dtype, torch.float32)), dim=-1).to(y.dtype)
        return torch.where(mask.unsqueeze(-1), y, 0.0)
