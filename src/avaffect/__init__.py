"""Valence and arousal from faces and voices, fused by gated joint cross-attention."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fusion import create_fusion, list_fusions
    from .predict import Predictor, list_models, load
    from .spec import Spec
    from .trace import Trace, read_trace

__version__ = version("avaffect")
__all__ = [
    "Predictor",
    "Spec",
    "Trace",
    "create_fusion",
    "list_fusions",
    "list_models",
    "load",
    "read_trace",
]

_HOME = {
    "Predictor": "predict",
    "Spec": "spec",
    "Trace": "trace",
    "create_fusion": "fusion",
    "list_fusions": "fusion",
    "list_models": "predict",
    "load": "predict",
    "read_trace": "trace",
}


def __getattr__(name: str) -> Any:
    # torch and pandas load when first used: `import avaffect` and `--help` stay quick.
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
