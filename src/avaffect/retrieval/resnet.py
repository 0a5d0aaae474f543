"""ResNet-50 from its definition (He et al., CVPR 2016, arXiv 1512.03385), in stem and stages.

The stride of a block is in its 3x3 convolution, and the last stage keeps the size of its map, as usual in
person re-identification (Luo et al., CVPRW 2019, "Bag of tricks").
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

EXPANSION = 4
DEPTHS = (3, 4, 6, 3)
"""Blocks in each of the four stages of ResNet-50."""


class Stem(nn.Sequential):
    """Pictures to a map of a quarter of their height and width: (n, 3, h, w) to (n, width, h/4, w/4)."""

    def __init__(self, width: int = 64) -> None:
        super().__init__(
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )


class Bottleneck(nn.Module):
    """Convolutions beside a shortcut: (n, dim_in, h, w) to (n, 4 width, h/stride, w/stride)."""

    def __init__(self, dim_in: int, width: int, *, stride: int) -> None:
        super().__init__()
        dim = EXPANSION * width
        self.reduce = _normalised(dim_in, width, 1)
        self.spatial = _normalised(width, width, 3, stride=stride)
        self.expand = _normalised(width, dim, 1)
        same = stride == 1 and dim_in == dim
        self.shortcut = nn.Identity() if same else _normalised(dim_in, dim, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.reduce(x))
        y = functional.relu(self.spatial(y))
        return functional.relu(self.expand(y) + self.shortcut(x))


def stages(width: int = 64, depths: Sequence[int] = DEPTHS) -> nn.Sequential:
    """The four stages: (n, width, h, w) to (n, 32 width, h/4, w/4).

    For ResNet-50, width 64, they have 23,498,496 parameters; a `Stem` has 9,536.
    """
    made: list[nn.Module] = []
    dim = width
    for number, depth in enumerate(depths):
        size = width * 2**number
        for block in range(depth):
            made.append(Bottleneck(dim, size, stride=2 if block == 0 and number in (1, 2) else 1))
            dim = EXPANSION * size
    return nn.Sequential(*made)


def _normalised(dim_in: int, dim_out: int, side: int, *, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(dim_in, dim_out, side, stride=stride, padding=side // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(dim_out))
