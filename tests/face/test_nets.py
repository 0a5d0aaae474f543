"""The graphs that ship against NumPy networks that work as Keras does: rows, columns, channels last."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from avaffect.session import Session, shipped


def load_weights(name):
    """The arrays of the published wheel, in Keras order and shape."""
    folder = importlib.util.find_spec("mtcnn").submodule_search_locations[0]
    return [
        np.asarray(array, np.float64) for array in joblib.load(Path(folder, f"assets/weights/{name}.lz4"))
    ]


def run(name, crop):
    return Session(shipped(f"mtcnn/{name}.onnx"))(pictures=crop[None])


def _conv(x, kernel, bias):
    windows = sliding_window_view(x, kernel.shape[:2], axis=(0, 1))  # (h', w', in, kh, kw)
    return np.einsum("hwcij,ijco->hwo", windows, kernel) + bias


def _prelu(x, slope):
    return np.where(x > 0, x, slope.ravel() * x)


def _pool(x, size, *, same):
    height, width = x.shape[:2]
    if same:  # as much padding as lets every pixel be in a window, more of it after than before
        rows, columns = (-(-n // 2) for n in (height, width))
        need = [max((n - 1) * 2 + size - m, 0) for n, m in ((rows, height), (columns, width))]
        pad = [(n // 2, n - n // 2) for n in need]
        x = np.pad(x, [*pad, (0, 0)], constant_values=-np.inf)
    return sliding_window_view(x, (size, size), axis=(0, 1))[::2, ::2].max((3, 4))


def _softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _flat(x):
    return x.transpose(1, 0, 2).ravel()  # the stored networks swap rows and columns here


def _crop(image, side, seed=0):
    row, column = np.random.default_rng(seed).integers(0, 400, 2)
    crop = np.ascontiguousarray(image[row : row + side, column : column + side])
    return crop, (crop.astype(np.float64) - 127.5) / 128


@pytest.mark.parametrize("side", [12, 31])
def test_pnet(astronaut, side):
    w = load_weights("pnet")
    crop, x = _crop(astronaut, side)
    x = _pool(_prelu(_conv(x, *w[0:2]), w[2]), 2, same=True)
    x = _prelu(_conv(x, *w[3:5]), w[5])
    x = _prelu(_conv(x, *w[6:8]), w[8])
    box, face = _conv(x, *w[9:11]), _softmax(_conv(x, *w[11:13]))[..., 1]
    score, shares = run("pnet", crop)
    np.testing.assert_allclose(score[0], face, atol=1e-5)
    np.testing.assert_allclose(shares[0].transpose(1, 2, 0), box, atol=1e-5)


def test_rnet(astronaut):
    w = load_weights("rnet")
    crop, x = _crop(astronaut, 24)
    x = _pool(_prelu(_conv(x, *w[0:2]), w[2]), 3, same=True)
    x = _pool(_prelu(_conv(x, *w[3:5]), w[5]), 3, same=False)
    x = _prelu(_conv(x, *w[6:8]), w[8])
    x = _prelu(_flat(x) @ w[9] + w[10], w[11])
    score, shares = run("rnet", crop)
    np.testing.assert_allclose(score[0], _softmax(x @ w[14] + w[15])[1], atol=1e-5)
    np.testing.assert_allclose(shares[0], x @ w[12] + w[13], atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_onet(astronaut, seed):
    w = load_weights("onet")
    crop, x = _crop(astronaut, 48, seed)
    x = _pool(_prelu(_conv(x, *w[0:2]), w[2]), 3, same=True)
    x = _pool(_prelu(_conv(x, *w[3:5]), w[5]), 3, same=False)
    x = _pool(_prelu(_conv(x, *w[6:8]), w[8]), 2, same=True)
    x = _prelu(_conv(x, *w[9:11]), w[11])
    x = _prelu(_flat(x) @ w[12] + w[13], w[14])
    points = x @ w[17] + w[18]
    score, shares, landmarks = run("onet", crop)
    np.testing.assert_allclose(score[0], _softmax(x @ w[19] + w[20])[1], atol=1e-5)
    np.testing.assert_allclose(shares[0], x @ w[15] + w[16], atol=1e-5)
    np.testing.assert_allclose(landmarks[0, :, 0], points[:5], atol=1e-5)
    np.testing.assert_allclose(landmarks[0, :, 1], points[5:], atol=1e-5)
