"""The small voice network: log-mel in, one feature vector per tick out.

A residual network (He et al. 2016, "Deep residual learning") over time and frequency that halves both three
times, then folds the frequencies away and looks further back and ahead with dilated convolutions over time.
It has no pooling over time, so that it runs at any length. Time is halved by kernels of even width, which
keep the features centred: tick k is built around the middle of frames 8k ... 8k + 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ModelError
from .base import AudioEncoder

STRIDE = 8
"""Log-mel frames per tick."""

CONTEXT = 13
"""Ticks on each side that a feature depends on at most; windows that overlap by this agree in between."""


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut: (b, d, f, t) to (b, d', f / sf, t / st), strides (sf, st)."""

    def __init__(self, dim_in: int, dim_out: int, *, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        # Width 4 with padding 1 halves without shifting; width 3 would favour the earlier of two frames.
        kernel = (4 if stride[0] == 2 else 3, 4 if stride[1] == 2 else 3)
        self.body = nn.Sequential(
            nn.Conv2d(dim_in, dim_out, kernel, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(dim_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(dim_out, dim_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(dim_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != (1, 1) or dim_in != dim_out:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(dim_in, dim_out, 1, bias=False), nn.BatchNorm2d(dim_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.shortcut(x))


class TimeBlock(nn.Module):
    """Two dilated convolutions over time and a shortcut: (b, d, t) to the same."""

    def __init__(self, dim: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(dim, dim, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(dim),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv1d(dim, dim, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.body(x))


class VoiceNet(AudioEncoder):
    """Features of a voice.

    Parameters
    ----------
    dim : int
        Size of the features.
    widths : sequence of three int
        Channels at 32, 16 and 8 frequencies (50, 25 and 12.5 Hz).
    n_mels : int
        Bands of the log-mel, a multiple of 8.
    dropout : float
        Share of features dropped while training.

    Examples
    --------
    >>> net = VoiceNet(widths=(4, 8, 8)).eval()
    >>> net(torch.zeros(2, 80, 64)).shape
    torch.Size([2, 10, 128])
    """

    stride = STRIDE
    context = CONTEXT

    def __init__(
        self,
        *,
        dim: int = 128,
        widths: Sequence[int] = (16, 48, 96),
        n_mels: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if len(widths) != 3 or n_mels % 8:
            raise ModelError(
                f"voice network of widths {tuple(widths)} and {n_mels} mel bands: "
                "expected three widths and a multiple of 8 bands"
            )
        self.dim = dim
        self.n_mels = n_mels
        first = widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, (5, 4), stride=(1, 2), padding=(2, 1), bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(inplace=True),
        )
        layers: list[nn.Module] = [Block(first, first, stride=(2, 1)), Block(first, first)]
        for a, b in pairwise(widths):
            layers += [Block(a, b, stride=(2, 2)), Block(b, b)]
        self.blocks = nn.Sequential(*layers)
        self.fold = nn.Sequential(
            nn.Dropout2d(dropout / 2),
            nn.Flatten(1, 2),  # channels and frequencies together
            nn.Conv1d(widths[-1] * n_mels // 8, dim, 1, bias=False),
            nn.BatchNorm1d(dim),
            nn.ReLU(inplace=True),
        )
        self.times = nn.Sequential(
            TimeBlock(dim, dilation=1, dropout=dropout), TimeBlock(dim, dilation=2, dropout=dropout)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # half again as fast on CPUs as channels first
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)

    def features(self, inputs: Tensor) -> Tensor:
        """Features per tick.

        Parameters
        ----------
        inputs : (b, frames, n_mels) torch.Tensor
            Preset ``default16k`` at 100 Hz, relative to the recording's reference level
            (`avaffect.voice.relative`), in bels. Frames beyond the last whole tick are not seen.

        Returns
        -------
        (b, frames // 8, dim) torch.Tensor
            At 12.5 Hz, not negative. A feature depends on CONTEXT ticks on each side; beyond the ends
            the network sees zeros.

        Raises
        ------
        ModelError
            If there is not one whole tick, or another number of bands.
        """
        ticks = inputs.shape[1] // STRIDE
        if ticks == 0 or inputs.shape[2] != self.n_mels:
            raise ModelError(
                f"log-mel of shape {tuple(inputs.shape)}: expected (batch, at least {STRIDE} frames, "
                f"{self.n_mels} bands)"
            )
        x = inputs[:, : ticks * STRIDE].transpose(1, 2).unsqueeze(1)  # (b, 1, f, t)
        x = self.blocks(self.stem(x))
        return self.times(self.fold(x)).transpose(1, 2)
