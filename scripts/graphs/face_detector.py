"""Writes `src/avaffect/weights/mtcnn`: the three networks of MTCNN, with the weights of the `mtcnn` wheel.

    .venv/bin/python scripts/graphs/face_detector.py

Zhang et al., 2016, doi:10.1109/LSP.2016.2603342, figure 2. P-net slides over a picture and proposes boxes,
R-net (24x24) rejects most, O-net (48x48) decides and places five landmarks. Axes: b batch, h/w height and
width. Pictures come as (b, h, w, 3) uint8 RGB.

The graphs compute what was published, in other words: ONNX Runtime has a layout for convolutions, 16 channels
side by side, and leaves it for a PRelu. So slopes are made of what it does in that layout.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

import joblib
import numpy as np
import torch
from torch import Tensor, nn

from avaffect.export.graph import write_graph
from avaffect.session import shipped

_LANES = 16  # channels side by side
_STEEP = 0.9
_MEAN, _SPREAD = 127.5, 128.0  # of the levels of a picture


class Scale(nn.BatchNorm2d):
    """A factor by channel: a normalisation by mean 0 and variance 1."""

    def __init__(self, factors: Tensor) -> None:
        super().__init__(len(factors), eps=0.0)
        self.weight.data = factors


class Slope(nn.Module):
    """PReLU with slopes a of x, (1 - a) relu(x) + a x; of (1 - a) x where that is far enough from 0."""

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        steep = bool((slopes > _STEEP).any())
        self.given = torch.ones_like(slopes) if steep else 1 - slopes
        self.bent = Scale(1 - slopes) if steep else nn.Identity()
        self.straight = Scale(slopes / self.given)

    def forward(self, x: Tensor) -> Tensor:
        return self.bent(x.relu()) + self.straight(x)


class DenseSlope(nn.Module):
    """PReLU with slopes a below 1, of vectors (1 - a) x."""

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.given = 1 - slopes
        self.straight = nn.Parameter(slopes / self.given)

    def forward(self, x: Tensor) -> Tensor:
        return x.relu() + self.straight * x


class SlopeOfPooled(nn.Module):
    """PReLU before a maximum, computed after it, of a quarter as many values.

    A slope a from 0 on can change places with the maximum. Below 0, PReLU is the greater of x and a x, and
    the maximum is taken of either: `widened` has these a x as channels beside those of x. The greater of p
    and q is relu(p - q) + q; what a convex slope gives is relu((1 - a) x) + a x, and a concave one (a above
    1) gives that with its sign changed, see ``signs``.
    """

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.falling = torch.nonzero(slopes < 0)[:, 0]
        self.signs = torch.where(slopes > 1, -1.0, 1.0)
        given = len(slopes) + len(self.falling)
        bent, straight = (torch.zeros(len(slopes), given) for _ in range(2))
        bent[:, : len(slopes)] = torch.diag(self.signs * (1 - slopes))
        straight[:, : len(slopes)] = torch.diag(self.signs * slopes)
        for place, channel in enumerate(self.falling, len(slopes)):
            bent[channel, channel], bent[channel, place] = 1, -1
            straight[channel, channel], straight[channel, place] = 0, 1
        self.bent, self.straight = _mixing(bent), _mixing(straight)

    def widened(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Weights or biases of the convolution that gives x, with those of a x."""
        return torch.cat([values, _times(values, slopes)[self.falling]])

    def forward(self, pooled: Tensor) -> Tensor:
        return self.bent(pooled).relu() + self.straight(pooled)


class Network(nn.Module):
    """One of the three: scores (b, ...), and by name what else it gives."""

    def __init__(
        self, body: Iterable[nn.Module], heads: nn.Conv2d | nn.Linear, sizes: dict[str, int]
    ) -> None:
        super().__init__()
        self.body, self.heads, self.sizes = nn.Sequential(*body), heads, sizes

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        x = self.heads(self.body(pictures.permute(0, 3, 1, 2).float()))
        score, *others = x.split([1, *self.sizes.values()], dim=1)
        if "landmarks" in self.sizes:  # the ten outputs are the five x and then the five y
            others[-1] = others[-1].unflatten(1, (2, 5)).transpose(1, 2)
        return torch.sigmoid(score[:, 0]), *others


def networks() -> dict[str, Network]:
    """The three with their weights.

    P-net gives, for each 12x12 window every 2 pixels, its score (b, h', w') and box (b, 4, h', w'); R-net the
    score (b,) and box (b, 4) of each candidate; O-net the landmarks (b, 5, 2) too. Boxes are corrections as
    shares of the window, landmarks x, y as shares of its side.
    """
    halving, overlapping = nn.MaxPool2d(2, 2, ceil_mode=True), nn.MaxPool2d(3, 2, ceil_mode=True)
    return {
        "pnet": _network("pnet", [halving, None, None], {"boxes": 4}),
        "rnet": _network("rnet", [overlapping, nn.MaxPool2d(3, 2), None, None], {"boxes": 4}),
        "onet": _network(
            "onet", [overlapping, nn.MaxPool2d(3, 2), halving, None, None], {"boxes": 4, "landmarks": 10}
        ),
    }


def published(name: str) -> list[np.ndarray]:
    """The arrays of one network in the wheel, in Keras order and shape.

    Kernel, bias and slopes of each layer; then kernels and biases of the heads, the score's at the end.
    """
    spec = importlib.util.find_spec("mtcnn")  # importing it would import TensorFlow
    folder = Path(str(spec and spec.origin)).parent
    return joblib.load(folder / "assets" / "weights" / f"{name}.lz4")


def _network(name: str, pools: list[nn.MaxPool2d | None], sizes: dict[str, int]) -> Network:
    """A network with a pooling, or none, after each layer; ``sizes`` of what it gives beside the score."""
    arrays = [torch.from_numpy(np.asarray(array, np.float64)) for array in published(name)]
    body: list[nn.Module] = []
    channels, signs = 3, torch.ones(3)  # of what comes in; the signs also of channels that are padding
    for number, pool in enumerate(pools):
        kernel, bias, slopes = arrays[3 * number : 3 * number + 3]
        weights, slopes = _weights(kernel, channels), slopes.flatten()
        channels = len(bias)
        if number == 0:
            weights, bias = weights / _SPREAD, bias - _MEAN / _SPREAD * weights.sum((1, 2, 3))
        if kernel.ndim == 2:
            dense = DenseSlope(slopes)
            body += [nn.Flatten(), _layer(_times(weights, dense.given), bias * dense.given), dense]
            continue
        weights = _signed(weights, signs)
        if pool is not None and channels + int((slopes < 0).sum()) <= _LANES:
            pooled = SlopeOfPooled(slopes)
            body += [_layer(pooled.widened(weights, slopes), pooled.widened(bias, slopes)), pool, pooled]
            signs = pooled.signs
        else:
            weights, bias, slopes = (_padded(each) for each in (weights, bias, slopes))
            slope = Slope(slopes)
            body += [_layer(_times(weights, slope.given), bias * slope.given), slope]
            body += [] if pool is None else [pool]
            signs = torch.ones(len(bias))
    return Network(body, _heads(arrays[3 * len(pools) :], channels), sizes).float()


def _heads(arrays: list[torch.Tensor], channels: int) -> nn.Conv2d | nn.Linear:
    """All heads as one layer; first the score's: the softmax of two is the sigmoid of their difference."""
    *others, score = (_weights(kernel, channels) for kernel in arrays[::2])
    *biases, bias = arrays[1::2]
    return _layer(torch.cat([score[1:] - score[:1], *others]), torch.cat([bias[1:] - bias[:1], *biases]))


def _layer(weights: Tensor, bias: Tensor) -> nn.Conv2d | nn.Linear:
    made: nn.Conv2d | nn.Linear
    if weights.ndim == 4:
        made = nn.Conv2d(weights.shape[1], len(weights), tuple(weights.shape[2:]))
    else:
        made = nn.Linear(weights.shape[1], len(weights))
    made.weight.data, made.bias.data = weights, bias
    return made


def _mixing(weights: Tensor) -> nn.Conv2d:
    """A convolution that mixes the channels of each place, (out, in)."""
    made = nn.Conv2d(weights.shape[1], len(weights), 1, bias=False)
    made.weight.data = weights[..., None, None]
    return made


def _times(weights: Tensor, factors: Tensor) -> Tensor:
    return weights * factors.reshape(-1, *[1] * (weights.ndim - 1))


def _signed(weights: Tensor, signs: Tensor) -> Tensor:
    """Weights (out, in, h, w) for incoming channels of these signs, with zeros for those that are padding."""
    missing = len(signs) - weights.shape[1]
    return nn.functional.pad(weights, (0, 0, 0, 0, 0, missing)) * signs[:, None, None]


def _padded(values: Tensor) -> Tensor:
    """Values by channel, with zeros up to a multiple of the lanes."""
    return torch.cat([values, values.new_zeros(-len(values) % _LANES, *values.shape[1:])])


def _weights(kernel: Tensor, channels: int) -> Tensor:
    """A kernel as torch has it; ``channels`` come in."""
    if kernel.ndim == 4:  # (h, w, in, out) -> (out, in, h, w)
        return kernel.permute(3, 2, 0, 1)
    # The stored networks flatten (width, height, channel); torch flattens (channel, height, width).
    # Only the first dense layer sees a picture: the later ones take its output as it is.
    side = round((kernel.shape[0] / channels) ** 0.5)
    if channels * side * side == kernel.shape[0] and side > 1:
        kernel = kernel.reshape(side, side, channels, -1).permute(2, 1, 0, 3).flatten(0, 2)
    return kernel.T


def main() -> None:
    for name, side, axes in (
        ("pnet", 40, {0: "batch", 1: "height", 2: "width"}),
        ("rnet", 24, {0: "batch"}),
        ("onet", 48, {0: "batch"}),
    ):
        network = networks()[name]
        pictures = torch.zeros(2, side, side + len(axes) // 3, 3, dtype=torch.uint8)
        write_graph(
            network,
            {"pictures": pictures},
            shipped(f"mtcnn/{name}.onnx"),
            axes={"pictures": axes},
            outputs=["scores", *network.sizes],
        )


if __name__ == "__main__":
    main()
