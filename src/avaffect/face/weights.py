"""Read the MTCNN weights that the `mtcnn` wheel carries, without its TensorFlow code.

Each file is a joblib dump, LZ4-compressed: a pickled list of float32 arrays in Keras order, each
array's bytes lying in the stream right after its description. A pickle may name any function, so
this reader admits exactly the three names a list of plain arrays needs and refuses all others.
"""

from __future__ import annotations

import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any, BinaryIO

import lz4.frame
import numpy as np

from ..errors import ModelError

_INSTALL = "reinstall it: pip install --force-reinstall --no-deps mtcnn"


def load_weights(name: str) -> list[np.ndarray]:
    """The arrays of one network, in Keras order.

    Parameters
    ----------
    name : str
        "pnet", "rnet" or "onet".

    Returns
    -------
    list of np.ndarray, float32
        Convolution kernels are (height, width, in, out), dense kernels (in, out).

    Raises
    ------
    ModelError
        When the wheel is absent, or its file is not a list of arrays.
    """
    path = _folder() / f"{name}.lz4"
    try:
        return read_arrays(io.BytesIO(lz4.frame.decompress(path.read_bytes())))
    except (OSError, RuntimeError, pickle.UnpicklingError, ValueError) as error:
        raise ModelError(f"{path} is not a readable list of weights ({error}); {_INSTALL}") from error


def _folder() -> Path:
    # Found by its spec, because importing the package would import TensorFlow.
    spec = importlib.util.find_spec("mtcnn")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the package mtcnn, whose wheel carries the face weights, is not installed")
    return Path(spec.submodule_search_locations[0]) / "assets" / "weights"


def read_arrays(stream: BinaryIO) -> list[np.ndarray]:
    """The arrays of an uncompressed joblib dump of a list of plain arrays.

    Parameters
    ----------
    stream : BinaryIO
        Positioned at the start of the pickle; must not read ahead (an `io.BytesIO`).

    Raises
    ------
    pickle.UnpicklingError
        When the stream names anything but arrays, or is cut.
    """
    arrays = _ArrayUnpickler(stream).load()
    if not isinstance(arrays, list) or not all(isinstance(item, _Array) for item in arrays):
        raise pickle.UnpicklingError("expected a list of arrays")
    return [item.value for item in arrays]


class _Array:
    """Stands where joblib puts its array wrapper; its state is the array's description."""

    stream: BinaryIO
    value: np.ndarray

    def __setstate__(self, state: dict[str, Any]) -> None:
        # The unpickler calls this at the last opcode of a frame: the stream then stands at one
        # byte that counts the padding, the padding itself, and the array's bytes.
        dtype, shape = state["dtype"], state["shape"]
        if dtype.hasobject or state["order"] not in ("C", "F"):
            raise pickle.UnpicklingError(f"cannot read an array of {dtype}")
        if state.get("numpy_array_alignment_bytes") is not None:
            self.stream.read(self.stream.read(1)[0])
        size = dtype.itemsize * int(np.prod(shape))
        data = self.stream.read(size)
        if len(data) != size:
            raise pickle.UnpicklingError("the file is cut short")
        flat = np.frombuffer(data, dtype).astype(np.float32)
        self.value = flat.reshape(shape, order=state["order"])


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._names: dict[tuple[str, str], type] = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): type("_StreamArray", (_Array,), {"stream": stream}),
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }

    def find_class(self, module_name: str, global_name: str) -> type:
        known = self._names.get((module_name, global_name))
        if known is None:
            raise pickle.UnpicklingError(f"refused to load {module_name}.{global_name}")
        return known
