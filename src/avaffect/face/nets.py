"""The three networks of MTCNN (Zhang et al., 2016, doi:10.1109/LSP.2016.2603342, figure 2).

P-net slides over a picture and proposes boxes, R-net (24x24) rejects most, O-net (48x48) decides
and places five landmarks. Axes: b batch, h/w height and width. Pictures come as `(p - 127.5) / 128`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .weights import load_weights


class PNet(nn.Module):
    """Proposal network: one score and one box correction per 12x12 window, every 2 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(3, 10, 3),
            nn.MaxPool2d(2, 2, ceil_mode=True),
            *_block(10, 16, 3),
            *_block(16, 32, 3),
        )
        self.box = nn.Conv2d(32, 4, 1)
        self.face = nn.Conv2d(32, 2, 1)
        _fill(self, load_weights("pnet"))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 3, h, w) -> score (b, h', w'), box (b, 4, h', w') as shares of the window."""
        features = self.body(picture)
        return self.face(features).softmax(1)[:, 1], self.box(features)


class RNet(nn.Module):
    """Refinement network on 24x24 candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(3, 28, 3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *_block(28, 48, 3),
            nn.MaxPool2d(3, 2),
            *_block(48, 64, 2),
            nn.Flatten(),
            nn.Linear(576, 128),
            nn.PReLU(128),
        )
        self.box = nn.Linear(128, 4)
        self.face = nn.Linear(128, 2)
        _fill(self, load_weights("rnet"))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 3, 24, 24) -> score (b,), box (b, 4) as shares of the candidate's side."""
        features = self.body(crops)
        return self.face(features).softmax(1)[:, 1], self.box(features)


class ONet(nn.Module):
    """Output network on 48x48 candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(3, 32, 3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *_block(32, 64, 3),
            nn.MaxPool2d(3, 2),
            *_block(64, 64, 3),
            nn.MaxPool2d(2, 2, ceil_mode=True),
            *_block(64, 128, 2),
            nn.Flatten(),
            nn.Linear(1152, 256),
            nn.PReLU(256),
        )
        self.box = nn.Linear(256, 4)
        self.landmarks = nn.Linear(256, 10)
        self.face = nn.Linear(256, 2)
        _fill(self, load_weights("onet"))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(b, 3, 48, 48) -> score (b,), box (b, 4), landmarks (b, 5, 2) x, y as shares of the side."""
        features = self.body(crops)
        # The ten outputs are the five x and then the five y.
        landmarks = self.landmarks(features).unflatten(1, (2, 5)).transpose(1, 2)
        return self.face(features).softmax(1)[:, 1], self.box(features), landmarks


def _block(channels_in: int, channels_out: int, kernel: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels_out, kernel), nn.PReLU(channels_out)


def _fill(net: nn.Module, arrays: list[np.ndarray]) -> None:
    """Copy Keras-ordered arrays into the layers, which are declared in the same order."""
    parameters = list(net.parameters())
    if len(parameters) != len(arrays):
        raise ValueError(f"{len(arrays)} arrays for {len(parameters)} parameters")
    channels = 0
    for parameter, array in zip(parameters, arrays, strict=True):
        value = torch.from_numpy(array)
        if value.ndim == 4:  # (h, w, in, out) -> (out, in, h, w)
            value, channels = value.permute(3, 2, 0, 1), array.shape[3]
        elif value.ndim == 2:
            value = _dense(value, channels, parameter.shape)
        else:
            value = value.flatten()
        with torch.no_grad():
            parameter.copy_(value)
        parameter.requires_grad_(False)


def _dense(kernel: Tensor, channels: int, shape: torch.Size) -> Tensor:
    # The stored networks flatten (width, height, channel); torch flattens (channel, height, width).
    # Only the first dense layer sees a picture: the later ones take its output as it is.
    side = round((kernel.shape[0] / channels) ** 0.5)
    if channels * side * side == kernel.shape[0] and side > 1:
        kernel = kernel.reshape(side, side, channels, -1).permute(2, 1, 0, 3).flatten(0, 2)
    return kernel.T.reshape(shape)
