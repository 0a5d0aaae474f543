"""Writes `src/avaffect/weights/mtcnn`: the three networks of MTCNN, with the weights of the `mtcnn` wheel.

    .venv/bin/python scripts/graphs/face_detector.py

Zhang et al., 2016, doi:10.1109/LSP.2016.2603342, figure 2. P-net slides over a picture and proposes boxes,
R-net (24x24) rejects most, O-net (48x48) decides and places five landmarks. Axes: b batch, h/w height and
width. Pictures come as (b, h, w, 3) uint8 RGB.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import joblib
import numpy as np
import torch
from torch import Tensor, nn

from avaffect.export.graph import write_graph
from avaffect.session import shipped


class Slope(nn.Module):
    """PReLU, one slope a channel, of operations that ONNX Runtime does quickly; its own PRelu is slow."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        slope = self.weight.reshape(-1, *[1] * (x.ndim - 2))
        return x.relu() - slope * (-x).relu()


class Score(nn.Module):
    """Probability of the second of two classes: the softmax of two is the sigmoid of their difference."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        no, yes = self.layer(x).unbind(1)
        return torch.sigmoid(yes - no)


class Network(nn.Module):
    """One of the three: scores (b, ...), and by name what else it gives."""

    def __init__(self, body: nn.Module, heads: dict[str, nn.Module], score: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.body, self.heads, self.score = body, nn.ModuleDict(heads), Score(score)

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        x = self.body((pictures.permute(0, 3, 1, 2).float() - 127.5) * (1 / 128))
        others = [head(x) for head in self.heads.values()]
        if "landmarks" in self.heads:  # the ten outputs are the five x and then the five y
            others[-1] = others[-1].unflatten(1, (2, 5)).transpose(1, 2)
        return self.score(x), *others


def networks() -> dict[str, Network]:
    """The three with their weights.

    P-net gives, for each 12x12 window every 2 pixels, its score (b, h', w') and box (b, 4, h', w'); R-net the
    score (b,) and box (b, 4) of each candidate; O-net the landmarks (b, 5, 2) too. Boxes are corrections as
    shares of the window, landmarks x, y as shares of its side.
    """
    pnet = nn.Sequential(
        *_block(3, 10, 3), nn.MaxPool2d(2, 2, ceil_mode=True), *_block(10, 16, 3), *_block(16, 32, 3)
    )
    rnet = nn.Sequential(
        *_block(3, 28, 3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        *_block(28, 48, 3),
        nn.MaxPool2d(3, 2),
        *_block(48, 64, 2),
        nn.Flatten(),
        nn.Linear(576, 128),
        Slope(128),
    )
    onet = nn.Sequential(
        *_block(3, 32, 3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        *_block(32, 64, 3),
        nn.MaxPool2d(3, 2),
        *_block(64, 64, 3),
        nn.MaxPool2d(2, 2, ceil_mode=True),
        *_block(64, 128, 2),
        nn.Flatten(),
        nn.Linear(1152, 256),
        Slope(256),
    )
    found = {
        "pnet": Network(pnet, {"boxes": nn.Conv2d(32, 4, 1)}, nn.Conv2d(32, 2, 1)),
        "rnet": Network(rnet, {"boxes": nn.Linear(128, 4)}, nn.Linear(128, 2)),
        "onet": Network(
            onet, {"boxes": nn.Linear(256, 4), "landmarks": nn.Linear(256, 10)}, nn.Linear(256, 2)
        ),
    }
    for name, network in found.items():
        _fill(network, published(name))
    return found


def published(name: str) -> list[np.ndarray]:
    """The arrays of one network in the wheel, in Keras order and shape."""
    spec = importlib.util.find_spec("mtcnn")  # importing it would import TensorFlow
    folder = Path(str(spec and spec.origin)).parent
    return joblib.load(folder / "assets" / "weights" / f"{name}.lz4")


def _block(channels_in: int, channels_out: int, kernel: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels_out, kernel), Slope(channels_out)


def _fill(net: nn.Module, arrays: list[np.ndarray]) -> None:
    """Copy Keras-ordered arrays into the layers, which are declared in the same order."""
    channels = 0
    for parameter, array in zip(net.parameters(), arrays, strict=True):
        value = torch.from_numpy(np.asarray(array, np.float32))
        if value.ndim == 4:  # (h, w, in, out) -> (out, in, h, w)
            value, channels = value.permute(3, 2, 0, 1), array.shape[3]
        elif value.ndim == 2:
            value = _dense(value, channels)
        parameter.data.copy_(value.reshape(parameter.shape))


def _dense(kernel: Tensor, channels: int) -> Tensor:
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
            outputs=["scores", *network.heads],
        )


if __name__ == "__main__":
    main()
