"""The small face network: an aligned crop in, an embedding of its expression out.

A residual network (He et al. 2016, "Deep residual learning") with squeeze-and-excitation (Hu et al. 2018)
on 48x48 gray pixels. Gray, small and standardised per image, because light, colour and resolution are what
differs most between the pictures it learns from and the video it meets.

The 112x112 crop is halved, so that the eyes come to lie 18 pixels apart as in the 48x48 images of FER2013,
and of the 56x56 pixels the network sees the window that those images cover once they are aligned.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ModelError
from .base import VisualEncoder

SIDE = 56  # pixels of the halved crop
LEFT, TOP, SEEN = 4, 8, 48  # the window of it that the network sees
GRAY = (0.299, 0.587, 0.114)  # ITU-R BT.601 luma, what cv2 uses for RGB2GRAY


def to_gray(crops: Tensor) -> Tensor:
    """Luma of a batch of pictures.

    Parameters
    ----------
    crops : (n, h, w, 3) or (n, h, w) torch.Tensor
        RGB or gray pixels, uint8 or floating.

    Returns
    -------
    (n, 1, h, w) torch.Tensor
        float32, in the range of the input (0..255 for uint8).
    """
    if crops.ndim == 4 and crops.shape[-1] == 3:
        # A product with a vector would be the slowest step of the whole network in ONNX Runtime.
        red, green, blue = torch.unbind(crops.float(), dim=-1)
        return (GRAY[0] * red + GRAY[1] * green + GRAY[2] * blue).unsqueeze(1)
    if crops.ndim == 3:
        return crops.float().unsqueeze(1)
    raise ModelError(f"face crops of shape {tuple(crops.shape)}: expected (n, h, w, 3) RGB or (n, h, w) gray")


def standardise(images: Tensor) -> Tensor:
    """Each picture to mean 0 and standard deviation 1: (n, 1, h, w) to the same, float32.

    A flat picture (nothing to see) becomes zeros, not noise: the deviation is held above 2 gray levels.
    """
    images = images.float()
    centred = images - images.mean(dim=(1, 2, 3), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return centred / deviation.clamp_min(2.0)


class SqueezeExcite(nn.Module):
    """Channel weights from the picture's mean response: (n, d, h, w) to the same."""

    def __init__(self, dim: int, *, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Linear(dim, dim // reduction)
        self.excite = nn.Linear(dim // reduction, dim)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.excite(functional.relu(self.squeeze(x.mean(dim=(2, 3)))))
        return x * weights.sigmoid()[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: (n, dim_in, h, w) to (n, dim_out, h/stride, w/stride)."""

    def __init__(self, dim_in: int, dim_out: int, *, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(dim_in, dim_out, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(dim_out),
            nn.ReLU(inplace=True),
        )
        self.second = nn.Sequential(
            nn.Conv2d(dim_out, dim_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(dim_out),
            SqueezeExcite(dim_out),
        )
        # An average before the 1x1 keeps every pixel in the shortcut (He et al. 2019, "Bag of tricks").
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or dim_in != dim_out:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity(),
                nn.Conv2d(dim_in, dim_out, 1, bias=False),
                nn.BatchNorm2d(dim_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.second(self.first(x)) + self.shortcut(x))


class FaceNet(VisualEncoder):
    """Embedding of the expression of an aligned face.

    Parameters
    ----------
    dim : int
        Size of the embedding.
    widths : sequence of int
        Channels of the residual blocks; the first keeps the stem's 24x24, each later one halves it.
    dropout : float
        Share of pooled features dropped while training.

    Examples
    --------
    >>> net = FaceNet(widths=(8, 16)).eval()
    >>> net(torch.zeros(2, 112, 112, 3, dtype=torch.uint8)).shape
    torch.Size([2, 128])
    """

    def __init__(
        self,
        *,
        dim: int = 128,
        widths: Sequence[int] = (32, 96, 192, 256),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        sizes = list(pairwise([widths[0], *widths]))
        self.blocks = nn.Sequential(
            *(ResidualBlock(a, b, stride=1 if i == 0 else 2) for i, (a, b) in enumerate(sizes))
        )
        self.dropout = nn.Dropout(dropout)
        self.embed = nn.Linear(widths[-1], dim, bias=False)
        self.norm = nn.BatchNorm1d(dim)

    def preprocess(self, inputs: Tensor) -> Tensor:
        """Aligned crops to the network's input.

        Parameters
        ----------
        inputs : (n, h, w, 3) or (n, h, w) torch.Tensor
            RGB or gray pixels in 0..255, uint8 or floating, aligned to the 112x112 template (any scale
            of it).

        Returns
        -------
        (n, 1, 48, 48) torch.Tensor
            float32, standardised per picture.
        """
        gray = to_gray(inputs)
        if gray.shape[-2:] != (SIDE, SIDE):
            gray = functional.interpolate(gray, size=(SIDE, SIDE), mode="area")
        return standardise(gray[..., TOP : TOP + SEEN, LEFT : LEFT + SEEN])

    def features(self, inputs: Tensor) -> Tensor:
        """Embedding of preprocessed pictures: (n, 1, 48, 48) to (n, dim)."""
        pooled = self.blocks(self.stem(inputs)).mean(dim=(2, 3))
        return self.norm(self.embed(self.dropout(pooled)))
