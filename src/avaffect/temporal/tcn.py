"""Temporal convolutional network: dilated convolutions over ticks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad
from torch.nn.utils.parametrizations import weight_norm

from avaffect.errors import ModelError

NORMS = ("layer", "weight", "none")


class TCN(nn.Module):
    """Residual blocks of two dilated convolutions each, dilation doubling from block to block.

    After Bai, Kolter, Koltun (arXiv 1803.01271). The audio-visual systems of the literature use the
    causal form with kernel 5, 4 levels, dropout 0.1 and weight normalisation
    (``causal=True, norm="weight"``; RJCMA, arXiv 2403.13659). The default looks both ways, and
    normalises each tick over its features, which does not mix ticks.

    A masked tick is a zero to every convolution, as the padding beyond the ends is: it changes no
    other tick, and a sequence padded behind gives what the bare one does.

    Parameters
    ----------
    dim_in, dim_out : int
        Feature sizes.
    hidden : int, optional
        Feature size between; ``dim_out`` by default.
    kernel : int
        Ticks under a convolution; odd unless ``causal``.
    levels : int
        Blocks; block i has dilation 2**i.
    dropout : float
    causal : bool
        Look at the past and present only.
    norm : {"layer", "weight", "none"}

    Raises
    ------
    ModelError
        An even kernel that looks both ways, or an unknown norm.

    >>> TCN(64, 32, levels=3)(torch.zeros(2, 50, 64)).shape
    torch.Size([2, 50, 32])
    """

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        *,
        hidden: int | None = None,
        kernel: int = 5,
        levels: int = 4,
        dropout: float = 0.1,
        causal: bool = False,
        norm: str = "layer",
    ) -> None:
        super().__init__()
        if norm not in NORMS:
            raise ModelError(f"norm={norm!r}; expected one of {', '.join(map(repr, NORMS))}")
        if kernel < 1 or levels < 1:
            raise ModelError(f"kernel={kernel}, levels={levels}; expected 1 or more of each")
        if not causal and kernel % 2 == 0:
            raise ModelError(f"kernel={kernel} looks both ways; expected an odd one, or causal=True")
        hidden = hidden or dim_out
        self.kernel = kernel
        self.blocks = nn.ModuleList(
            _Block(dim_in if level == 0 else hidden, hidden, kernel, 2**level, dropout, causal, norm)
            for level in range(levels)
        )
        self.out = nn.Linear(hidden, dim_out) if hidden != dim_out else nn.Identity()

    @property
    def receptive_field(self) -> int:
        """Ticks that one output depends on."""
        return 1 + 2 * (self.kernel - 1) * (2 ** len(self.blocks) - 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Filter a sequence.

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
        for block in self.blocks:
            x = block(_keep(x, mask), mask)
        return _keep(self.out(x), mask)


class _Convolution(nn.Conv1d):
    """Convolution along the time axis of (b, t, f), with zeros beyond the ends: as long as its input."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int, dilation: int, causal: bool) -> None:
        super().__init__(dim_in, dim_out, kernel, dilation=dilation)
        reach = (kernel - 1) * dilation
        self.beyond = (reach, 0) if causal else (reach // 2, reach // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, dim_in) to (b, t, dim_out)."""
        # Time before features is, to a convolution of pictures one pixel high, the order "channels last":
        # so it takes and gives the sequence as it lies in memory, where `conv1d` copies it both ways.
        picture = pad(x, (0, 0, *self.beyond)).transpose(1, 2).unsqueeze(2)  # (b, f, 1, t + reach)
        y = conv2d(picture, self.weight.unsqueeze(2), self.bias, dilation=(1, *self.dilation))
        return y.squeeze(2).transpose(1, 2)


class _Block(nn.Module):
    """x + f(f(x)), f = dropout(LeakyReLU(norm(convolution))), of an x that is zero where masked."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: int,
        dilation: int,
        dropout: float,
        causal: bool,
        norm: str,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        for size in (dim_in, dim_out):
            convolution = _Convolution(size, dim_out, kernel, dilation, causal)
            self.convolutions.append(weight_norm(convolution) if norm == "weight" else convolution)
            self.norms.append(nn.LayerNorm(dim_out) if norm == "layer" else nn.Identity())
        self.activation = nn.LeakyReLU()
        self.dropout = nn.Dropout(dropout)
        self.skip = nn.Linear(dim_in, dim_out) if dim_in != dim_out else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        y = _keep(self._filter(0, x), mask)
        return self.skip(x) + self._filter(1, y)

    def _filter(self, index: int, x: Tensor) -> Tensor:
        y = self.norms[index](self.convolutions[index](x))
        return self.dropout(self.activation(y))


def _keep(x: Tensor, mask: Tensor | None) -> Tensor:
    # Not a product with the mask: a masked NaN must not survive.
    return x if mask is None else torch.where(mask.unsqueeze(-1), x, 0.0)
