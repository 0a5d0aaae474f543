"""Models as prediction runs them: on ONNX Runtime, or on torch where a model has no graphs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..errors import ModelError
from ..model_folder import find, read_spec
from ..session import threads
from .base import Runtime
from .onnx import OnnxRuntime, has_graphs

__all__ = ["OnnxRuntime", "Runtime", "open_model"]


def open_model(reference: str | Path) -> Runtime:
    """Load a model by name or folder: from its ONNX graphs where it has them, else as torch modules.

    Raises
    ------
    ModelError
        If there is no such model, its weights do not fit, or it needs torch and that is not installed.
    """
    folder = find(reference)
    spec = read_spec(folder)
    if has_graphs(folder, spec):
        return OnnxRuntime(folder, spec)
    if find_spec("torch") is None:
        raise ModelError(
            f"{folder} has no ONNX graphs, and torch is not installed: pip install 'avaffect[train]', or make"
            f" the graphs where torch is: avaffect export {folder} --onnx FOLDER"
        )
    import torch

    from .. import checkpoint
    from .torch import TorchRuntime

    if (count := threads()) is not None:
        torch.set_num_threads(count)
    return TorchRuntime(checkpoint.load(folder))
